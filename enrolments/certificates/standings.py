"""Who has a certificate, who is to have one, and whose no longer says what is so.

Read in a constant number of queries, however many participants.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet
from django.db.models.fields.json import KT
from django.utils import timezone
from django.utils.functional import cached_property

from courses.enums import HELD_STATUSES
from courses.models import AttendanceRule, CourseDay, CourseRun
from enrolments.enums import ON_THE_ROLL, CertificateStanding, Requirement
from enrolments.models import Attendance, AttendanceChange, Certificate, Enrolment, RollEntry
from enrolments.reports.attendance_state import ParticipantState, RunState, day_mark, state_of_run
from enrolments.reports.results import Result, result_of

#: What a valid certificate may no longer agree with.
NAME, HOURS, REQUIREMENT, ROLL = "name", "hours", "requirement", "roll"


@dataclass(frozen=True, slots=True)
class Standing:
    """One participant of the run, and how they stand to a certificate.

    `certificate` is the newest, revoked or not; `differs` names what a valid one no longer agrees with.
    """

    person: ParticipantState
    kind: CertificateStanding
    certificate: Certificate | None = None
    differs: tuple[str, ...] = ()

    @property
    def pk(self) -> int:
        return self.person.pk

    @property
    def has_valid(self) -> bool:
        return self.certificate is not None and not self.certificate.is_revoked


@dataclass
class RunStandings:
    """How a run's participants stand to their certificates, in Danish order."""

    state: RunState
    is_over: bool
    standings: list[Standing] = field(default_factory=list)

    def of(self, *kinds: CertificateStanding) -> list[Standing]:
        return [standing for standing in self.standings if standing.kind in kinds]

    @cached_property
    def by_pk(self) -> dict[int, Standing]:
        return {standing.pk: standing for standing in self.standings}


def standings_of(run: CourseRun, *, at: datetime | None = None) -> RunStandings:
    """Return how everybody on the run's roll, and whoever has a certificate, stands at `at` (default: now)."""
    at = at or timezone.now()
    state = state_of_run(run, at=at)
    newest = newest_certificates(person.pk for person in state.participants)
    is_over = run.status in HELD_STATUSES and bool(state.days) and max(day.ends_at for day in state.days) <= at
    return RunStandings(
        state,
        is_over,
        [
            _standing(person, newest.get(person.pk), is_over=is_over)
            for person in state.participants
            if person.is_expected or person.pk in newest
        ],
    )


def newest_certificates(enrolment_pks: Iterable[int]) -> dict[int, Certificate]:
    """Return each participant's newest certificate, revoked or not. One query."""
    rows = Certificate.objects.filter(enrolment__in=list(enrolment_pks)).order_by("enrolment_id", "-version")
    return {row.enrolment_id: row for row in rows.distinct("enrolment_id")}


def _standing(person: ParticipantState, certificate: Certificate | None, *, is_over: bool) -> Standing:
    if certificate is not None and not certificate.is_revoked:
        differs = tuple(differences(certificate, person))
        kind = CertificateStanding.OUTDATED if differs else CertificateStanding.VALID
        return Standing(person, kind, certificate, differs)
    if certificate is not None:
        return Standing(person, CertificateStanding.REVOKED, certificate)
    if person.enrolment.is_unnamed:
        return Standing(person, CertificateStanding.UNNAMED)
    if not is_over:
        return Standing(person, CertificateStanding.NOT_OVER)
    if all(day.is_taken for day in person.days):
        met = person.result.is_met
        return Standing(person, CertificateStanding.READY if met else CertificateStanding.NOT_MET)
    lost = person.requirement == Requirement.OUT_OF_REACH
    return Standing(person, CertificateStanding.NOT_MET if lost else CertificateStanding.IN_DOUBT)


def differences(certificate: Certificate, person: ParticipantState) -> Iterator[str]:
    """Yield what a valid certificate says that is no longer so."""
    if certificate.anonymised_at or person.enrolment.anonymised_at:
        return
    if not person.is_expected:
        yield ROLL
    yield from _differences(certificate, person.enrolment.name, person.result)


