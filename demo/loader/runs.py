"""Runs and their days, from `fixtures/demo/runs.toml`."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.utils import timezone

from courses.models import CourseDay, CoursePage, CourseRun
from demo.dates import deadline_day, run_days
from demo.loader.catalogue import find_presenters, find_terms, find_venue
from demo.loader.files import read
from demo.loader.ledger import Ledger
from demo.loader.users import ORGANISER
from website.accounts.models import User

DEADLINE = time(12, 0)
OPENS = time(8, 0)


def entries() -> list[dict[str, Any]]:
    """Return what is written of each run, completed by the defaults."""
    content = read("runs")
    return [content["defaults"] | entry for entry in content["run"]]


def load(ledger: Ledger) -> None:
    """Add the runs that are new, with their days. `ledger.runs` hands those on, with what is written of them."""
    used: set[date] = set()
    for entry in entries():
        key = f"run:{entry['key']}"
        if not ledger.is_new(key):
            continue
        course = CoursePage.objects.filter(slug=entry["course"]).first()
        if course is not None:
            ledger.runs.append((_add(entry, course, _dates(entry, ledger, used), ledger.today), entry))


def _dates(entry: dict[str, Any], ledger: Ledger, used: set[date]) -> list[date]:
    if "date" in entry:
        return [entry["date"]]
    return run_days(
        today=ledger.today,
        start=entry["start"],
        count=entry["days"],
        gap=entry["gap"],
        used=used,
        today_is_day=entry.get("today_is_day"),
    )


def _add(entry: dict[str, Any], course: CoursePage, dates: list[date], today: date) -> CourseRun:
    def before(name: str) -> date | None:
        return deadline_day(dates[0], days_before=entry[name], today=today) if name in entry else None

    decision, opens, deadline = before("decision"), before("opens"), before("deadline")
    run = CourseRun.objects.create(
        course=course,
        label=entry["label"],
        status=entry["status"],
        venue=find_venue(entry.get("venue")),
        online_link=entry.get("online_link", ""),
        capacity=entry.get("capacity"),
        minimum=entry.get("minimum"),
        decision_date=decision,
        registration_opens_at=local(opens, OPENS) if opens else None,
        registration_deadline=local(deadline, DEADLINE) if deadline else None,
        price=Decimal(entry["price"]) if "price" in entry else None,
        terms=find_terms(entry["terms"]),
        asks_dietary=entry.get("asks_dietary", False),
        practical=entry.get("practical", ""),
        notes=entry.get("notes", ""),
        responsible=User.objects.filter(email=ORGANISER).first(),
        fixed_costs=Decimal(entry["fixed_costs"]) if "fixed_costs" in entry else None,
        cost_per_participant=Decimal(entry["cost_per_participant"]) if "cost_per_participant" in entry else None,
    )
    starts, ends = (time.fromisoformat(clock) for clock in entry["time"])
    hosts, presenters = find_presenters(entry.get("hosts", [])), find_presenters(entry.get("presenters", []))
    for number, day_date in enumerate(dates, start=1):
        day = CourseDay(run=run, date=day_date, start_time=starts, end_time=ends, programme=entry["programme"].strip())
        if len(dates) > 1:
            day.title = f"Dag {number}"
        day.hosts, day.presenters = hosts, presenters
        day.save()
    return run


def local(day: date, clock: time) -> datetime:
    """Return the instant of a clock time in Denmark."""
    return timezone.make_aware(datetime.combine(day, clock))
