"""What many bookings come to, counted by PostgreSQL: the figures that every pivot is put together from.

The marks are summed per enrolment first, in one pass, and then counted by whatever a pivot asks for: an enrolment
has one municipality, one run and one place, so it is counted once. Booked, late cancellation and spend are
`Booking`'s; minutes and who never came are said here as `Fact` and `EnrolmentResult` say them (the tests on
reconciliation hold them together).
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pandas as pd
from django.db import connection
from django.db.models import Expression, F, Func, IntegerField
from django.utils.translation import gettext_lazy, pgettext_lazy

from enrolments.reports.enrolment_results import enrolments
from enrolments.reports.kinds import Choices
from website.accounts.typing import AnyUser
from website.core.exports import Column, Kind

#: Enough to hold what is summed per participant in memory; given back with the transaction.
WORK_MEM = "64MB"

_FLAGS = ("is_held", "is_over", "is_booked", "is_late_cancellation", "is_cancelled_in_time")

_BOOKED = "is_booked AND is_held"
_DUE = "is_over AND is_booked AND NOT is_cancelled_in_time"
_MEASURES = {
    "booked": f"count(*) FILTER (WHERE {_BOOKED})",
    "cancelled": f"count(*) FILTER (WHERE {_BOOKED} AND is_cancelled_in_time)",
    "late_cancellations": "count(*) FILTER (WHERE is_late_cancellation)",
    "attended": "count(*) FILTER (WHERE minutes > 0)",
    "no_shows": (
        f"count(*) FILTER (WHERE {_DUE} AND minutes = 0 AND excused = 0 AND (is_late_cancellation OR untaken = 0))"
    ),
    "due": f"count(*) FILTER (WHERE {_DUE})",
    "due_attended": f"count(*) FILTER (WHERE {_DUE} AND minutes > 0)",
    "minutes": "COALESCE(sum(minutes), 0)::bigint",
    "spend": "COALESCE(sum(spend), 0)",
}
#: The minutes of a mark, as the view `enrolments_fact` has them, but from the mark alone.
_WORTH = """GREATEST(
            0,
            floor(date_part('epoch', mark.planned_ends_at - mark.planned_starts_at) / 60)::integer
                - COALESCE(mark.minutes_late, 0) - COALESCE(mark.minutes_early, 0)
        )"""
#: What stands marked, per participant: the days that are not are those left over of the run's. No table is joined to
#: a million marks; what the few came to who were later than their course's rule allows is taken off again.
_MARKED = f"""
    SELECT mark.enrolment_id, count(*) AS taken, count(*) FILTER (WHERE mark.status = 'excused') AS excused,
        sum({_WORTH}) FILTER (WHERE mark.status IN ('present', 'late')) AS minutes
    FROM enrolments_attendance AS mark
    WHERE mark.status > '' {{few}}
    GROUP BY mark.enrolment_id
"""  # noqa: S608 - no text of users
_TOO_LATE = f"""
    SELECT mark.enrolment_id, sum({_WORTH}) AS minutes
    FROM enrolments_attendance AS mark
    JOIN enrolments_enrolment AS enrolment ON enrolment.id = mark.enrolment_id
    JOIN courses_courserun AS run ON run.id = enrolment.run_id
    JOIN courses_coursepage AS course ON course.page_ptr_id = run.course_id
    JOIN courses_attendancerule AS rule
        ON rule.id = COALESCE(course.attendance_rule_id, (SELECT id FROM courses_attendancerule WHERE is_default))
    WHERE mark.status = 'late' AND mark.minutes_late > rule.absent_after {{few}}
    GROUP BY mark.enrolment_id
