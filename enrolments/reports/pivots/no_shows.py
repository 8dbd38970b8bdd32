"""Who never came: by how long before they booked, by weekday, and by place."""

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
from django.db.models import Case, CharField, IntegerField, Value, When
from django.db.models.functions import ExtractIsoWeekDay, NullIf, TruncDate
from django.utils.dates import WEEKDAYS
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enrolments.reports.kinds import Chart, Choices, Table
from enrolments.reports.sums import COLUMNS, DaysBetween, summed, total_of, with_rates
from website.accounts.typing import AnyUser
from website.core.danish import danish_key
from website.core.exports import Column

_MEASURES = [
    COLUMNS[name] for name in ("booked", "cancelled", "attended", "no_shows", "late_cancellations", "no_show_rate")
]
LEAD_COLUMNS: Sequence[Column] = [Column("lead", gettext_lazy("Booked before the first day"), "", width=26), *_MEASURES]
WEEKDAY_COLUMNS: Sequence[Column] = [Column("weekday", gettext_lazy("First day is a"), "", width=16), *_MEASURES]
PLACE_COLUMNS: Sequence[Column] = [Column("place", gettext_lazy("Place"), "", width=26), *_MEASURES]

#: From so many days before, in words. The last one is everything below.
LEADS = (
    (56, gettext_lazy("8 weeks or more")),
    (28, gettext_lazy("4 to 8 weeks")),
    (14, gettext_lazy("2 to 4 weeks")),
    (7, gettext_lazy("1 to 2 weeks")),
    (0, gettext_lazy("Less than a week")),
    (-1, gettext_lazy("At the door")),
)


def by_lead_time(user: AnyUser, choices: Choices) -> Table:
    """Return a row for each span between registration and the run's first day, in Danish dates."""
    days = DaysBetween("booking__first_date", TruncDate("created_at"))
    lead = Case(
        *(When(lead_days__gte=least, then=Value(n)) for n, (least, _text) in enumerate(LEADS[:-1])),
        default=Value(len(LEADS) - 1),
        output_field=IntegerField(),
    )
    return _table(
        summed(user, choices, {"lead": lead}, alias={"lead_days": days}),
        "lead",
        LEAD_COLUMNS,
        gettext_lazy("No-shows by when they booked"),
        words=lambda n: str(LEADS[n][1]),
    )


def by_weekday(user: AnyUser, choices: Choices) -> Table:
    """Return a row for each weekday on which runs begin, Monday first."""
    return _table(
        summed(user, choices, {"weekday": ExtractIsoWeekDay("booking__first_date")}),
        "weekday",
        WEEKDAY_COLUMNS,
        gettext_lazy("No-shows by weekday"),
        words=lambda number: str(WEEKDAYS[int(number) - 1]).capitalize(),
    )


def by_place(user: AnyUser, choices: Choices) -> Table:
    """Return a row for each town runs are held in; those held online together."""
    town = Case(
        When(run__venue__isnull=False, then=NullIf("run__venue__city", Value(""))),
        When(run__online_link__gt="", then=Value(_("Online"), output_field=CharField())),
        default=None,
        output_field=CharField(),
    )
    return _table(
        summed(user, choices, {"place": town}),
        "place",
        PLACE_COLUMNS,
        gettext_lazy("No-shows by place"),
        words=lambda place: place or _("No place given"),
        order=lambda place: danish_key(place or "\uffff"),
    )


def _table(
    sums: pd.DataFrame,
    key: str,
    columns: Sequence[Column],
    title: str | Promise,
    *,
    words: Callable[[Any], str],
    order: Callable[[Any], Any] = lambda value: value,
) -> Table:
    rows = sorted(range(len(sums)), key=lambda n: order(sums[key].iat[n]))
    frame = with_rates(sums.iloc[rows].reset_index(drop=True))
    frame[key] = pd.Series([words(value) for value in frame[key]], index=frame.index, dtype=object)
    return Table(columns, frame, total_of(sums), Chart("bars", key, ["no_show_rate"], title))
