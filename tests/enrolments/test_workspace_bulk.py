"""What is done to many participants at once: nothing before it is confirmed, all or the named rest after."""

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from courses.models import CourseRun
from enrolments.models import Enrolment, EnrolmentEvent
from enrolments.operations.bulk import cancel_many, move_many, seat_many
from tests.enrolments.helpers import sign_up, statuses
from tests.factories import CourseRunFactory, EnrolmentFactory, RegistrationFactory, UserFactory
from website.messaging.models import OutboxMessage

pytestmark = pytest.mark.django_db


@pytest.fixture
def organiser(settings) -> Client:
    settings.STAFF_SECOND_FACTOR_REQUIRED = False
    client = Client()
    client.force_login(UserFactory(staff=True, organiser=True))
    return client


def text(response) -> str:
    return " ".join(BeautifulSoup(response.content, "html.parser").get_text(" ").split())


def pks(*names: str) -> list[int]:
    return [Enrolment.objects.get(name=name).pk for name in names]


def choose(client: Client, run: CourseRun, **data) -> object:
    return client.post(f"/admin/participants/run/{run.pk}/chosen/", data)


def confirm(client: Client, run: CourseRun, page, **fields) -> str:
    """Press the button on a confirming page; return what the next page says."""
    form = BeautifulSoup(page.content, "html.parser").select_one("form.participants-form")
    data = {
        field["name"]: field.get("value", "") for field in form.select("input[name]") if field["type"] != "checkbox"
    }
    answer = client.post(f"/admin/participants/run/{run.pk}/chosen/", {**data, **fields}, follow=True)
    return text(answer)


def test_cancelling_is_asked_first_and_then_done_to_those_chosen(organiser):
    run = CourseRunFactory(capacity=5)
    sign_up(run, "Anna", "Bo", "Carl")
    sign_up(run, "Dorte")

    page = choose(organiser, run, action="cancel", pk=pks("Anna", "Dorte"))
    assert "2 deltagere" in text(page) and "Det koster ikke noget." in text(page)
    assert set(statuses(run).values()) == {"confirmed"}

    assert "2 deltagere er afmeldt." in confirm(organiser, run, page, reason="Lukket institution")
    assert statuses(run) == {"Anna": "cancelled", "Bo": "confirmed", "Carl": "confirmed", "Dorte": "cancelled"}
    assert EnrolmentEvent.objects.filter(kind="cancelled", actor="staff", reason="Lukket institution").count() == 2


def test_all_that_match_are_chosen_across_pages_and_only_those(organiser):
    run = CourseRunFactory(capacity=100)
    registration = RegistrationFactory(run=run, participants=60)
    Enrolment.objects.filter(registration=registration).update(notes="x")
    EnrolmentFactory(run=run, name="Bliver")

    page = choose(organiser, run, action="cancel", all="1", query="only=notes", pk=[1, 2])
    assert "60 deltagere" in text(page) and "og 35 til" in text(page)
    confirm(organiser, run, page)

    assert run.enrolments.active().get().name == "Bliver"


def test_the_search_narrows_all_that_match_too(organiser):
    run = CourseRunFactory()
    sign_up(run, "Anna", "Bo")
    query = organiser.post(f"/admin/participants/run/{run.pk}/participants/", {"words": "anna"})["Location"]

    page = choose(organiser, run, action="cancel", all="1", query=query.partition("?")[2])
    confirm(organiser, run, page)

    assert statuses(run) == {"Anna": "cancelled", "Bo": "confirmed"}


def test_what_is_done_is_what_was_shown(organiser):
    run = CourseRunFactory(capacity=5)
    sign_up(run, "Anna")
    page = choose(organiser, run, action="cancel", all="1")
    sign_up(run, "Bo")

    confirm(organiser, run, page)

    assert statuses(run) == {"Anna": "cancelled", "Bo": "confirmed"}


def test_participants_of_another_run_are_left_alone(organiser):
    run, other = CourseRunFactory(), CourseRunFactory()
    stranger = EnrolmentFactory(run=other)

    answer = choose(organiser, run, action="cancel", pk=[stranger.pk], confirmed="1")

    assert answer.status_code == 302
    stranger.refresh_from_db()
    assert stranger.status == "confirmed"


def test_a_group_that_does_not_fit_is_refused_by_name_and_the_others_get_seats(organiser):
    run = CourseRunFactory(capacity=1)
    sign_up(run, "Vært")
    sign_up(run, "Anna", "Bo", accepts_line=True, keep_together=True)
    sign_up(run, "Carl", accepts_line=True)
    CourseRun.objects.filter(pk=run.pk).update(capacity=2)

    page = choose(organiser, run, action="seat", pk=pks("Anna", "Bo", "Carl", "Vært"))
    assert "1 af de valgte er udeladt" in text(page)
    said = confirm(organiser, run, page, reason="Aftalt")

    assert "1 deltager har fået plads." in said
    assert "Ikke gjort for 2: Anna, Bo." in said
    assert statuses(run) == {"Vært": "confirmed", "Anna": "waiting", "Bo": "waiting", "Carl": "confirmed"}


def test_those_registered_together_move_together_or_not_at_all(organiser):
    run = CourseRunFactory(capacity=10)
    small = CourseRunFactory(course=run.course, capacity=2)
    sign_up(run, "Anna", "Bo", "Carl")
    sign_up(run, "Dorte")

    page = choose(organiser, run, action="move", pk=pks("Anna", "Bo", "Carl", "Dorte"))
    said = confirm(organiser, run, page, to_run=small.pk)

    assert "1 deltager er flyttet." in said
    assert "Ikke gjort for 3: Anna, Bo, Carl." in said
    assert statuses(small) == {"Dorte": "confirmed"}
    assert statuses(run) == {"Anna": "confirmed", "Bo": "confirmed", "Carl": "confirmed", "Dorte": "moved"}


