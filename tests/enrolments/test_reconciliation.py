"""Every number of every report can be counted again from the fact rows: generated data, counted in plain Python.

Cancellations, moves, replacements, walk-ins, days across clock changes, marks taken before a day was moved,
corrections, untaken days and a cancelled run are in the data. `report_data` counts with no SQL of ours.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from enrolments.enums import ENDED_STATUSES, AttendanceStatus, Requirement
from enrolments.reports import enrolment_results, facts, summaries
from enrolments.reports.kinds import Choices, Table, report_kinds
from enrolments.reports.pivots.no_shows import LEADS
from enrolments.reports.sums import MEASURES
from tests.enrolments.report_data import (
    DEPARTMENTS,
    PlainBooking,
    PlainFact,
    bookings_of,
    build,
    facts_of,
    make_runs,
    worlds,
)
from tests.factories import UserFactory
from website.core.exports import rows

pytestmark = pytest.mark.django_db

SHORT_MONTHS = ["jan.", "feb.", "marts", "april", "maj", "juni", "juli", "aug.", "sept.", "okt.", "nov.", "dec."]

GENERATED = settings(
    max_examples=25,
    deadline=None,
    # An example is a world of rows: found quickly, but shrunk for minutes.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.function_scoped_fixture,
        HealthCheck.data_too_large,
    ],
)


@pytest.fixture
def organiser():
    return UserFactory(organiser=True)


@pytest.fixture
def world(organiser):
    return make_runs()


def choices() -> st.SearchStrategy[dict[str, Any]]:
    """Draw what is chosen: a period around the runs, a department, with or without the cancelled."""
    days = st.none() | st.integers(-400, 60).map(lambda n: timezone.localdate() + timedelta(days=n))
    return st.fixed_dictionaries(
        {
            "start": days,
            "end": days,
            "departments": st.sampled_from([(), (DEPARTMENTS[1],)]),
            "with_cancelled": st.booleans(),
        }
    )


def table_of(kind: str, user, chosen: Choices) -> Table:
    return report_kinds.get(kind).table(user, chosen)


def is_chosen(fact: PlainFact, chosen: Choices, day) -> bool:
    return (
        (not chosen.start or day >= chosen.start)
        and (not chosen.end or day <= chosen.end)
        and (not chosen.departments or fact.enrolment.department in chosen.departments)
    )


def expected_facts(everything: Iterable[PlainFact], chosen: Choices) -> list[PlainFact]:
    return [
        fact
        for fact in everything
        if is_chosen(fact, chosen, fact.day.date)
        and (chosen.with_cancelled or fact.enrolment.status not in ENDED_STATUSES or fact.mark.status)
    ]


def measures_of(bookings: Iterable[PlainBooking]) -> dict[str, Any]:
    found = list(bookings)
    return {
        "booked": sum(each.is_booked and each.is_held for each in found),
        "cancelled": sum(each.is_in_time and each.is_held for each in found),
        "late_cancellations": sum(each.is_late for each in found),
        "attended": sum(each.minutes > 0 for each in found),
        "no_shows": sum(each.is_no_show for each in found),
        "due": sum(each.is_due for each in found),
        "due_attended": sum(each.is_due and each.minutes > 0 for each in found),
        "minutes": sum(each.minutes for each in found),
        "spend": sum((each.spend for each in found), Decimal(0)),
    }


def require_same(table: Table, names: list[str], key: Callable[[PlainBooking], Any], bookings) -> None:
    """The table has a row for each key that occurs, with the measures of its bookings; the total is their sum."""
    groups: dict[Any, list[PlainBooking]] = {}
    for each in bookings:
        groups.setdefault(key(each), []).append(each)
    got = {tuple(record[name] for name in names): record for record in table.frame.to_dict("records")}
    assert len(got) == len(table.frame)
    assert set(got) == set(groups)
    for place, found in groups.items():
        expected = measures_of(found)
        assert {name: got[place][name] for name in MEASURES} == expected
        due = expected["due"]
        rate = (Decimal(expected["due_attended"]) / due).quantize(Decimal("0.0001")) if due else None
        assert got[place]["rate"] == rate
    assert {name: table.total[name] for name in MEASURES} == measures_of(bookings)
    assert isinstance(table.total["spend"], Decimal)


def place_of(each: PlainBooking) -> tuple[str, str]:
    organisation = each.enrolment.organisation
    return (organisation.official_name, organisation.code) if organisation else (each.enrolment.organisation_name, "")


@GENERATED
@given(people=worlds(), drawn=choices())
def test_every_report_equals_the_fact_rows(people, drawn, organiser, world):
    with transaction.atomic():
        build(world, people)
        chosen = Choices(**drawn)
        everything = facts_of()
        listed = expected_facts(everything, chosen)
        bookings = [each for each in bookings_of(everything) if is_chosen(each.facts[0], chosen, each.first_date)]
        check_fact_rows(organiser, chosen, listed)
        check_summaries(organiser, chosen, listed)
        check_results(organiser, chosen, bookings)
        check_pivots(organiser, chosen, bookings)
        check_corrections(organiser, chosen, listed)
        check_matrix(organiser, chosen, listed)
        transaction.set_rollback(True)


def check_fact_rows(user, chosen, listed) -> None:
    """The rows are the expected participant days, each with its minutes, times and corrections."""
    names = ["participant", "date", "mark", "minutes_planned", "minutes_present", "minutes_late", "corrections"]
    columns = [facts.columns.get(name) for name in names]
    labels = {"": str(facts.NOT_TAKEN), **{each.value: str(each.label) for each in AttendanceStatus}}
    assert Counter(rows(facts.entries(user, chosen), columns)) == Counter(
        (
            fact.enrolment.name,
            fact.day.date,
            labels[fact.mark.status],
            fact.mark.minutes_planned,
            fact.minutes,
            fact.mark.minutes_late,
            len(fact.corrections),
        )
        for fact in listed
    )


def check_summaries(user, chosen, listed) -> None:
    """Per run, per municipality and per month: the same rows, counted."""
    counts = summaries.counted(facts.entries(user, chosen))
    marks = Counter(fact.mark.status or "not_taken" for fact in listed)
    for sums in (summaries.per_run(counts), summaries.per_municipality(counts)):
        total = summaries.total(sums)
        assert total["planned"] == len(listed)
        assert total["participants"] == len({fact.enrolment.pk for fact in listed})
        assert total["minutes"] == sum(fact.minutes for fact in listed)
        assert {name: total[name] for name in marks} == marks
    months = summaries.by_month(user, chosen)
    assert months.total["planned"] == len(listed)
    per_month = Counter(f"{SHORT_MONTHS[fact.day.date.month - 1]} {fact.day.date.year}" for fact in listed)
    assert dict(zip(months.frame["month"], months.frame["planned"], strict=True)) == per_month


def check_results(user, chosen, bookings) -> None:
    """A row per participant and run says what `result_of` says."""
    names = ["participant", "days_planned", "days_attended", "minutes_planned", "minutes_attended", "share"]
    columns = [enrolment_results.columns.get(name) for name in (*names, "requirement", "no_show", "spend")]
    expected = [
        each
        for each in bookings
        if chosen.with_cancelled
        or each.enrolment.status not in ENDED_STATUSES
        or each.is_late
        or each.result.days_taken
    ]
    found = list(rows(enrolment_results.entries(user, chosen), columns))
    assert Counter(found) == Counter(
        (
            each.enrolment.name,
            each.result.days_planned,
            each.result.days_attended,
            each.result.minutes_planned,
            each.result.minutes_attended,
            each.result.percent / 100,
            str(each.result.requirement.label),
            "Ja" if each.is_no_show else "",
            each.spend,
        )
        for each in expected
    )
    standing = summaries.by_requirement(user, chosen)
    assert standing.total == {"participants": len(expected)}
    assert list(standing.frame["participants"]) == [
        sum(each.result.requirement == requirement for each in expected) for requirement in Requirement
    ]


def check_pivots(user, chosen, bookings) -> None:
    """Municipalities by quarter and course, and no-shows three ways: all the same bookings, counted."""
    require_same(
        table_of("municipality_quarter", user, chosen),
        ["organisation", "municipality_code", "quarter"],
        lambda each: (*place_of(each), f"{each.first_date.year}, {(each.first_date.month - 1) // 3 + 1}. kvartal"),
        bookings,
    )
    require_same(
        table_of("municipality_course", user, chosen),
        ["organisation", "municipality_code", "course"],
        lambda each: (*place_of(each), each.enrolment.run.course.title),
        bookings,
    )

    require_same(
        table_of("department_transcript", user, chosen),
        ["organisation", "municipality_code", "department", "course"],
        lambda each: (*place_of(each), each.enrolment.department, each.enrolment.run.course.title),
        bookings,
    )

    def lead(each: PlainBooking) -> tuple[str]:
        days = (each.first_date - timezone.localdate(each.enrolment.created_at)).days
        return (next(str(text) for least, text in LEADS if days >= least),)

    danish = ["Mandag", "Tirsdag", "Onsdag", "Torsdag", "Fredag", "Lørdag", "Søndag"]
    require_same(table_of("no_shows_lead_time", user, chosen), ["lead"], lead, bookings)
    require_same(
        table_of("no_shows_weekday", user, chosen),
        ["weekday"],
        lambda each: (danish[each.first_date.weekday()],),
        bookings,
    )
    require_same(
        table_of("no_shows_place", user, chosen),
        ["place"],
        lambda each: (each.enrolment.run.venue.city,),
        bookings,
    )


def check_corrections(user, chosen, listed) -> None:
    """Each correction is in one cell, by how long after the day it was made."""
    labels = {"": str(facts.NOT_TAKEN), **{each.value: str(each.label) for each in AttendanceStatus}}
    expected: dict[tuple[str, str, str], Counter] = {}
    for fact in listed:
        for change in fact.corrections:
            place = (fact.enrolment.run.course.title, labels[change.old_status], labels[change.new_status])
            days = (timezone.localdate(change.at) - fact.day.date).days
            name = "same_day" if days <= 0 else "week" if days <= 7 else "later"
            expected.setdefault(place, Counter()).update([name, "corrections"])
    table = table_of("corrections", user, chosen)
    got = {
        (record["course"], record["before"], record["after"]): Counter(
            {name: record[name] for name in ("same_day", "week", "later", "corrections")}
        )
        for record in table.frame.to_dict("records")
    }
    assert got == expected
    assert table.total["corrections"] == sum(len(fact.corrections) for fact in listed)


def check_matrix(user, chosen, listed) -> None:
    """A row per run with how many came on each day; of one run, a row per participant with each day's mark."""
    table = table_of("day_matrix", user, chosen)
    for name in (column.name for column in table.columns if column.name.startswith("day_")):
        assert table.total[name] == sum(value or 0 for value in table.frame[name])
    assert table.total["attended"] == sum(fact.minutes > 0 for fact in listed)
    for run in {fact.enrolment.run for fact in listed}:
        mine = [fact for fact in listed if fact.enrolment.run == run]
        one = table_of("day_matrix", user, replace(chosen, runs=(run.pk,)))
        assert sorted(one.frame["participant"]) == sorted({fact.enrolment.name for fact in mine})
        assert one.total["attended"] == sum(fact.minutes > 0 for fact in mine)
        days = sorted({fact.day.date for fact in mine})
        by_day = {f"day_{n}": sum(f.minutes > 0 for f in mine if f.day.date == day) for n, day in enumerate(days, 1)}
        assert {name: int(value) for name, value in one.total.items() if name != "attended"} == by_day
        marks = Counter(str(AttendanceStatus(fact.mark.status).label) for fact in mine if fact.mark.status)
        assert Counter(cell for name in by_day for cell in one.frame[name] if cell) == marks


@pytest.mark.parametrize("name", [kind.name for kind in report_kinds if kind.table])
def test_an_empty_report_is_a_report(name, organiser):
    """Nothing is there yet: columns, no rows, and a total of nothing."""
    table = table_of(name, organiser, Choices())
    assert table.records() == []
    assert len(table.total_record("I alt")) == len(table.columns)
    assert not any(table.total.values())
