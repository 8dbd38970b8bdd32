"""Saved reports: kept, opened, changed by their owner alone, shared, copied and deleted; what is gone is told."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from enrolments.enums import Schedule
from enrolments.models import SavedReport
from enrolments.operations.saved_reports import save_report
from enrolments.reports.asked import Asked
from enrolments.reports.kinds import Choices, report_kinds
from tests.factories import CourseRunFactory, EnrolmentFactory, UserFactory
from website.core.contributions import my_data
from website.core.models import LongJob

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(client):
    user = UserFactory(organiser=True)
    client.force_login(user)
    return user


def saved(owner, *, name="Mit udtræk", kind="facts", period="last_month", **given):
    asked = Asked(report_kinds.get(kind), Choices(**given.pop("choices", {})), period)
    report = save_report(owner=owner, name=name, asked=asked)
    SavedReport.objects.filter(pk=report.pk).update(**given)
    report.refresh_from_db()
    return report


def text(response):
    return re.sub(r"\s+", " ", response.content.decode())


def edit(client, report, **given):
    data = {"name": report.name, "schedule": "never", "file_format": "xlsx", **given}
    return client.post(reverse("saved_report_edit", args=[report.pk]), data)


def test_what_is_chosen_is_saved_under_a_name_and_opens_again_as_it_was(client, owner):
    run = CourseRunFactory()
    address = reverse("report_save", args=["facts"])
    query = f"periode=last_month&hold={run.pk}&kolonne=participant&kolonne=date&afmeldte=on"

    client.post(f"{address}?{query}", {"name": "Forrige måned"})

    report = SavedReport.objects.get()
    assert (report.owner, report.kind, report.is_shared, report.schedule) == (owner, "facts", False, Schedule.NEVER)
    # The period is kept by name, so that it moves with the calendar; the columns keep their order.
    assert report.parameters == {
        "period": "last_month",
        "runs": [run.pk],
        "columns": ["participant", "date"],
        "with_cancelled": True,
    }
    opened = client.get(reverse("saved_report", args=[report.pk]))["Location"]
    assert query in opened
    assert "Forrige måned" in text(client.get(opened))


def test_a_report_without_a_name_is_asked_for_one(client, owner):
    response = client.post(f"{reverse('report_save', args=['facts'])}?periode=this_year", {"name": " "})

    assert response.status_code == 400
    assert "Skriv et navn, så du kan finde rapporten igen." in text(response)
    assert not SavedReport.objects.exists()


def test_the_owner_saves_other_choices_in_it_and_nobody_else_does(client, owner):
    report = saved(owner, is_shared=True)
    address = f"{reverse('report_save', args=['facts'])}?periode=this_year&gemt={report.pk}"

    client.post(address, {"update": "1"})
    report.refresh_from_db()
    assert report.parameters == {"period": "this_year"}

    client.force_login(UserFactory(organiser=True))
    assert client.post(address.replace("this_year", "last_year"), {"update": "1"}).status_code in (302, 403)
    report.refresh_from_db()
    assert report.parameters == {"period": "this_year"}


def test_others_see_it_only_when_it_is_shared_and_never_change_it(client, owner):
    report = saved(owner)
    client.force_login(UserFactory(organiser=True))
    pages = [reverse(name, args=[report.pk]) for name in ("saved_report", "saved_report_edit", "saved_report_delete")]
    assert [client.get(page).status_code for page in pages] == [404, 404, 404]
    assert "Mit udtræk" not in text(client.get(reverse("report_builder")))

    SavedReport.objects.update(is_shared=True)

    assert "Mit udtræk" in text(client.get(reverse("report_builder")))
    assert client.get(pages[0])["Location"].startswith(reverse("report_build", args=["facts"]))
    assert edit(client, report, name="Min").status_code in (302, 403)
    client.post(pages[2])
    report.refresh_from_db()
    assert report.name == "Mit udtræk"


def test_a_copy_is_ones_own_and_goes_to_nobody(client, owner):
    report = saved(owner, is_shared=True, recipients=[owner.pk], schedule="weekly", next_due_at="2027-01-04T06:00Z")
    other = UserFactory(organiser=True)
    client.force_login(other)

    client.post(reverse("saved_report_copy", args=[report.pk]))

    copy = SavedReport.objects.get(owner=other)
    assert (copy.name, copy.parameters) == ("Kopi af Mit udtræk", report.parameters)
    assert (copy.is_shared, copy.schedule, copy.recipients, copy.next_due_at) == (False, "never", [], None)


def test_it_is_deleted_after_a_question(client, owner):
    report = saved(owner)
    address = reverse("saved_report_delete", args=[report.pk])

    assert "Slet rapporten" in text(client.get(address))
    assert SavedReport.objects.exists()
    client.post(address)
    assert not SavedReport.objects.exists()


def test_only_staff_who_may_see_reports_can_be_chosen_to_get_it(client, owner):
    report = saved(owner)
    editor, gone = UserFactory(editor=True), UserFactory(organiser=True, is_active=False)
    other = UserFactory(organiser=True)
    page = client.get(reverse("saved_report_edit", args=[report.pk])).content.decode()
    offered = {int(pk) for pk in re.findall(r'name="recipients" value="(\d+)"', page)}
    assert offered == {owner.pk, other.pk}

    edit(client, report, schedule="weekly", recipients=[editor.pk, gone.pk, other.pk])

    report.refresh_from_db()
    assert report.recipients == [other.pk]
    assert report.next_due_at is not None


def test_a_schedule_without_anybody_to_send_to_is_refused(client, owner):
    report = saved(owner)

    response = edit(client, report, schedule="monthly")

    assert response.status_code == 400
    assert "Vælg mindst én at sende den til" in text(response)
    report.refresh_from_db()
    assert report.schedule == Schedule.NEVER


def test_a_saved_report_of_a_run_that_is_deleted_is_shown_and_says_so(client, owner):
    run = CourseRunFactory()
    report = saved(owner, period="", choices={"runs": (run.pk,)})
    EnrolmentFactory(name="Anna")
    run.days.all().delete()
    run.delete()

    response = client.get(reverse("saved_report", args=[report.pk]), follow=True)

    assert response.status_code == 200
    assert "1 af dine valg er slettet siden" in text(response)
    assert "Anna" not in text(response)


@pytest.mark.parametrize("damage", [{"kind": "noget"}, {"parameters": {"start": "i går"}}, {"parameters": {"runs": 7}}])
def test_a_saved_report_that_can_no_longer_be_read_is_told_not_a_crash(client, owner, damage):
    report = saved(owner)
    SavedReport.objects.update(**damage)

    response = client.get(reverse("saved_report", args=[report.pk]), follow=True)

    assert response.status_code == 200
    assert "viser en rapport, der ikke findes længere" in text(response)
    assert client.get(reverse("saved_report_edit", args=[report.pk])).status_code == 200


def test_the_list_costs_the_same_however_many_there_are(client, owner):
    def queries():
        with CaptureQueriesContext(connection) as caught:
            assert client.get(reverse("report_builder")).status_code == 200
        return len(caught)

    saved(owner)
    saved(UserFactory(organiser=True), is_shared=True)
    queries()
    few = queries()
    for _ in range(6):
        saved(owner)
        saved(UserFactory(organiser=True), is_shared=True)

    assert queries() == few


def test_ones_saved_reports_and_files_are_among_ones_data(owner):
    saved(owner)
    LongJob.objects.create(kind="enrolments.report", title="Fremmøde", requested_by=owner)

    assert [report["name"] for report in my_data.get("saved_reports")(owner)] == ["Mit udtræk"]
    assert [file["name"] for file in my_data.get("files")(owner)] == ["Fremmøde"]
    assert my_data.get("files")(UserFactory()) == []
