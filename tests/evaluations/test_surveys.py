"""A survey from its making to its closing, as staff decide it."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from evaluations.enums import Audience, EvaluationStatus
from evaluations.exceptions import NotOpen, SurveyGone
from evaluations.models import Evaluation, Survey, SurveyInvitation, Voter
from evaluations.operations.surveys import (
    AddressTaken,
    ClosesTooEarly,
    SurveyUnderWay,
    close_survey,
    copy_survey,
    delete_survey,
    extend_survey,
    resume_survey,
    save_survey,
    slug_for,
    stop_survey,
)
from tests.enrolments.test_races import at_once
from tests.evaluations.survey_helpers import asked, details, put_on_list, survey
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

DANISH = ZoneInfo("Europe/Copenhagen")


def test_a_survey_comes_with_its_evaluation_and_invites_when_it_opens():
    made = save_survey(details=details())

    evaluation = made.evaluation
    assert evaluation.status == EvaluationStatus.PLANNED
    assert evaluation.invites_at == evaluation.opens_at
    assert evaluation.questionnaire == made.questionnaire


def test_an_open_survey_mails_nobody():
    evaluation = save_survey(details=details(audience=Audience.OPEN)).evaluation

    assert (evaluation.invites_at, evaluation.first_reminder_at, evaluation.second_reminder_at) == (None, None, None)


def test_two_surveys_cannot_have_one_address():
    save_survey(details=details())

    with pytest.raises(AddressTaken):
        save_survey(details=details())
    assert Survey.objects.count() == 1


def test_everything_may_change_until_it_opens():
    made = save_survey(details=details())
    other = asked()

    save_survey(pk=made.pk, details=details(title_da="Nyt navn", questionnaire=other, audience=Audience.OPEN))

    made = Survey.objects.get()
    assert (made.title_da, made.questionnaire, made.audience) == ("Nyt navn", other, Audience.OPEN)
    assert made.evaluation.questionnaire == other
    assert made.evaluation.first_reminder_at is None


@pytest.mark.parametrize("change", ["questionnaire", "audience", "slug"])
def test_what_people_answer_to_stands_once_it_is_open(change):
    made = survey()
    evaluation = made.evaluation
    stands = {
        "questionnaire": made.questionnaire,
        "opens_at": evaluation.opens_at,
        "closes_at": evaluation.closes_at,
        "title_da": "Rettet titel",
    }
    others = {"questionnaire": asked(), "audience": Audience.OPEN, "slug": "andet"}

    with pytest.raises(SurveyUnderWay):
        save_survey(pk=made.pk, details=details(**{**stands, change: others[change]}))

    save_survey(pk=made.pk, details=details(**stands))
    assert Survey.objects.get().title_da == "Rettet titel"


def test_a_copy_comes_a_year_later_on_the_same_weekday_with_the_same_questions():
    opens_at = timezone.now() - timedelta(days=30)
    year = timezone.localtime(opens_at).year
    made = survey(people=2, title_da=f"Frivillighed {year}", opens_at=opens_at)
    SurveyInvitation.objects.filter(email="person1@example.dk").update(wants_no_mail=True)

    copy = copy_survey(pk=made.pk, with_list=True)

    plan = copy.evaluation
    local, first = timezone.localtime(plan.opens_at), timezone.localtime(opens_at)
    assert (local.weekday(), local.hour, local.minute) == (first.weekday(), first.hour, first.minute)
    assert copy.title_da == f"Frivillighed {local.year}"
    assert plan.status == EvaluationStatus.PLANNED
    assert copy.questionnaire == made.questionnaire
    assert timezone.localtime(plan.first_reminder_at).date() - local.date() == timedelta(days=7)
    assert [each.email for each in copy.invitations.all()] == ["person0@example.dk"]
    assert copy_survey(pk=made.pk).slug != copy.slug


def test_a_copy_keeps_its_clock_times_across_summer_time():
    """Opened in the first week of winter time, which next year's is not."""
    opens_at = datetime(2026, 10, 26, 9, tzinfo=DANISH)
    closes_at, reminder = opens_at.replace(month=11, day=20, hour=23, minute=59), opens_at.replace(month=11, day=9)
    made = save_survey(details=details(opens_at=opens_at, closes_at=closes_at, first_reminder_at=reminder))

    plan = copy_survey(pk=made.pk).evaluation

    assert plan.opens_at == datetime(2027, 10, 25, 9, tzinfo=DANISH)
    assert plan.first_reminder_at == datetime(2027, 11, 8, 9, tzinfo=DANISH)
    assert plan.closes_at == datetime(2027, 11, 19, 23, 59, tzinfo=DANISH)


