"""What a page of the roll call knows of a day, as JSON: kept on the device, so that it works with the network gone."""

from collections.abc import Collection
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import cached_property

from courses.models import CourseDay, CourseRun
from enrolments.check_in_codes import check_in_code
from enrolments.enums import Requirement
from enrolments.models import AttendanceChange, Enrolment
from enrolments.operations.attendance.windows import window
from enrolments.permissions import may_see_enrolments
from enrolments.reports.attendance_state import results_of_run
from enrolments.reports.roll_call import Roll, RollRow, roll_of
from enrolments.views.roll_call.base import roll_call_url, user_key
from website.accounts.typing import AnyUser

#: Marks received this long before the page was last told are told again: clocks and commits cross.
OVERLAP = timedelta(seconds=60)
#: How somebody stands to the requirement is said of those who have lost minutes, and can lose or have lost it.
SHOWN_REQUIREMENTS = (Requirement.AT_RISK, Requirement.OUT_OF_REACH)


class Words:
    """Which reasons and notes somebody sees: organisers all of them, others what they wrote themselves.

    Asks PostgreSQL only when there is something to show.
    """

    def __init__(self, day: CourseDay, user: AnyUser) -> None:
        self.day, self.user = day, user

    @cached_property
    def sees_all(self) -> bool:
        return bool(may_see_enrolments(self.user))

    @cached_property
    def own(self) -> set[tuple[int, str]]:
        """The words the reader has written, by participant."""
        written = AttendanceChange.objects.filter(attendance__day=self.day, by=self.user).order_by()
        rows = written.values_list(
            "attendance__enrolment_id", "old_reason", "new_reason", "old_note", "new_note"
        ).exclude(new_reason="", new_note="")
        found = set()
        for pk, old_reason, reason, old_note, note in rows:
            found |= {(pk, new) for old, new in ((old_reason, reason), (old_note, note)) if new and new != old}
        return found

    def shown(self, enrolment_pk: int, word: str) -> str | None:
        """Return the words, or None when there are some that are not this reader's to see."""
        return word if not word or self.sees_all or (enrolment_pk, word) in self.own else None


def requirements(run: CourseRun, days: Collection[CourseDay]) -> dict[int, str]:
    """Return what to say of each participant's requirement, on runs of several days; five queries at most."""
    if len(days) < 2:
        return {}
    return {
        pk: str(result.requirement.label)
        for pk, result in results_of_run(run).items()
        if result.requirement in SHOWN_REQUIREMENTS
        and result.minutes_attended < result.minutes_planned - result.minutes_open
    }


def person(row: RollRow, words: Words, standing: dict[int, str] | None = None) -> dict[str, Any]:
    """Return one participant (JSON types). `standing`: what `requirements` says; left out, nothing is said of it."""
    found = {
        "id": row.pk,
        "name": row.name,
        "byline": row.byline,
        "code": check_in_code(Enrolment(pk=row.pk, link_version=row.link_version)),
        "is_walk_in": row.is_walk_in,
        "status": row.status,
        "minutes_late": row.minutes_late,
        "minutes_early": row.minutes_early,
        "reason": words.shown(row.pk, row.reason),
        "note": words.shown(row.pk, row.note),
        "text": row.mark_text if row.status else "",
        "has_history": row.marked_at is not None,
    }
    return found if standing is None else found | {"requirement": standing.get(row.pk, "")}


def digest(roll: Roll) -> str:
    """Return a short name of who is on the list and what they are called: another when that changes."""
    listed = "\n".join(f"{row.pk}:{row.link_version}:{row.standing}:{row.name}:{row.byline}" for row in roll.rows)
    return sha256(listed.encode()).hexdigest()[:16]


def whole(day: CourseDay, user: AnyUser, roll: Roll, standing: dict[int, str], words: Words) -> dict[str, Any]:
    """Return all that a page starts with."""
    now = timezone.now()
    closes = window(user, day.run, day.date).closes
    return {
        "user": user_key(user),
        "path": roll_call_url(day),
        "day": day.pk,
        "date": day.date.isoformat(),
        "title": str(day.run),
        "starts_at": day.starts_at.isoformat(),
        "ends_at": day.ends_at.isoformat(),
        "opens_at": timezone.localtime(day.starts_at).replace(hour=0, minute=0, second=0, microsecond=0).isoformat(),
        "closes_at": closes.isoformat() if closes else None,
        "grace": settings.CHECK_IN_GRACE_MINUTES,
        "is_whole": True,
        **_told(now, roll, [person(row, words, standing) for row in roll.rows]),
    }


def news(day: CourseDay, user: AnyUser, *, since: datetime | None, listed: str) -> dict[str, Any]:
    """Return what a page that was told `since`, and knows the list `listed`, does not know yet."""
    now = timezone.now()
    roll, words = roll_of(day), Words(day, user)
    if since is None or listed != digest(roll):
        standing = requirements(day.run, day.run.ordered_days())
        return {"is_whole": True, **_told(now, roll, [person(row, words, standing) for row in roll.rows])}
    fresh = set(_marked_since(day, since))
    return {"is_whole": False, **_told(now, roll, [person(row, words) for row in roll.rows if row.pk in fresh])}


def after(day: CourseDay, user: AnyUser, *, since: datetime | None, marked: Collection[int]) -> dict[str, Any]:
    """Return what a page that has just sent marks of these does not know yet; the list is not looked at."""
    now = timezone.now()
    of: QuerySet | Collection[int] = marked
    if since is not None:
        of = Enrolment.objects.filter(pk__in=marked).values("pk").union(_marked_since(day, since), all=True)
    words = Words(day, user)
    roll = roll_of(day, of=of)
    return {
        "now": now.isoformat(),
        "since": now.isoformat(),
        "is_whole": False,
        "people": [person(row, words) for row in roll.rows],
    }


def _marked_since(day: CourseDay, since: datetime) -> QuerySet:
    """Return the numbers of those about whom something was received since: whenever it was tapped."""
    return (
        AttendanceChange.objects.filter(attendance__day=day, received_at__gte=since - OVERLAP)
        .order_by()
        .values_list("attendance__enrolment_id", flat=True)
    )


def _told(now: datetime, roll: Roll, people: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "now": now.isoformat(),
        "since": now.isoformat(),
        "list": digest(roll),
        "counts": roll.counts,
        "people": people,
    }
