"""Certificates on real connections to a real PostgreSQL. Each race was seen with its guard taken away."""

from threading import Barrier

import pytest
from django.db.utils import IntegrityError

from courses.models import CourseRun
from enrolments.exceptions import CertificateRevoked
from enrolments.models import Certificate, EnrolmentEvent
from enrolments.operations import certificates
from enrolments.operations.certificates import issue, issue_due, reissue, revoke
from tests.enrolments.certificate_helpers import DUE, attendee, certified, held_run
from tests.enrolments.test_races import at_once
from website.messaging.models import OutboxMessage

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_jobs_that_issue_at_once_give_each_participant_one_certificate_and_one_mail():
    run = held_run()
    for n in range(5):
        attendee(run, f"Deltager {n}")

    results = at_once(*(lambda: issue_due(at=DUE) for _ in range(4)))

    assert sorted(results) == [0, 0, 0, 5]
    assert Certificate.objects.count() == OutboxMessage.objects.count() == EnrolmentEvent.objects.count() == 5


def test_without_the_lock_postgresql_still_refuses_a_second_one(monkeypatch):
    """What the lock guards against: it happens, and the constraint is what stands behind."""
    run = held_run()
    for n in range(5):
        attendee(run, f"Deltager {n}")
    monkeypatch.setattr(certificates, "lock_run", lambda pk: CourseRun.objects.for_display().get(pk=pk))

    standings_of = certificates.standings_of
    met = Barrier(2)

    def both_have_read(run: CourseRun, **fields):
        standings = standings_of(run, **fields)
        met.wait(timeout=20)
        return standings

    monkeypatch.setattr(certificates, "standings_of", both_have_read)

    results = at_once(lambda: issue(run_pk=run.pk, at=DUE), lambda: issue(run_pk=run.pk, at=DUE))

    assert sum(isinstance(result, IntegrityError) for result in results) == 1
    assert Certificate.objects.count() == OutboxMessage.objects.count() == 5


def test_an_organiser_and_the_clock_at_once_give_one():
    run = held_run()
    anna = attendee(run)

    at_once(
        lambda: issue_due(at=DUE),
        *(lambda: issue(run_pk=run.pk, enrolment_pks=[anna.pk], exception="Fordi", at=DUE) for _ in range(3)),
    )

    assert Certificate.objects.count() == OutboxMessage.objects.count() == 1


def test_one_that_is_revoked_and_issued_anew_at_once_has_one_outcome():
    for attempt in range(3):
        certificate = certified(f"Deltager {attempt}")
        OutboxMessage.objects.all().delete()

        results = at_once(
            lambda c=certificate: revoke(certificate_pk=c.pk, reason="En fejl", by=None),
            lambda c=certificate: reissue(certificate_pk=c.pk, reason="Rettet", by=None, at=DUE),
            lambda c=certificate: reissue(certificate_pk=c.pk, reason="Rettet", by=None, at=DUE),
        )

        assert sum(isinstance(result, CertificateRevoked) for result in results) == 2
        mine = Certificate.objects.filter(enrolment=certificate.enrolment_id)
        assert mine.filter(revoked_at=None).count() == mine.count() - 1
        assert OutboxMessage.objects.count() == 1