def _differences(certificate: Certificate, name: str, result: Result) -> Iterator[str]:
    if certificate.data["name"] != name:
        yield NAME
    if certificate.data["is_met"] and not result.is_met:
        yield REQUIREMENT
    elif certificate.data["minutes_attended"] != result.minutes_attended:
        yield HOURS


# Over all runs, for the staff's start page.


def outdated() -> dict[CourseRun, int]:
    """Return the runs with valid certificates that no longer say what is so, with how many. Five queries at most.

    PostgreSQL finds those that may: a name, a place on the roll or a mark has changed since. Only theirs are
    counted again.
    """
    later = AttendanceChange.objects.filter(
        attendance__enrolment=OuterRef("enrolment"), is_applied=True, received_at__gt=OuterRef("issued_at")
    )
    suspects = (
        Certificate.objects.filter(revoked_at=None, anonymised_at=None, enrolment__anonymised_at=None)
        .annotate(said=KT("data__name"))
        .filter(~Q(said=F("enrolment__name")) | ~Q(enrolment__status__in=ON_THE_ROLL) | Exists(later))
        .select_related("enrolment__run__course__attendance_rule")
        .prefetch_related(
            Prefetch("enrolment__run__days", CourseDay.objects.order_by("date", "start_time")),
            Prefetch("enrolment__attendance", Attendance.objects.taken().defer("reason", "note")),
        )
    )
    default_rule: list[object] = []
    found: dict[CourseRun, int] = {}
    for certificate in suspects:
        enrolment = certificate.enrolment
        rule = enrolment.run.course.attendance_rule
        if rule is None:
            default_rule = default_rule or [enrolment.run.attendance_rule]
            rule = default_rule[0]
        marks = {mark.day_id: mark for mark in enrolment.attendance.all()}
        result = result_of((day_mark(day, marks.get(day.pk)) for day in enrolment.run.days.all()), rule)
        gone = enrolment.status not in ON_THE_ROLL
        if gone or any(_differences(certificate, enrolment.name, result)):
            found[enrolment.run] = found.get(enrolment.run, 0) + 1
    return found


def runs_due(at: datetime) -> QuerySet[CourseRun]:
    """Return the runs whose certificates are to be issued at `at`: over, corrected, and somebody without one.

    The grace for corrections is over, and the run is no older than what the settings look back on: a run
    that was held before there were certificates gets none by itself.
    """
    today = timezone.localdate(at)
    latest = today - timedelta(days=settings.CERTIFICATE_GRACE_DAYS + 1)
    earliest = today - timedelta(days=settings.CERTIFICATE_LOOK_BACK_DAYS)
    days = CourseDay.objects.filter(run=OuterRef("pk"))
    on_the_roll = Enrolment.objects.filter(run=OuterRef("pk"), status__in=ON_THE_ROLL)
    without = on_the_roll.exclude(name="").filter(~Exists(Certificate.objects.filter(enrolment=OuterRef("pk"))))
    return (
        CourseRun.objects.filter(status__in=HELD_STATUSES)
        .filter(Exists(days.filter(date__range=(earliest, latest))), ~Exists(days.filter(date__gt=latest)))
        .filter(Exists(without))
        .order_by("pk")
    )


def runs_waiting(at: datetime) -> QuerySet[CourseRun]:
    """Return the runs due whose certificates wait for attendance that nobody took. One query."""
    untaken = RollEntry.objects.filter(
        day__run=OuterRef("pk"), enrolment__status__in=ON_THE_ROLL, enrolment__certificates=None
    ).filter(Q(attendance=None) | Q(attendance__status=""))
    default = AttendanceRule.objects.filter(is_default=True, issues_certificates=False)
    return (
        runs_due(at)
        .filter(Exists(untaken.exclude(enrolment__name="")))
        .exclude(course__attendance_rule__issues_certificates=False)
        .exclude(Q(course__attendance_rule=None) & Exists(default))
        .select_related("course")
    )
