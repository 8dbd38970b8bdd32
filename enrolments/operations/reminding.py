"""Remind participants before the first day: a week before, and the day before. Once each for the same first day.

Whoever got their seat when a week or less was left gets the last reminder only. A run that is moved is
reminded of at its new date. Seats without a name are left alone: their contact is asked for the names.
"""

from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import CharField, DateField, Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.expressions import CombinedExpression, ExpressionWrapper
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from courses.enums import HELD_STATUSES
from courses.models import CourseDay, CourseRun
from enrolments.emails import reminders
from enrolments.enums import EventKind
from enrolments.models import Enrolment, EnrolmentEvent, Notice
from enrolments.operations.notices import claim, is_hour_to_send

BATCH = 500
#: The annotation that names a participant's notice: who, and of which first day.
ABOUT = "about"
EARLY, LATE = "reminder_week", "reminder_day"
#: Events by which somebody gets a seat: from then on they know when and where it is.
SEATING = (
    EventKind.SEATED,
    EventKind.OFFER_ACCEPTED,
    EventKind.REPLACES,
    EventKind.MOVED_HERE,
    EventKind.NAMED,
    EventKind.ADDED,
)


def send_reminders(*, at: datetime | None = None) -> int:
    """Queue the reminders that are due at `at` (default: now); return how many. Nothing before 8.00 in Denmark."""
    at = at or timezone.now()
    if not is_hour_to_send(at):
        return 0
    today = timezone.localdate(at)
    return sum(_send_all(kind, today) for kind in (EARLY, LATE))


def _send_all(kind: str, today: date) -> int:
    sent = 0
    while (found := _send_batch(kind, today))[0]:
        sent += found[1]
    return sent


def _send_batch(kind: str, today: date) -> tuple[int, int]:
    """Queue up to `BATCH` reminders in one transaction; return how many were due, and how many of those were ours."""
    with transaction.atomic():
        # Whoever is being cancelled or moved at this moment is left for the next hour.
        rows = due(kind, today).order_by("run_id", "pk").select_for_update(of=("self",), skip_locked=True, no_key=True)
        enrolments: dict[str, Enrolment] = {getattr(each, ABOUT): each for each in rows[:BATCH]}
        ours = claim(kind, enrolments.keys())
        chosen = [enrolment for about, enrolment in enrolments.items() if about in ours]
        if chosen:
            runs = CourseRun.objects.for_display().with_course_in_short()
            reminders.queue_reminders(kind, runs.in_bulk({each.run_id for each in chosen}), chosen)
        return len(enrolments), len(chosen)


def due(kind: str, today: date) -> QuerySet[Enrolment]:
    """Return the confirmed participants who have this reminder to come today, each with the `about` of its notice."""
    last, first = (settings.REMINDER_LATE_DAYS, 1)
    if kind == EARLY:
        last, first = settings.REMINDER_EARLY_DAYS, settings.REMINDER_LATE_DAYS + 1
    days = CourseDay.objects.filter(run=OuterRef("run")).order_by("date")
    coming = CourseDay.objects.filter(
        date__range=(today + timedelta(days=first), today + timedelta(days=last)), run__status__in=HELD_STATUSES
    )
    enrolments = (
        Enrolment.objects.confirmed()
        .filter(run__in=coming.values("run"))
        .exclude(email="")
        .exclude(name="")
        .annotate(first_day=Subquery(days.values("date")[:1]))
        # A day of the run may be near although its first is past.
        .filter(first_day__range=(today + timedelta(days=first), today + timedelta(days=last)))
        .annotate(
            about=Concat(
                Value("enrolment:"),
                Cast("pk", CharField()),
                Value(":"),
                Cast("first_day", CharField()),
                output_field=CharField(),
            )
        )
        .filter(~Exists(Notice.objects.filter(kind=kind, about=OuterRef("about"))))
    )
    if kind == LATE:
        return enrolments
    days_before = Value(settings.REMINDER_EARLY_DAYS)
    mark = ExpressionWrapper(CombinedExpression(F("first_day"), "-", days_before), output_field=DateField())
    return enrolments.annotate(mark=mark).exclude(_got_seat_late())


def _got_seat_late() -> Q:
    """Those who got their seat when the early reminder would have been sent already: they have just heard."""
    seated = EnrolmentEvent.objects.filter(enrolment=OuterRef("pk"), kind__in=SEATING, at__date__gte=OuterRef("mark"))
    return Q(created_at__date__gte=F("mark")) | Q(Exists(seated))
