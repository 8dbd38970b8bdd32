"""Municipality × quarter and × course, department × course: who booked, came, cancelled late or never came; spend."""

from collections.abc import Sequence
from datetime import date

import pandas as pd
from django.db.models import Value
from django.db.models.functions import Coalesce, Trim, TruncQuarter
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enrolments.reports.enrolment_results import ORGANISATION
from enrolments.reports.kinds import Chart, Choices, Table
from enrolments.reports.sums import COLUMNS, added, summed, total_of, with_rates
from website.accounts.typing import AnyUser
from website.core.danish import danish_key
from website.core.exports import Column, Kind

_MEASURES = [
    COLUMNS[name]
    for name in (
        *("booked", "cancelled", "late_cancellations", "attended", "no_shows"),
        *("rate", "minutes", "spend"),
    )
]
_MUNICIPALITY = [
    Column("organisation", gettext_lazy("Organisation"), "", width=28),
    Column("municipality_code", gettext_lazy("Municipality code"), "", Kind.IDENTIFIER, 10),
]
_ORDER = ("organisation", "municipality_code", "department", "quarter", "course")
_KEYS = {"organisation": ORGANISATION, "municipality_code": Coalesce("organisation__code", Value(""))}

QUARTER_COLUMNS: Sequence[Column] = [
    *_MUNICIPALITY,
    Column("quarter", gettext_lazy("Quarter"), "", width=16),
    *_MEASURES,
]
COURSE_COLUMNS: Sequence[Column] = [
    *_MUNICIPALITY,
    Column("course", gettext_lazy("Course"), "", width=40),
    *_MEASURES,
]


DEPARTMENT_COLUMNS: Sequence[Column] = [
    *_MUNICIPALITY,
    Column("department", gettext_lazy("Department"), "", width=24),
    Column("course", gettext_lazy("Course"), "", width=40),
    *_MEASURES,
]


def by_quarter(user: AnyUser, choices: Choices) -> Table:
    """Return a row per municipality and quarter in which their runs begin."""
    sums = summed(user, choices, {**_KEYS, "quarter": TruncQuarter("booking__first_date")})
    sums["quarter"] = [quarter_label(day) for day in sums["quarter"]]
    return _table(sums, QUARTER_COLUMNS, drawn="quarter", title=gettext_lazy("Came and stayed away, by quarter"))


def quarter_label(day: date) -> str:
    """Return a day's quarter in words that sort by time: "2026, 4. kvartal"; "2026-4" would be read as April."""
    return _("%(year)s, quarter %(number)s") % {"year": day.year, "number": (day.month + 2) // 3}


def by_course(user: AnyUser, choices: Choices) -> Table:
    """Return a row per municipality and course. Two courses of one title are told apart by their number."""
    keys = {**_KEYS, "course": "run__course__title", "course_number": "run__course_id"}
    sums = summed(user, choices, keys)
    return _table(
        sums, COURSE_COLUMNS, drawn="organisation", title=gettext_lazy("Came and stayed away, by municipality")
    )


def by_department(user: AnyUser, choices: Choices) -> Table:
    """Return a row per department and course: the transcript of a department. Who it was stands in the results."""
    department = Trim("department")
    keys = {**_KEYS, "department": department, "course": "run__course__title", "course_number": "run__course_id"}
    sums = summed(user, choices, keys)
    title = gettext_lazy("Came and stayed away, by department")
    return _table(sums, DEPARTMENT_COLUMNS, drawn="department", title=title)


def _table(sums: pd.DataFrame, columns: Sequence[Column], *, drawn: str, title: str) -> Table:
    frame = with_rates(_in_order(sums, *(name for name in _ORDER if name in sums)))
    return Table(
        columns=columns,
        frame=frame,
        total=total_of(sums),
        chart=Chart("stacked", drawn, ["attended", "no_shows"], title),
        charted=_in_order(added(sums, [drawn]), drawn),
    )


def _in_order(frame: pd.DataFrame, *names: str) -> pd.DataFrame:
    """Return the rows in Danish order of these columns."""
    keys = [[danish_key(text) for text in frame[name]] for name in names]
    order = sorted(range(len(frame)), key=lambda n: tuple(key[n] for key in keys))
    return frame.iloc[order].reset_index(drop=True)
