"""The tab of a run, the acts on its evaluations, the big screen and the sheet."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from enrolments.enums import AttendanceStatus
from evaluations.enums import COURSE_MOMENTS, EvaluationStatus, Moment, Trouble
from evaluations.models import Evaluation
from evaluations.operations.planning import plan_evaluations, times_of
from tests.evaluations.factories import add_voters, open_evaluation, questionnaire
from tests.factories import AttendanceFactory, CourseRunFactory, EnrolmentFactory, PresenterFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def organiser(client):
    client.force_login(UserFactory(staff=True, organiser=True))
    return client


@pytest.fixture
def run():
    return CourseRunFactory(capacity=None)


def tab(client, run) -> str:
    response = client.get(reverse("participants:evaluation", args=[run.pk]))
    assert response.status_code == 200
    return response.content.decode()


def address(name: str, evaluation: Evaluation) -> str:
    return reverse(f"participants:evaluation_{name}", args=[evaluation.run_id, evaluation.pk])


def as_posted(evaluation: Evaluation, **changed) -> dict[str, str]:
    """Return the form as it stands, with some fields changed."""
    data = {"questionnaire": evaluation.questionnaire_id}
    for name in ("opens_at", "invites_at", "first_reminder_at", "second_reminder_at", "closes_at"):
        value = changed.get(name, getattr(evaluation, name))
        data[name] = f"{timezone.localtime(value):%d.%m.%Y %H:%M}" if value else ""
    return data | {name: value for name, value in changed.items() if name not in data}


@pytest.fixture
def plans(run) -> dict[str, Evaluation]:
    for moment in COURSE_MOMENTS:
        if not Evaluation._meta.get_field("questionnaire").related_model.objects.standard_for(moment, ""):
            questionnaire(moment=moment, is_standard=True)
    plan_evaluations(runs=[run.pk])
    return {each.moment: each for each in Evaluation.objects.filter(run=run)}


class TestTab:
    def test_it_shows_the_three_moments_with_their_times_and_what_can_be_done(self, organiser, run, plans):
        page = tab(organiser, run)

        for moment in COURSE_MOMENTS:
            assert str(Moment(moment).label) in page
            assert address("edit", plans[moment]) in page
            assert address("stop", plans[moment]) in page
        assert reverse("evaluations:screen", args=[run.pk]) in page

    def test_of_an_open_one_it_shows_the_share_and_nothing_more(self, organiser, run):
        asked = open_evaluation(run=run, people=8)
        asked.voters.filter(pk__in=asked.voters.values("pk")[:2]).update(has_answered=True)
        page = tab(organiser, run)

        assert "25 %" in page
        assert "2 af 8 har svaret" in page
        assert not any(voter.enrolment.email in page for voter in asked.voters.select_related("enrolment"))

    def test_under_five_invited_nobody_sees_how_many_answered(self, organiser, run):
        asked = open_evaluation(run=run, people=4)
        asked.voters.update(has_answered=True)
        page = tab(organiser, run)

        assert "har svaret</p>" not in page
        assert "100 %" not in page
        assert "4 kan svare" in page
        assert "færre end 5 er spurgt" in page
        assert "Kun 4 deltagere kan svare" in page

    def test_it_says_in_words_that_all_are_absent(self, organiser, run):
        for _each in range(3):
            AttendanceFactory(enrolment=EnrolmentFactory(run=run), status=AttendanceStatus.ABSENT)
        open_evaluation(run=run, people=0)

        assert "alle deltagere er registreret som udeblevet" in tab(organiser, run)

    def test_it_raises_the_alarm_when_the_key_is_missing(self, organiser, run):
        asked = open_evaluation(run=run)
        Evaluation.objects.filter(pk=asked.pk).update(trouble=Trouble.KEY_MISSING)

        assert "EVALUATION_PRIVATE_KEYS" in tab(organiser, run)

    @pytest.mark.parametrize("trouble", [each for each in Trouble if each])
    def test_every_trouble_has_its_words(self, organiser, run, trouble):
        open_evaluation(run=run)
        Evaluation.objects.update(trouble=trouble)
        assert "help-critical" in tab(organiser, run)

    def test_it_says_that_one_should_have_opened(self, organiser, run, plans):
        assert "Den skulle være åbnet" not in tab(organiser, run)
        Evaluation.objects.filter(pk=plans[Moment.END].pk).update(opens_at=timezone.now() - timedelta(minutes=20))
        assert "Den skulle være åbnet" in tab(organiser, run)

    def test_expectations_are_planned_before_the_course_only(self, organiser, run):
        begun = CourseRunFactory(first_day=timezone.localdate() - timedelta(days=1))
        plan = "participants:evaluation_plan"

        assert reverse(plan, args=[run.pk, "before"]) in tab(organiser, run)
        assert reverse(plan, args=[begun.pk, "before"]) not in tab(organiser, begun)
        assert reverse(plan, args=[begun.pk, "end"]) in tab(organiser, begun)

    def test_of_a_run_without_standards_days_or_anything_there_is_still_a_page(self, organiser):
        assert "Ikke planlagt" in tab(organiser, CourseRunFactory(with_days=0))
        assert "Ikke planlagt" in tab(organiser, CourseRunFactory(cancelled=True))

    def test_its_cost_does_not_grow_with_the_participants(self, organiser, run):
        asked = open_evaluation(run=run, people=5)

        def cost() -> int:
            with CaptureQueriesContext(connection) as captured:
                tab(organiser, run)
            return len(captured)

        cost()
        first = cost()
        add_voters(asked, 20)
        assert cost() == first

    @pytest.mark.parametrize("who", [{"staff": True, "editor": True}, {}])
    def test_only_organisers_come_in(self, client, run, who):
        client.force_login(UserFactory(**who))

        assert client.get(reverse("participants:evaluation", args=[run.pk])).status_code in (302, 403)


class TestActs:
    def test_times_are_shifted(self, organiser, run, plans):
        end = plans[Moment.END]
        later = end.closes_at + timedelta(days=3)
        response = organiser.post(address("edit", end), as_posted(end, closes_at=later))

        assert response.status_code == 302
        end.refresh_from_db()
        assert abs(end.closes_at - later) < timedelta(minutes=1)
        assert end.is_by_hand

    def test_a_refusal_is_told_in_words_with_what_was_written(self, organiser, run, plans):
        end = plans[Moment.END]
        early = end.opens_at - timedelta(days=1)
        response = organiser.post(address("edit", end), as_posted(end, closes_at=early))

        assert response.status_code == 422
        assert "lukke, efter at den er åbnet" in response.content.decode()
        assert f"{timezone.localtime(early):%d.%m.%Y %H:%M}" in response.content.decode()

    @pytest.mark.parametrize("nonsense", ["i morgen", "99.99.9999 99:99", "\0", ""])
    def test_nonsense_is_told_at_its_field(self, organiser, plans, nonsense):
        end = plans[Moment.END]
        response = organiser.post(address("edit", end), as_posted(end) | {"closes_at": nonsense})

        assert response.status_code == 422
        assert times_of(Evaluation.objects.get(pk=end.pk)) == times_of(end)

    @pytest.mark.parametrize(("name", "year"), [("opens_at", "0001"), ("closes_at", "9999")])
    def test_a_year_that_python_could_not_read_back_is_refused(self, organiser, plans, name, year):
        end = plans[Moment.END]

        response = organiser.post(address("edit", end), as_posted(end) | {name: f"{year}-01-01 00:00"})

        assert response.status_code == 422
        assert "Skriv et årstal mellem 2000 og 2099." in response.content.decode()
        assert times_of(Evaluation.objects.get(pk=end.pk)) == times_of(end)

    def test_each_act_asks_first_and_then_says_what_was_done(self, organiser, run, plans):
        end = plans[Moment.END]
        page = organiser.get(address("stop", end)).content.decode()
        assert "ingen bliver spurgt" in page
        organiser.post(address("stop", end))
        end.refresh_from_db()
        assert end.status == EvaluationStatus.STOPPED

        plan = reverse("participants:evaluation_plan", args=[run.pk, "end"])
        assert plan in tab(organiser, run)
        assert organiser.get(plan).status_code == 200
        assert organiser.post(plan, as_posted(end)).status_code == 302
        end.refresh_from_db()
        assert end.status == EvaluationStatus.PLANNED

    def test_an_open_one_is_closed_early(self, organiser, run):
        asked = open_evaluation(run=run)
        assert "kan ikke åbnes igen" in organiser.get(address("close", asked)).content.decode()
        organiser.post(address("close", asked))
        asked.refresh_from_db()

        assert not asked.takes_answers()
        assert "Tælles op" in tab(organiser, run)

    def test_a_button_that_is_pressed_too_late_leads_back_in_words(self, organiser, run):
        asked = open_evaluation(run=run)

        assert organiser.get(address("stop", asked)).status_code == 302
        assert organiser.post(address("stop", asked)).status_code == 422

    def test_another_runs_evaluation_is_not_found_here(self, organiser, run):
        asked = open_evaluation()
        for name in ("edit", "stop", "close"):
            url = reverse(f"participants:evaluation_{name}", args=[run.pk, asked.pk])
            assert organiser.get(url).status_code == 404
            assert organiser.post(url).status_code == 404

    @pytest.mark.parametrize("moment", ["survey", "x"])
    def test_there_are_three_moments_and_no_other(self, organiser, run, moment):
        assert organiser.get(reverse("participants:evaluation_plan", args=[run.pk, moment])).status_code == 404

    def test_editors_and_presenters_do_nothing_here(self, client, run, plans):
        presenter = PresenterFactory(with_user=True)
        run.ordered_days()[0].presenters.add(presenter)
        for user in (UserFactory(staff=True, editor=True), presenter.user):
            client.force_login(user)
            for name in ("edit", "stop", "close"):
                assert client.post(address(name, plans[Moment.END])).status_code in (302, 403)
        assert Evaluation.objects.get(pk=plans[Moment.END].pk).status == EvaluationStatus.PLANNED


class TestScreen:
    def presenter_of(self, run):
        presenter = PresenterFactory(with_user=True)
        day = run.ordered_days()[0]
        day.presenters.add(presenter)
        day.save()
        return presenter.user

    def test_presenters_and_organisers_show_the_way_in(self, client, run):
        asked = open_evaluation(run=run, people=5, room_code="k7mx2p")
        for user in (self.presenter_of(run), UserFactory(staff=True, organiser=True)):
            client.force_login(user)
            page = client.get(reverse("evaluations:screen", args=[run.pk])).content.decode()
            assert "/evaluering/rum/k7mx2p" in page
            assert "QR-kode med adressen" in page
            assert not any(voter.enrolment.name in page for voter in asked.voters.select_related("enrolment"))

    def test_another_presenter_and_who_has_not_signed_in_do_not(self, client, run):
        open_evaluation(run=run)
        for name in ("screen", "sheet"):
            url = reverse(f"evaluations:{name}", args=[run.pk])
            client.logout()
            assert client.get(url).status_code == 302
            client.force_login(PresenterFactory(with_user=True).user)
            assert client.get(url).status_code == 403

    def test_before_it_opens_and_after_it_closes_the_screen_says_so(self, client, run):
        client.force_login(self.presenter_of(run))
        url = reverse("evaluations:screen", args=[run.pk])
        assert "bliver ikke evalueret i lokalet" in client.get(url).content.decode()

        asked = open_evaluation(run=run)
        now = timezone.now()
        Evaluation.objects.update(status=EvaluationStatus.PLANNED, opens_at=now + timedelta(days=2))
        page = client.get(url).content.decode()
        assert "Evalueringen åbner" in page
        assert asked.room_code not in page
        Evaluation.objects.update(opens_at=now - timedelta(seconds=5))
        assert "åbner om et øjeblik" in client.get(url).content.decode()
        Evaluation.objects.update(status=EvaluationStatus.OPEN, opens_at=now - timedelta(days=1), closes_at=now)
        assert "Evalueringen er lukket" in client.get(url).content.decode()

    def test_the_sheet_is_a_tagged_document_with_the_address(self, client, run):
        client.force_login(self.presenter_of(run))
        url = reverse("evaluations:sheet", args=[run.pk])
        assert client.get(url).status_code == 404

        open_evaluation(run=run, room_code="k7mx2p")
        response = client.get(url)
        assert response["Content-Type"] == "application/pdf"
        assert b"/StructTreeRoot" in response.content
        assert b"pdfuaid" in response.content
