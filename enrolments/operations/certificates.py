"""Issue certificates, revoke them, and issue the next version. What was issued never changes.

A certificate, its line in the history and the mail about it are written in one transaction, under the lock of
its run. Two who issue at once give one certificate: whoever comes second reads what the first wrote; and without
the lock PostgreSQL would refuse the second (certificate_one_valid_per_participant).
"""

import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import Case, Value, When
from django.utils import timezone

from courses.models import CourseRun
from enrolments.certificates.codes import new_code
from enrolments.certificates.data import data_of_issue, data_of_participant, data_of_run
from enrolments.certificates.standings import RunStandings, Standing, runs_due, standings_of
from enrolments.emails import certificates as mails
from enrolments.enums import ActorKind, CertificateStanding, EventKind
from enrolments.exceptions import CertificateRevoked, NotEntitled, ReasonNeeded
from enrolments.models import Certificate, EnrolmentEvent
from enrolments.operations.notices import is_hour_to_send
from enrolments.operations.seats import lock_run
from website.accounts.models import User
from website.core.jobs import PASSING

logger = logging.getLogger(__name__)

#: Stands for a reason that is deleted with the rest: PostgreSQL wants one.
REASON_GONE = "…"


@dataclass
class Issued:
    """What was issued, and whom of those named it was not, each with how they stand."""

    certificates: list[Certificate] = field(default_factory=list)
    left_out: list[Standing] = field(default_factory=list)


def issue(
    *,
    run_pk: int,
    enrolment_pks: Collection[int] | None = None,
    by: User | None = None,
    exception: str = "",
    notify: bool = True,
    at: datetime | None = None,
) -> Issued:
    """Issue certificates to these participants of the run; without any named, to all who are to have one by the rule.

    Whoever has a valid one keeps it. Those who do not meet the requirement, or whose run is not over, get one
    only with `exception`, an organiser's reason, which is kept with it. A seat without a name never gets one.
    Queries do not grow with the participants. Raises CourseRun.DoesNotExist.
    """
    at = at or timezone.now()
    with transaction.atomic():
        run = lock_run(run_pk)
        standings = standings_of(run, at=at)
        done = Issued()
        if enrolment_pks is None:
            chosen = standings.of(CertificateStanding.READY)
        else:
            named = [each for each in standings.standings if each.pk in set(enrolment_pks) and not each.has_valid]
            chosen = [each for each in named if may_have(each, is_over=standings.is_over, exception=exception)]
            done.left_out = [each for each in named if each not in chosen]
        done.certificates = _write(standings, chosen, by=by, exception=exception, at=at)
        if notify:
            mails.queue_issued(done.certificates)
        return done


def may_have(standing: Standing, *, is_over: bool, exception: str) -> bool:
    """Whether the participant may get a certificate: by the rule once the run is over, or by a reason before."""
    if not standing.person.is_expected or standing.person.enrolment.is_unnamed:
        return False
    return bool(exception) or (is_over and standing.person.result.is_met)


def issue_due(*, at: datetime | None = None) -> int:
    """Issue what is due by the rule, run by run; return how many. Nothing before 8.00 in Denmark.

    Due are those who meet the requirement on a run that is over, once the days of grace for corrections are
    too (settings.CERTIFICATE_GRACE_DAYS). Left to an organiser: whoever has a day that nobody took attendance
    on, and whoever had one that was revoked. A run that fails is logged, and holds back none of the others.
    """
    at = at or timezone.now()
    if not is_hour_to_send(at):
        return 0
    issued = 0
    for run in runs_due(at).select_related("course__attendance_rule"):
        if not run.attendance_rule.issues_certificates:
            continue
        try:
            issued += len(issue(run_pk=run.pk, at=at).certificates)
        except PASSING:
            raise  # the database has gone away: there is nothing to do on any run now
        except Exception as error:
            # Its own words may quote a row.
            logger.error("certificates of run %s could not be issued: %s", run.pk, type(error).__name__)
    return issued


def revoke(
    *, certificate_pk: int, reason: str, by: User | None, notify: bool = True, at: datetime | None = None
) -> Certificate:
    """Revoke a certificate; whoever checks its code from now on is told so, with the reason.

    Raises ReasonNeeded, CertificateRevoked (already) and Certificate.DoesNotExist.
    """
    with transaction.atomic():
        certificate, _run = _lock(certificate_pk)
        _revoke(certificate, reason=reason, by=by, at=at or timezone.now())
        if notify:
            mails.queue_revoked(certificate)
        return certificate


