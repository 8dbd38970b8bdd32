"""A person's own part: Min side, "my data", "forget me", and how long the roll is kept."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from evaluations import my_evaluations
from evaluations.enums import EvaluationStatus, Moment
from evaluations.links import answer_link
from evaluations.models import Evaluation, Survey, SurveyInvitation, Voter
from evaluations.operations.electorate import sync_roll
from tests.evaluations.factories import open_evaluation, questionnaire
from tests.factories import CourseRunFactory, EnrolmentFactory, PresenterFactory, UserFactory
from website.core.contributions import retention_categories
from website.core.retention import Period

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna():
    return UserFactory(email="anna@example.dk")


def asked(email: str = "anna@example.dk", **fields) -> Voter:
    evaluation = open_evaluation(people=1, **fields)
    return Voter.objects.create(
        evaluation=evaluation, enrolment=EnrolmentFactory(run=evaluation.run, email=email, name="Anna Holm")
    )


def close(evaluation: Evaluation) -> None:
    Evaluation.objects.filter(pk=evaluation.pk).update(
        status=EvaluationStatus.CLOSED, sealed_key=None, invited=6, answered=3, closed_at=timezone.now()
    )
    evaluation.voters.update(has_answered=None)


class TestMyPage:
    def page(self, client, user) -> str:
        client.force_login(user)
        return client.get(reverse("accounts:my_page")).content.decode()

    def test_it_leads_to_what_one_has_not_answered_and_to_nobody_elses(self, client, anna):
        mine, others = asked(), asked("other@example.dk")
        page = self.page(client, anna)

        assert answer_link.token(mine) in page
        assert answer_link.token(others) not in page

    def test_what_is_answered_or_closed_or_to_come_is_not_there(self, client, anna):
        now = timezone.now()
        done, over, early = asked(), asked(closes_at=now - timedelta(seconds=1)), asked()
        Voter.objects.filter(pk=done.pk).update(has_answered=True)
        Evaluation.objects.filter(pk=early.evaluation_id).update(opens_at=now + timedelta(hours=1))
        page = self.page(client, anna)

        assert not any(answer_link.token(each) in page for each in (done, over, early))

    def test_its_cost_does_not_grow_with_the_evaluations(self, client, anna):
        asked()

        def cost() -> int:
            with CaptureQueriesContext(connection) as captured:
                self.page(client, anna)
            return len([q for q in captured if "evaluations_voter" in q["sql"]])

        first = cost()
        asked(), asked()
        assert cost() == first

    def test_presenters_find_the_screen_of_their_run_that_is_evaluated_today(self, client):
        presenter = PresenterFactory(with_user=True)
        run = CourseRunFactory(today=True, day_fields={"presenters": [presenter]})
        elsewhere = CourseRunFactory(today=True)
        open_evaluation(run=run, people=0), open_evaluation(run=elsewhere, people=0)
        page = self.page(client, presenter.user)

        assert reverse("evaluations:screen", args=[run.pk]) in page
        assert reverse("evaluations:screen", args=[elsewhere.pk]) not in page


class TestMyData:
    def test_it_tells_what_one_was_asked_and_nothing_of_what_was_answered(self, anna):
        voter = asked()
        asked("other@example.dk")
        (told,) = my_evaluations.evaluations_data(anna)

        assert told["about"] == voter.evaluation.run.course.title
        assert set(told) == {"about", "when", "closes", "has_answered"}


class TestForgetMe:
    def test_one_is_taken_off_the_rolls_and_lists(self, anna):
        voter, other = asked(), asked("other@example.dk")
        survey = Survey.objects.create(title_da="x", slug="x", questionnaire=questionnaire(moment=Moment.SURVEY))
        SurveyInvitation.objects.create(survey=survey, email=anna.email)
        (said,) = my_evaluations.plan(anna, [anna.email])
        assert not said.is_kept

        my_evaluations.forget(anna, [anna.email])

        assert not Voter.objects.filter(pk=voter.pk).exists()
        assert not SurveyInvitation.objects.exists()
        assert Voter.objects.filter(pk=other.pk).exists()

    def test_what_was_answered_still_counts_once_and_goes_when_it_closes(self, anna):
        voter = asked()
        Voter.objects.filter(pk=voter.pk).update(has_answered=True)
        (said,) = my_evaluations.plan(anna, [anna.email])
        assert said.is_kept
        assert said.kept_until

        my_evaluations.forget(anna, [anna.email])
        assert Voter.objects.filter(pk=voter.pk).exists()
        close(voter.evaluation)
        my_evaluations.forget(anna, [anna.email])
        assert not Voter.objects.filter(pk=voter.pk).exists()

    def test_whoever_is_forgotten_does_not_come_back_to_the_roll(self, anna):
        voter = asked()
        my_evaluations.forget(anna, [anna.email])
        type(voter.enrolment).objects.filter(pk=voter.enrolment_id).update(anonymised_at=timezone.now(), email="")
        sync_roll(evaluation=voter.evaluation)

        assert not Voter.objects.filter(enrolment=voter.enrolment_id).exists()


class TestRetention:
    category = property(lambda self: retention_categories.get("evaluations"))

    def test_the_roll_goes_with_the_contact_data_and_not_before(self):
        last_day = timezone.localdate() - timedelta(days=130)
        over = open_evaluation(run=CourseRunFactory(first_day=last_day), people=3)
        close(over)
        recent = open_evaluation(run=CourseRunFactory(past=True), people=2)
        close(recent)
        cutoff = Period.of("contact").cutoff(timezone.localdate())

        assert self.category.due(cutoff) == 3
        assert self.category.next_due(cutoff) == (recent.run.ordered_days()[0].date, 2)
        assert sum(self.category.forget(cutoff)) == 3
        assert self.category.due(cutoff) == 0
        assert recent.voters.count() == 2

    def test_a_roll_that_is_in_use_stays(self):
        open_evaluation(run=CourseRunFactory(first_day=timezone.localdate() - timedelta(days=200)), people=3)

        assert self.category.due(timezone.localdate()) == 0

    def test_the_list_of_a_survey_goes_so_long_after_it_closed(self):
        survey = Survey.objects.create(title_da="x", slug="x", questionnaire=questionnaire(moment=Moment.SURVEY))
        SurveyInvitation.objects.create(survey=survey, email="a@example.dk")
        made = open_evaluation(people=0)
        long_ago = timezone.now() - timedelta(days=200)
        Evaluation.objects.filter(pk=made.pk).update(
            run=None, survey=survey, moment=Moment.SURVEY, opens_at=long_ago - timedelta(days=9), closes_at=long_ago
        )
        cutoff = Period.of("contact").cutoff(timezone.localdate())
        assert self.category.due(cutoff) == 0

        close(made)
        assert list(self.category.forget(cutoff)) == [1]
        assert not SurveyInvitation.objects.exists()