"""  # noqa: S608 - no text of users
#: What adds up; `rate` and `no_show_rate` are worked out of these.
MEASURES = tuple(_MEASURES)


COLUMNS: Mapping[str, Column] = {
    column.name: column
    for column in (
        Column("booked", pgettext_lazy("participants", "Booked"), "", Kind.INTEGER, 10),
        Column("cancelled", gettext_lazy("Cancelled in time"), "", Kind.INTEGER, 10),
        Column("late_cancellations", gettext_lazy("Late cancellations"), "", Kind.INTEGER, 13),
        Column("attended", pgettext_lazy("participants", "Came"), "", Kind.INTEGER, 10),
        Column("no_shows", pgettext_lazy("participants", "No-shows"), "", Kind.INTEGER, 12),
        Column("rate", gettext_lazy("Attendance rate"), "", Kind.PERCENT, 11),
        Column("no_show_rate", gettext_lazy("No-show rate"), "", Kind.PERCENT, 11),
        Column("minutes", gettext_lazy("Hours attended"), "", Kind.DURATION, 11),
        Column("spend", gettext_lazy("Spend (DKK, excl. VAT)"), "", Kind.DECIMAL, 14),
    )
}


class DaysBetween(Func):
    """How many days the first date is after the second."""

    template = "(%(expressions)s)"
    arg_joiner = " - "
    output_field = IntegerField()


def summed(
    user: AnyUser, choices: Choices, keys: Mapping[str, str | Expression], alias: Mapping[str, Expression] | None = None
) -> pd.DataFrame:
    """Count the bookings chosen by `keys` (name → field path or expression): a row for each combination that occurs.

    The keys' expressions stand on an Enrolment and may use `alias`. Returns a frame with the keys' columns and
    `MEASURES`, whole numbers as int and `spend` as Decimal.
    """
    chosen = (
        enrolments(user, choices)
        .order_by()
        .alias(**(alias or {}))
        .annotate(
            **{f"key_{name}": F(path) if isinstance(path, str) else path for name, path in keys.items()},
            **{f"flag_{name}": F(f"booking__{name}") for name in (*_FLAGS, "days", "spend")},
            number=F("pk"),
        )
        .values_list(
            *(f"key_{name}" for name in keys), *(f"flag_{name}" for name in (*_FLAGS, "days", "spend")), "number"
        )
    )
    sql, params = chosen.query.sql_with_params()
    groups = ", ".join(f'"key_{name}"' for name in keys)
    flags = ", ".join(f'chosen."flag_{name}" AS {name}' for name in (*_FLAGS, "days", "spend"))
    # Of few, their marks are looked up; of all, they are read through. Once: unless MATERIALIZED, each of PostgreSQL's
    # parallel workers counts every mark by itself.
    everybody = not choices.narrows and user.has_perm("enrolments.view_enrolment")
    few = "" if everybody else "AND mark.enrolment_id IN (SELECT number FROM chosen)"
    statement = f"""
        WITH chosen AS ({sql}),
        marked AS MATERIALIZED ({_MARKED.format(few=few)}),
        too_late AS MATERIALIZED ({_TOO_LATE.format(few=few)}),
        each AS (
            SELECT {", ".join(f'chosen."key_{name}"' for name in keys)}, {flags},
                COALESCE(marked.minutes, 0) - COALESCE(too_late.minutes, 0) AS minutes,
                COALESCE(marked.excused, 0) AS excused,
                chosen."flag_days" - COALESCE(marked.taken, 0) AS untaken
            FROM chosen
            LEFT JOIN marked ON marked.enrolment_id = chosen.number
            LEFT JOIN too_late ON too_late.enrolment_id = chosen.number
        )
        SELECT {groups}, {", ".join(f"{sum_sql} AS {name}" for name, sum_sql in _MEASURES.items())}
        FROM each GROUP BY {groups}
    """  # noqa: S608 - no text of users: they are parameters
    return frame_of(fetch(statement, params), [*keys, *MEASURES])


def fetch(statement: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Return a report's rows, with room enough to count in while the transaction lasts."""
    with connection.cursor() as cursor:
        make_room()
        cursor.execute(statement, params)
        return cursor.fetchall()


def with_room(found: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return what a queryset finds, likewise."""
    make_room()
    return list(found)


def make_room() -> None:
    """Let the transaction (if there is one) sort and add up in memory; plans of a moment are not worth compiling."""
    if connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL work_mem = '{WORK_MEM}'; SET LOCAL jit = off")


def frame_of(records: Iterable[tuple[Any, ...]], names: Sequence[str]) -> pd.DataFrame:
    """Return a frame of plain Python values: Decimal stays Decimal, and nothing becomes a float."""
    return pd.DataFrame(list(records), columns=list(names), dtype=object)


def added(sums: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Add up the measures by some of the keys."""
    if sums.empty:
        return sums[[*by, *MEASURES]]
    return sums.groupby(list(by), as_index=False, sort=False, dropna=False)[list(MEASURES)].sum()


def total_of(sums: pd.DataFrame) -> dict[str, Any]:
    """Return the sum of each measure, with the rates of the sums."""
    total = {name: sum(sums[name].tolist()) for name in MEASURES}
    total["spend"] = Decimal(total["spend"])
    return total | rates(total)


def with_rates(sums: pd.DataFrame) -> pd.DataFrame:
    """Add `rate` and `no_show_rate` to each row."""
    found = [rates(record) for record in sums[list(MEASURES)].to_dict("records")]
    return sums.assign(
        **{
            name: pd.Series([each[name] for each in found], index=sums.index, dtype=object)
            for name in ("rate", "no_show_rate")
        }
    )


def rates(record: Mapping[str, Any]) -> dict[str, Decimal | None]:
    """Return the shares of those who were to come on runs that are over: came, and did not. None where none was."""
    due = record["due"]
    return {
        name: (Decimal(int(record[part])) / int(due)).quantize(Decimal("0.0001")) if due else None
        for name, part in (("rate", "due_attended"), ("no_show_rate", "no_shows"))
    }