def test_an_open_survey_is_extended_and_never_shortened_that_way():
    evaluation = survey().evaluation
    longer = evaluation.closes_at + timedelta(days=7)

    assert extend_survey(pk=evaluation.survey_id, closes_at=longer).closes_at == longer
    with pytest.raises(ClosesTooEarly):
        extend_survey(pk=evaluation.survey_id, closes_at=longer)


def test_closing_early_ends_answering_at_once_and_leaves_the_counting_to_the_worker():
    evaluation = survey().evaluation

    close_survey(pk=evaluation.survey_id)

    evaluation.refresh_from_db()
    assert not evaluation.takes_answers()
    assert list(Evaluation.objects.to_close()) == [evaluation]
    with pytest.raises(NotOpen):
        extend_survey(pk=evaluation.survey_id, closes_at=timezone.now() + timedelta(days=9))
    with pytest.raises(NotOpen):
        close_survey(pk=evaluation.survey_id)


def test_a_survey_is_called_off_and_planned_again_but_not_once_it_is_open():
    planned = survey(is_open=False)

    stop_survey(pk=planned.pk)
    assert not Evaluation.objects.to_open().exists()
    resume_survey(pk=planned.pk)
    assert Evaluation.objects.to_open().exists()

    opened = survey(slug="en-anden")
    with pytest.raises(SurveyUnderWay):
        stop_survey(pk=opened.pk)


def test_whoever_does_anything_to_a_survey_that_is_deleted_is_told_that_it_is_gone():
    gone = survey(people=3, is_open=False)
    delete_survey(pk=gone.pk)

    for act in (
        lambda: delete_survey(pk=gone.pk),
        lambda: stop_survey(pk=gone.pk),
        lambda: copy_survey(pk=gone.pk),
        lambda: save_survey(details=details(), pk=gone.pk),
        lambda: put_on_list(gone, 1),
    ):
        with pytest.raises(SurveyGone):
            act()


@pytest.mark.django_db(transaction=True)
def test_two_who_delete_a_survey_at_once_delete_it_once():
    made = survey(people=3, is_open=False)

    results = at_once(*[lambda: delete_survey(pk=made.pk)] * 4)

    assert [type(each) for each in results if each is not None] == [SurveyGone] * 3
    assert not Survey.objects.exists()


def test_the_second_who_deletes_it_reads_that_it_is_gone(client, monkeypatch):
    made = survey(is_open=False)

    def after_somebody_else(*, pk: int) -> None:
        delete_survey(pk=pk)
        delete_survey(pk=pk)

    monkeypatch.setattr("evaluations.admin.surveys.acts.delete_survey", after_somebody_else)
    client.force_login(UserFactory(organiser=True))
    response = client.post(reverse("surveys:delete", args=[made.pk]), follow=True)

    assert response.redirect_chain[-1][0] == reverse("surveys:index")
    assert "En anden har slettet undersøgelsen" in response.content.decode()


def test_a_planned_survey_goes_with_its_list_and_one_that_has_opened_stays():
    planned = survey(people=3, is_open=False)
    opened = survey(people=2, slug="en-anden")

    delete_survey(pk=planned.pk)
    with pytest.raises(SurveyUnderWay):
        delete_survey(pk=opened.pk)

    assert list(Survey.objects.all()) == [opened]
    assert SurveyInvitation.objects.count() == Voter.objects.count() == 2


def test_danish_letters_are_spelled_out_in_an_address():
    assert slug_for("Frivillige på Ærø & Ø-havet?") == "frivillige-paa-aeroe-oe-havet"
    assert slug_for("???") == "undersoegelse"