def reissue(
    *,
    certificate_pk: int,
    reason: str,
    by: User | None,
    exception: str = "",
    notify: bool = True,
    at: datetime | None = None,
) -> Certificate:
    """Revoke a certificate and issue the next version of it, from what is so now; return the new one.

    The participant is told once. A certificate that was an exception stays one. Raises ReasonNeeded,
    CertificateRevoked, Certificate.DoesNotExist, and NotEntitled when the requirement is no longer met and
    there is no `exception`.
    """
    at = at or timezone.now()
    with transaction.atomic():
        old, run = _lock(certificate_pk)
        exception = exception or old.exception
        _revoke(old, reason=reason, by=by, at=at)
        standings = standings_of(run, at=at)
        standing = standings.by_pk.get(old.enrolment_id)
        if standing is None or not may_have(standing, is_over=standings.is_over, exception=exception):
            raise NotEntitled
        [new] = _write(standings, [standing], by=by, exception=exception, at=at)
        if notify:
            mails.queue_reissued(new)
        return new


def send_again(*, certificates: Iterable[Certificate]) -> int:
    """Send valid certificates to their participants once more; return how many mails it takes."""
    valid = [each for each in certificates if not each.is_revoked and not each.anonymised_at]
    with transaction.atomic():
        return mails.queue_issued(valid)


def anonymise_certificates(pks: Collection[int]) -> None:
    """Delete what these certificates say and why: that one was issued under the code stays to be verified."""
    gone = Case(When(revoked_at=None, then=Value("")), default=Value(REASON_GONE))
    Certificate.objects.filter(pk__in=pks, anonymised_at=None).update(
        data={}, exception="", revoked_reason=gone, anonymised_at=timezone.now()
    )


def _lock(certificate_pk: int) -> tuple[Certificate, CourseRun]:
    """Lock the certificate's run; return both as they stand under the lock."""
    run_pk = Certificate.objects.values_list("enrolment__run", flat=True).get(pk=certificate_pk)
    run = lock_run(run_pk)
    return Certificate.objects.select_related("enrolment__registration").get(pk=certificate_pk), run


def _revoke(certificate: Certificate, *, reason: str, by: User | None, at: datetime) -> None:
    if not reason.strip():
        raise ReasonNeeded
    if certificate.is_revoked or certificate.anonymised_at:
        raise CertificateRevoked
    certificate.revoked_at, certificate.revoked_by, certificate.revoked_reason = at, by, reason.strip()
    certificate.save(update_fields=["revoked_at", "revoked_by", "revoked_reason"])
    _tell([certificate], EventKind.CERTIFICATE_REVOKED, by=by, reason=certificate.revoked_reason)


def _write(
    standings: RunStandings, chosen: list[Standing], *, by: User | None, exception: str, at: datetime
) -> list[Certificate]:
    """Write a certificate for each, the next of its versions, and their lines in the history."""
    if not chosen:
        return []
    certificates = drafted(standings, chosen, by=by, exception=exception, at=at)
    Certificate.objects.bulk_create(certificates)
    _tell(certificates, EventKind.CERTIFIED, by=by)
    return certificates


def drafted(
    standings: RunStandings, chosen: Iterable[Standing], *, by: User | None = None, exception: str = "", at: datetime
) -> list[Certificate]:
    """Return what would be issued to these participants, unsaved: to be written, or only to be looked at."""
    shared = data_of_run(standings.state)
    certificates = []
    for standing in chosen:
        code = new_code()
        version = standing.certificate.version + 1 if standing.certificate else 1
        own = data_of_participant(standings.state, standing.person)
        is_exception = not (standings.is_over and own["is_met"])
        certificates.append(
            Certificate(
                enrolment=standing.person.enrolment,
                version=version,
                code=code,
                data=shared | own | data_of_issue(code=code, version=version, at=at),
                issued_at=at,
                issued_by=by,
                exception=exception if is_exception else "",
            )
        )
    return certificates


def _tell(certificates: Iterable[Certificate], kind: EventKind, *, by: User | None, reason: str = "") -> None:
    EnrolmentEvent.objects.bulk_create(
        EnrolmentEvent(
            enrolment_id=certificate.enrolment_id,
            kind=kind,
            actor=ActorKind.STAFF if by else ActorKind.SYSTEM,
            user=by,
            reason=reason or certificate.exception,
            data={"version": certificate.version},
        )
        for certificate in certificates
    )