def test_one_that_fails_undoes_the_whole_and_leaves_no_mail(organiser, monkeypatch):
    run = CourseRunFactory(capacity=5)
    sign_up(run, "Anna")
    sign_up(run, "Bo")
    mails = OutboxMessage.objects.count()
    real = __import__("enrolments.operations.bulk", fromlist=["cancel"]).cancel

    def breaks(**values):
        if values["registration"].enrolments.filter(name="Bo").exists():
            raise RuntimeError
        return real(**values)

    monkeypatch.setattr("enrolments.operations.bulk.cancel", breaks)
    page = choose(organiser, run, action="cancel", all="1")
    with pytest.raises(RuntimeError):
        confirm(organiser, run, page)

    assert set(statuses(run).values()) == {"confirmed"}
    assert OutboxMessage.objects.count() == mails


def test_nobody_chosen_is_said(organiser):
    run = CourseRunFactory()

    assert "Vælg mindst én deltager først." in text(
        organiser.post(f"/admin/participants/run/{run.pk}/chosen/", {"action": "cancel"}, follow=True)
    )
    assert choose(organiser, run, action="ukendt", pk=[1]).status_code == 302


def test_the_chosen_are_written_to_and_nobody_else(organiser):
    run = CourseRunFactory()
    sign_up(run, "Anna", "Bo", "Carl")
    OutboxMessage.objects.all().delete()
    page = choose(organiser, run, action="message", pk=pks("Anna", "Bo"))
    form = BeautifulSoup(page.content, "html.parser").select_one("form.participants-form")
    data = {field["name"]: field.get("value", "") for field in form.select("input[name]")}

    compose = BeautifulSoup(organiser.post(form["action"], data).content, "html.parser").select_one(
        "form.announce__form"
    )
    assert "de 2 deltagere, du har valgt" in " ".join(compose.get_text(" ").split())
    written = {field["name"]: field.get("value", "") for field in compose.select("input[type=hidden]")}
    written |= {"to": "participants", "subject": "Parkering", "body": "Hej\n\nHusk P-skiven.", "step": "preview"}
    preview = BeautifulSoup(organiser.post(form["action"], written).content, "html.parser")
    written["seen"] = preview.select_one("input[name=seen]")["value"]
    organiser.post(form["action"], {**written, "step": "send"})

    told = OutboxMessage.objects.filter(kind="enrolments.run_message").values_list("to", flat=True)
    assert sorted(told) == ["anna@example.dk", "bo@example.dk"]


def test_the_chosen_come_as_a_file(organiser):
    run = CourseRunFactory()
    sign_up(run, "Anna", "Bo", "Carl")

    answer = choose(organiser, run, action="csv", pk=pks("Carl", "Anna"))

    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert [line.split(";")[0] for line in lines[1:]] == ["Anna", "Carl"]
    assert choose(organiser, run, action="xlsx", pk=pks("Carl")).status_code == 200
    assert choose(organiser, run, action="badges", pk=pks("Carl")).content.startswith(b"%PDF")


def test_the_confirming_page_costs_the_same_however_many_are_chosen(organiser):
    run = CourseRunFactory(capacity=100)
    sign_up(run, "Anna", "Bo")
    choose(organiser, run, action="cancel", all="1")
    with CaptureQueriesContext(connection) as few:
        choose(organiser, run, action="cancel", all="1")
    for _ in range(3):
        RegistrationFactory(run=run, participants=6)
    with CaptureQueriesContext(connection) as many:
        choose(organiser, run, action="cancel", all="1")

    assert len(many) == len(few)


def test_seats_are_given_in_the_lines_order_as_far_as_they_go(organiser):
    run = CourseRunFactory(capacity=1)
    sign_up(run, "Vært")
    sign_up(run, "Anna", "Bo", "Carl", accepts_line=True)
    CourseRun.objects.filter(pk=run.pk).update(capacity=3)

    outcome = seat_many(
        run_pk=run.pk, enrolment_pks=pks("Carl", "Bo", "Anna"), user=UserFactory(), reason="De er på vej"
    )

    assert [enrolment.name for enrolment in outcome.done] == ["Anna", "Bo"]
    assert statuses(run)["Carl"] == "waiting"


@pytest.mark.parametrize("how", ["cancelled", "moved"])
def test_seats_freed_together_go_to_the_group_that_is_first_in_line(how):
    run = CourseRunFactory(capacity=2)
    other = CourseRunFactory(course=run.course, capacity=5)
    sign_up(run, "Anna")
    sign_up(run, "Bo", submission="Bo")
    sign_up(run, "Carl", "Dorte", submission="group", accepts_line=True, keep_together=True)
    sign_up(run, "Eva", submission="Eva", accepts_line=True)

    if how == "cancelled":
        cancel_many(run_pk=run.pk, enrolment_pks=pks("Anna", "Bo"), user=UserFactory())
    else:
        move_many(run_pk=run.pk, to_run=other, enrolment_pks=pks("Anna", "Bo"), user=UserFactory())

    assert statuses(run) == {"Anna": how, "Bo": how, "Carl": "offered", "Dorte": "offered", "Eva": "waiting"}


def test_who_is_cancelled_among_others_is_not_offered_a_seat_on_the_way():
    run = CourseRunFactory(capacity=1)
    sign_up(run, "Anna")
    sign_up(run, "Bo", submission="Bo", accepts_line=True)

    cancel_many(run_pk=run.pk, enrolment_pks=pks("Anna", "Bo"), user=UserFactory())

    assert not Enrolment.objects.get(name="Bo").events.filter(kind="offered").exists()
