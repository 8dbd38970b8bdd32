"""Certificates: issued by the rule or by an organiser's reason, frozen, revoked in the open, issued anew."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection, transaction
from django.db.utils import IntegrityError
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from courses.models import CourseDay, CoursePage, CourseRun
from enrolments.certificates.data import CourseLines, certificate_lines
from enrolments.certificates.standings import outdated, standings_of
from enrolments.enums import EnrolmentStatus, EventKind
from enrolments.exceptions import CertificateRevoked, NotEntitled, ReasonNeeded
from enrolments.models import Certificate, Enrolment, EnrolmentEvent
from enrolments.operations.attendance import Mark, mark
from enrolments.operations.certificates import anonymise_certificates, issue, issue_due, reissue, revoke
from tests.enrolments.certificate_helpers import DUE, LAST_DAY, attendee, certified, held_run, rule
from tests.factories import AttendanceFactory, UserFactory
from website.messaging.models import OutboxMessage
from website.messaging.operations import deliver, due_pks

pytestmark = pytest.mark.django_db


def kinds() -> list[str]:
    return list(OutboxMessage.objects.order_by("pk").values_list("kind", flat=True))


# By the rule


def test_who_meets_the_requirement_gets_a_certificate_when_the_days_of_grace_are_over():
    run = held_run(days=2)
    anna = attendee(run, "Anna Berg")
    attendee(run, "Bo Dam", "present", "absent")

    assert issue_due(at=DUE - timedelta(days=1)) == 0
    assert issue_due(at=DUE) == 1

    certificate = Certificate.objects.get()
    assert (certificate.enrolment, certificate.version, certificate.issued_by, certificate.exception) == (
        anna, 1, None, "",
    )  # fmt: skip
    assert kinds() == ["enrolments.certificate_issued"]
    event = EnrolmentEvent.objects.get(kind=EventKind.CERTIFIED)
    assert (event.enrolment, event.actor, event.data) == (anna, "system", {"version": 1})
    assert issue_due(at=DUE + timedelta(hours=1)) == 0


def test_a_run_that_fails_holds_back_no_other(monkeypatch, caplog):
    broken, sound = held_run(), held_run()
    for run in (broken, sound):
        attendee(run, "Anna Berg")

    def issue_but_one(*, run_pk, at):
        if run_pk == broken.pk:
            raise RuntimeError("Anna Berg")
        return issue(run_pk=run_pk, at=at)

    monkeypatch.setattr("enrolments.operations.certificates.issue", issue_but_one)
    assert issue_due(at=DUE) == 1
    assert Certificate.objects.get().enrolment.run == sound
    assert "Anna" not in caplog.text
    monkeypatch.undo()
    assert issue_due(at=DUE) == 1


def test_marks_corrected_within_the_days_of_grace_count():
    run = held_run()
    anna = attendee(run, "Anna Berg", "absent")
    issue_due(at=DUE)
    mark(day=run.ordered_days()[0], marks={anna.pk: Mark("present")}, by=None)
    assert issue_due(at=DUE + timedelta(days=1)) == 1


def test_nothing_is_issued_before_eight_in_the_morning():
    attendee(held_run())
    assert issue_due(at=DUE.replace(hour=5)) == 0


OLD, COMING = LAST_DAY - timedelta(days=90), LAST_DAY + timedelta(days=5)


@pytest.mark.parametrize("run_fields", [{"cancelled": True}, {"draft": True}, {"last": OLD}, {"last": COMING}])
def test_no_certificates_for_a_run_that_was_not_held_that_is_old_or_not_over(run_fields):
    attendee(held_run(**run_fields))
    assert issue_due(at=DUE) == 0


def test_a_rule_may_issue_none():
    rule(issues_certificates=False)
    attendee(held_run())
    assert issue_due(at=DUE) == 0


def test_a_day_without_attendance_leaves_it_to_an_organiser():
    rule(minimum_percent=50)
    run = held_run(days=2)
    anna = attendee(run, "Anna Berg", "present", "")
    assert issue_due(at=DUE) == 0
    assert standings_of(run, at=DUE).by_pk[anna.pk].kind == "in_doubt"
    assert len(issue(run_pk=run.pk, enrolment_pks=[anna.pk], at=DUE).certificates) == 1


def test_who_was_revoked_is_not_given_another_by_the_clock():
    certificate = certified()
    revoke(certificate_pk=certificate.pk, reason="En fejl", by=None)
    assert issue_due(at=DUE) == 0


def test_a_walk_in_without_a_seat_who_attended_gets_one_and_who_does_not_come_any_more_none():
    run = held_run()
    attendee(run, "Anna Berg", status=EnrolmentStatus.WALK_IN)
    attendee(run, "Bo Dam", cancelled=True)
    assert issue_due(at=DUE) == 1


def test_without_an_address_it_goes_to_the_contact():
    run = held_run()
    anna = attendee(run, "Anna Berg", email="")
    issue_due(at=DUE)
    assert OutboxMessage.objects.get().to == anna.registration.contact_email


# By an organiser


def test_an_organiser_issues_one_with_a_reason_although_the_requirement_is_not_met():
    run, organiser = held_run(days=2), UserFactory(organiser=True)
    bo = attendee(run, "Bo Dam", "present", "absent")

    left = issue(run_pk=run.pk, enrolment_pks=[bo.pk], by=organiser, at=DUE)
    assert (left.certificates, [each.pk for each in left.left_out]) == ([], [bo.pk])

    [certificate] = issue(
        run_pk=run.pk, enrolment_pks=[bo.pk], by=organiser, exception="Barnets første sygedag", at=DUE
    ).certificates
    assert (certificate.exception, certificate.issued_by) == ("Barnets første sygedag", organiser)
    assert certificate.data["is_met"] is False
    assert "Barnets" not in str(certificate.data)


def test_a_reason_that_was_not_needed_is_not_kept():
    run = held_run()
    anna = attendee(run)
    [certificate] = issue(
        run_pk=run.pk, enrolment_pks=[anna.pk], exception="For en sikkerheds skyld", at=DUE
    ).certificates
    assert certificate.exception == ""


def test_a_seat_without_a_name_gets_none_whatever_the_reason():
    run = held_run()
    unnamed = attendee(run, "")
    assert issue(run_pk=run.pk, enrolment_pks=[unnamed.pk], exception="Fordi", at=DUE).certificates == []


def test_before_the_run_is_over_it_takes_a_reason():
    run = held_run(days=3)
    anna = attendee(run, "Anna Berg", "present", "present", "present")
    early = DUE - timedelta(days=10)
    assert issue(run_pk=run.pk, enrolment_pks=[anna.pk], at=early).certificates == []
    [certificate] = issue(run_pk=run.pk, enrolment_pks=[anna.pk], exception="Rejser", at=early).certificates
    assert certificate.exception == "Rejser"


def test_whoever_has_one_keeps_it():
    certificate = certified()
    done = issue(run_pk=certificate.enrolment.run_id, enrolment_pks=[certificate.enrolment_id], at=DUE)
    assert (done.certificates, done.left_out, Certificate.objects.count()) == ([], [], 1)


def test_many_are_issued_in_as_many_queries_as_few():
    def queries(people: int) -> int:
        run = held_run(days=2)
        for n in range(people):
            attendee(run, f"Deltager {n}")
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert len(issue(run_pk=run.pk, at=DUE).certificates) == people
        return len(captured)

    assert queries(2) == queries(12)


# What it says, and that it never changes


def test_it_says_all_that_was_so_when_it_was_issued(settings):
    settings.PROVIDER = {**settings.PROVIDER, "cvr": "12345678"}
    rule(minimum_percent=60, absent_after=30)
    run = held_run(days=2)
    CoursePage.objects.filter(pk=run.course_id).update(contact_name="Lone Nørgård Larsen")
    anna = attendee(run, "Anna Bjergsø", "present", "")
    AttendanceFactory(enrolment=anna, day=run.ordered_days()[1], status="late", minutes_late=20, minutes_early=10)
    [certificate] = issue(run_pk=run.pk, at=DUE).certificates

    data = certificate.data
    assert (data["name"], data["course"], data["run"], data["place"]) == (
        "Anna Bjergsø", "Led samskabelsen", "Herlev", "Aarhus",
    )  # fmt: skip
    assert [(day["date"], day["start"], day["planned"], day["attended"]) for day in data["days"]] == [
        ("2026-03-05", "09:00", 420, 420),
        ("2026-03-12", "09:00", 420, 390),
    ]
    assert (data["minutes_attended"], data["minutes_planned"], data["is_met"]) == (810, 840, True)
    assert data["objectives"] == [
        {"kind": "text", "text": "Efter kurset kan du:"},
        {"kind": "item", "text": "lede frivillige"},
        {"kind": "item", "text": "forhandle på Ærø"},
    ]
    assert data["rule"] == (
        "Beviset gives for deltagelse i mindst 60 procent af de planlagte timer."
        " Den, der kommer mere end 30 minutter for sent, tæller som fraværende den dag."
    )
    assert (data["provider"]["cvr"], data["signatory"]["name"]) == ("12345678", "Lone Nørgård Larsen")
    assert data["code"] == certificate.code and data["url"].endswith(f"/bevis/{certificate.code}/")
    assert data["issued_on"] == "2026-03-16"


def test_it_is_as_it_was_whatever_becomes_of_the_course():
    certificate = certified()
    before = certificate.data
    run = certificate.enrolment.run
    CoursePage.objects.filter(pk=run.course_id).update(title="Et andet navn", outcomes="")
    CourseRun.objects.filter(pk=run.pk).update(label="Aarhus")
    CourseDay.objects.filter(run=run).update(date=LAST_DAY + timedelta(days=1))
    Enrolment.objects.filter(pk=certificate.enrolment_id).update(name="En anden")
    certificate.refresh_from_db()
    assert certificate.data == before


def test_other_apps_add_their_lines(monkeypatch):
    monkeypatch.setattr(certificate_lines, "_entries", {})
    certificate_lines.add("test", lambda pk: CourseLines([("ECTS", "5")], [("Viden", "<p>Om samskabelse</p>")]))
    certificate_lines.add("nothing", lambda pk: None)
    data = certified().data
    assert data["facts"] == [["ECTS", "5"]]
    assert data["objectives"][-2:] == [{"kind": "heading", "text": "Viden"}, {"kind": "text", "text": "Om samskabelse"}]


SETTERS = [
    "data = '{}'",
    """data = jsonb_set(data, '{name}', '"En anden"')""",
    "code = 'AAAA-BBBB-CCCC'",
    "version = 2",
    "issued_at = now()",
    "exception = 'alligevel'",
    "enrolment_id = enrolment_id + 1",
    "id = id + 1000",
]


def write(setter: str, certificate: Certificate) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE enrolments_certificate SET {setter} WHERE id = %s", [certificate.pk])  # noqa: S608


@pytest.mark.parametrize("setter", SETTERS)
def test_postgresql_refuses_to_change_what_was_issued(setter):
    certificate = certified()
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        write(setter, certificate)


def test_postgresql_refuses_to_delete_what_was_issued():
    certificate = certified()
    with pytest.raises(IntegrityError, match="never deleted"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM enrolments_certificate WHERE id = %s", [certificate.pk])


@pytest.mark.parametrize(
    "setter", ["revoked_at = NULL, revoked_reason = ''", "revoked_at = now()", "revoked_reason = 'x'"]
)
def test_postgresql_lets_a_certificate_be_revoked_once(setter):
    certificate = certified()
    revoke(certificate_pk=certificate.pk, reason="En fejl", by=None, at=DUE)
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        write(setter, certificate)


@pytest.mark.parametrize("setter", ["""data = '{"name": "x"}'""", "anonymised_at = NULL", "anonymised_at = now()"])
def test_postgresql_lets_its_personal_data_be_deleted_once(setter):
    certificate = certified()
    Certificate.objects.filter(pk=certificate.pk).update(data={}, anonymised_at=timezone.now() - timedelta(days=1))
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        write(setter, certificate)


def test_an_account_that_is_deleted_leaves_its_certificates_standing():
    organiser = UserFactory(organiser=True)
    certificate = certified()
    revoke(certificate_pk=certificate.pk, reason="En fejl", by=organiser)
    organiser.delete()
    certificate.refresh_from_db()
    assert certificate.is_revoked and certificate.revoked_by is None


# Revoked, and issued anew


def test_it_is_revoked_with_a_reason_that_the_participant_is_told():
    certificate, organiser = certified(), UserFactory(organiser=True)
    OutboxMessage.objects.all().delete()

    with pytest.raises(ReasonNeeded):
        revoke(certificate_pk=certificate.pk, reason="  ", by=organiser)
    revoke(certificate_pk=certificate.pk, reason="Udstedt ved en fejl", by=organiser)
    with pytest.raises(CertificateRevoked):
        revoke(certificate_pk=certificate.pk, reason="Igen", by=organiser)

    certificate.refresh_from_db()
    assert (certificate.revoked_reason, certificate.revoked_by) == ("Udstedt ved en fejl", organiser)
    assert EnrolmentEvent.objects.get(kind=EventKind.CERTIFICATE_REVOKED).user == organiser
    assert kinds() == ["enrolments.certificate_revoked"]
    deliver(due_pks())
    [sent] = mail.outbox
    assert "Udstedt ved en fejl" in sent.body and not sent.attachments


def test_a_corrected_name_gets_a_new_version_and_the_old_one_is_revoked():
    old, organiser = certified("Anna Bjerg"), UserFactory(organiser=True)
    Enrolment.objects.filter(pk=old.enrolment_id).update(name="Anna Bjergsø")
    OutboxMessage.objects.all().delete()

    new = reissue(certificate_pk=old.pk, reason="Navnet er rettet", by=organiser, at=DUE)

    old.refresh_from_db()
    assert (old.is_revoked, old.data["name"]) == (True, "Anna Bjerg")
    assert (new.version, new.data["name"], new.data["version"]) == (2, "Anna Bjergsø", 2)
    assert new.code != old.code
    assert kinds() == ["enrolments.certificate_reissued"]
    assert Certificate.objects.get(enrolment=old.enrolment_id, revoked_at=None) == new


def test_it_is_not_issued_anew_to_whom_the_requirement_no_longer_holds_unless_somebody_says_why():
    old = certified("Anna Berg", days=2)
    mark(day=old.enrolment.run.ordered_days()[0], marks={old.enrolment_id: Mark("absent")}, by=None)

    with pytest.raises(NotEntitled):
        reissue(certificate_pk=old.pk, reason="Timerne er rettet", by=None, at=DUE)
    old.refresh_from_db()
    assert not old.is_revoked

    new = reissue(certificate_pk=old.pk, reason="Timerne er rettet", by=None, exception="Sygdom", at=DUE)
    assert (new.exception, new.data["minutes_attended"], new.data["is_met"]) == ("Sygdom", 420, False)


def test_a_revoked_one_may_be_followed_by_another_version():
    old = certified()
    revoke(certificate_pk=old.pk, reason="En fejl", by=None)
    [new] = issue(run_pk=old.enrolment.run_id, enrolment_pks=[old.enrolment_id], at=DUE).certificates
    assert new.version == 2


# What no longer holds is shown to an organiser, and changed by nobody but them


def test_a_name_corrected_since_is_flagged():
    certificate = certified()
    assert outdated() == {}
    Enrolment.objects.filter(pk=certificate.enrolment_id).update(name="Anna Bergh")
    assert outdated() == {certificate.enrolment.run: 1}
    standing = standings_of(certificate.enrolment.run, at=DUE).by_pk[certificate.enrolment_id]
    assert (standing.kind, standing.differs) == ("outdated", ("name",))


def test_marks_changed_since_are_flagged_and_a_change_that_was_undone_is_not():
    certificate = certified("Anna Berg", days=2)
    run, day = certificate.enrolment.run, certificate.enrolment.run.ordered_days()[0]
    mark(day=day, marks={certificate.enrolment_id: Mark("absent")}, by=None)
    assert outdated() == {run: 1}
    assert standings_of(run, at=DUE).by_pk[certificate.enrolment_id].differs == ("requirement",)
    mark(day=day, marks={certificate.enrolment_id: Mark("present")}, by=None)
    assert outdated() == {}
    mark(day=day, marks={certificate.enrolment_id: Mark("late", 30)}, by=None)
    assert standings_of(run, at=DUE).by_pk[certificate.enrolment_id].differs == ("hours",)
    assert Certificate.objects.get().pk == certificate.pk


def test_who_left_the_roll_since_is_flagged():
    certificate = certified()
    Enrolment.objects.filter(pk=certificate.enrolment_id).update(status="cancelled", cancelled_at=timezone.now())
    assert outdated() == {certificate.enrolment.run: 1}


def test_whose_name_is_deleted_is_flagged_to_nobody():
    certificate = certified()
    Enrolment.objects.filter(pk=certificate.enrolment_id).update(name="Deltager 1", anonymised_at=timezone.now())
    assert outdated() == {}


def test_looking_for_what_no_longer_holds_costs_as_much_for_many_as_for_few():
    def queries(people: int) -> int:
        for n in range(people):
            certificate = certified(f"Deltager {n}")
            Enrolment.objects.filter(pk=certificate.enrolment_id).update(name=f"Anden {n}")
        with CaptureQueriesContext(connection) as captured:
            assert outdated()
        return len(captured)

    assert queries(1) == queries(5)


# When its time is over


def test_after_its_time_nothing_is_left_but_that_it_was_issued():
    certificate = certified()
    revoke(certificate_pk=certificate.pk, reason="Anna Berg kom ikke", by=None)
    anonymise_certificates([certificate.pk])
    certificate.refresh_from_db()
    assert (certificate.data, certificate.exception, certificate.revoked_reason) == ({}, "", "…")
    with pytest.raises(CertificateRevoked):
        revoke(certificate_pk=certificate.pk, reason="Igen", by=None)
