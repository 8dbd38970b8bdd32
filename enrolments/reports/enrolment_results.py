"""A row per participant and run: days planned and attended, per cent, requirement, no-show.

A participant stands in the period in which their run begins, with all its days. Other apps and the certificates
add columns to `columns`; their expressions stand on an Enrolment.
"""

from django.db.models import Case, CharField, F, QuerySet, Value, When
from django.db.models.functions import Round
from django.utils.translation import gettext_lazy, pgettext_lazy

from enrolments.enums import ENDED_STATUSES, IN_LINE_STATUSES, Requirement
from enrolments.models import Enrolment
from enrolments.reports import facts
from enrolments.reports.expressions import organisation_of
from enrolments.reports.kinds import Choices
from enrolments.reports.participant_columns import participant_columns
from website.accounts.typing import AnyUser
from website.core.danish import DanishOrder
from website.core.exports import Column, Kind, label_of
from website.core.registry import Registry

columns: Registry[Column] = Registry()

ORGANISATION = organisation_of("")


def _yes(**condition: bool) -> Case:
    return Case(When(**condition, then=Value(gettext_lazy("Yes"), CharField())), default=Value(""))


for _order, _column in enumerate(
    [
        Column("course", gettext_lazy("Course"), "run__course__title", width=40),
        Column("run", gettext_lazy("Run"), "run__label", width=18),
        Column("run_number", gettext_lazy("Run no."), "run_id", Kind.INTEGER, 8, on_screen=False),
        Column("first_date", gettext_lazy("From"), "booking__first_date", Kind.DATE, 12),
        Column("last_date", gettext_lazy("To"), "booking__last_date", Kind.DATE, 12, on_screen=False),
        *participant_columns(),
        Column(
            "late_cancellation",
            gettext_lazy("Late cancellation"),
            _yes(booking__is_late_cancellation=True),
            width=10,
            on_screen=False,
        ),
        Column("days_planned", gettext_lazy("Days planned"), "result__days_planned", Kind.INTEGER, 9),
        Column("days_attended", gettext_lazy("Days attended"), "result__days_attended", Kind.INTEGER, 9),
        Column(
            "minutes_planned",
            gettext_lazy("Planned time"),
            "result__minutes_planned",
            Kind.DURATION,
            10,
            on_screen=False,
        ),
        Column(
            "minutes_attended",
            gettext_lazy("Time attended"),
            "result__minutes_attended",
            Kind.DURATION,
            10,
            on_screen=False,
        ),
        # Rounded, since a division leaves twenty decimals that a text file would show.
        Column("share", pgettext_lazy("per cent", "Attended"), Round(F("result__percent") / 100, 3), Kind.PERCENT, 10),
        Column("requirement", gettext_lazy("Requirement"), label_of("result__requirement", Requirement), width=16),
        Column("no_show", pgettext_lazy("participant", "No-show"), _yes(result__is_no_show=True), width=10),
        Column(
            "spend", gettext_lazy("Price or fee (DKK, excl. VAT)"), "booking__spend", Kind.DECIMAL, 12, on_screen=False
        ),
    ]
):
    columns.add(_column.name, _column, order=(_order + 1) * 10)


def enrolments(user: AnyUser, choices: Choices | None = None) -> QuerySet[Enrolment]:
    """Return those who were ever booked, as `user` may see them, on runs with days. Never those in line."""
    choices = choices or Choices()
    found = (
        Enrolment.objects.visible_to(user)
        .exclude(status__in=IN_LINE_STATUSES)
        .filter(booking__first_date__isnull=False)
    )
    found = facts.narrowed(found, choices, enrolment="", day=None)
    if choices.start:
        found = found.filter(booking__first_date__gte=choices.start)
    if choices.end:
        found = found.filter(booking__first_date__lte=choices.end)
    return found


def entries(user: AnyUser, choices: Choices | None = None) -> QuerySet[Enrolment]:
    """Return the rows by run and name. Without `with_cancelled`: who has a seat, cancelled late, or was marked."""
    choices = choices or Choices()
    found = enrolments(user, choices).filter(result__days_planned__gt=0)
    if not choices.with_cancelled:
        found = found.exclude(status__in=ENDED_STATUSES, booking__is_late_cancellation=False, result__days_taken=0)
    return found.order_by("booking__first_date", "run_id", DanishOrder("name"), "pk")
