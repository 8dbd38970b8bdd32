"""Each row of imported marks held against the run: who it is, which day, which mark, and what is wrong with it.

Constant in queries, however many rows.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from courses.models import CourseDay, CourseRun
from enrolments.check_in_codes import is_code_of, read_code
from enrolments.enums import ATTENDED_STATUSES, IN_LINE_STATUSES, ON_THE_ROLL, AttendanceStatus
from enrolments.importing.mark_rows import MarkRow
from enrolments.importing.marks import MarkUnclear, mark_code, parse_day, parse_mark, parsed
from enrolments.models import Attendance, Enrolment
from enrolments.operations.attendance import MAX_MINUTES, Mark, Refusal
from enrolments.permissions import may_mark
from enrolments.reports.roll_call import mark_label
from enrolments.reports.sheet import sheet_numbers
from website.accounts.typing import AnyUser
from website.core.danish import listed, written

WHO = ("code", "number", "email", "name")
MINUTES = re.compile(r"(\d{1,4})(?:[.,]0+)?\s*(?:min\.?|minutter|minutes)?", re.IGNORECASE)


class Wrong(Exception):
    """What is wrong with a cell, for people. `field` names it."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.field = name


@dataclass(slots=True)
class CheckedRow:
    """A row with what it comes to. `standing` is the code of the mark that stands there now ("" when none does)."""

    row: MarkRow
    enrolment: Enrolment | None = None
    day: CourseDay | None = None
    mark: Mark | None = None
    standing: str = ""
    problems: dict[str, str] = field(default_factory=dict)

    @property
    def is_good(self) -> bool:
        return not self.problems

    @property
    def code(self) -> str:
        return mark_code(self.mark) if self.mark else ""

    @property
    def words(self) -> str:
        return label_of(self.mark) if self.mark else ""

    @property
    def standing_words(self) -> str:
        return label_of(parsed(self.standing, self.day)) if self.standing and self.day else ""

    @property
    def is_new(self) -> bool:
        return self.is_good and not self.standing

    @property
    def stands_already(self) -> bool:
        return self.is_good and bool(self.standing) and self.standing == self.code

    @property
    def replaces(self) -> bool:
        return self.is_good and bool(self.standing) and self.standing != self.code


class Checker:
    """Knows a run's people, days and marks. Five queries, and one for addresses that are not on the run."""

    def __init__(self, run: CourseRun, user: AnyUser) -> None:
        self.run = run
        self.days = run.ordered_days()
        run.course.attendance_rule = run.attendance_rule  # read once for all the days
        for day in self.days:
            day.run = run
        self.verdicts = {day.pk: may_mark(user, day) for day in self.days}
        self.excuses = {day.pk: may_mark(user, day, status=AttendanceStatus.EXCUSED) for day in self.days}
        people = list(Enrolment.objects.filter(run=run).select_related("organisation").order_by("pk"))
        self.by_pk = {person.pk: person for person in people}
        self.by_number = {number: self.by_pk[pk] for pk, number in sheet_numbers(run).items() if pk in self.by_pk}
        self.by_email: dict[str, list[Enrolment]] = {}
        self.by_name: dict[str, list[Enrolment]] = {}
        for person in people:
            if person.email:
                self.by_email.setdefault(person.email, []).append(person)
            if person.name:
                self.by_name.setdefault(plain(person.name), []).append(person)
        marks = Attendance.objects.taken().filter(day__in=[day.pk for day in self.days]).order_by()
        self.standing = {(mark.enrolment_id, mark.day_id): mark_code(Mark.of(mark)) for mark in marks}

    def check(self, rows: Sequence[MarkRow]) -> list[CheckedRow]:
        """Return every row with the person, day and mark it names, or what is wrong with it."""
        self.elsewhere = self._elsewhere(rows)
        checked = [self._check(row) for row in rows]
        self._find_repeated(checked)
        return checked

    def _elsewhere(self, rows: Sequence[MarkRow]) -> dict[str, str]:
        """Return which other run an address is on, for those that are not on this one."""
        unknown = {row.values.get("email", "").casefold() for row in rows} - self.by_email.keys() - {""}
        if not unknown:
            return {}
        found = Enrolment.objects.filter(email__in=unknown, status__in=ON_THE_ROLL).select_related("run__course")
        return {person.email: str(person.run) for person in found}

    def _check(self, row: MarkRow) -> CheckedRow:
        checked = CheckedRow(row, problems=dict(row.problems))
        if row.problems:
            return checked
        for step in (self._run, self._person, self._day, self._mark):
            try:
                step(checked)
            except Wrong as wrong:
                checked.problems.setdefault(wrong.field, str(wrong))
        if checked.enrolment and checked.day:
            checked.standing = self.standing.get((checked.enrolment.pk, checked.day.pk), "")
        return checked

    def _run(self, checked: CheckedRow) -> None:
        written = checked.row.values.get("run", "")
        if written and written != str(self.run.pk):
            raise Wrong("run", _("This row is of run no. %(number)s, not of this one.") % {"number": written[:20]})

    # --- who ------------------------------------------------------------------------------------

    def _person(self, checked: CheckedRow) -> None:
        values = checked.row.values
        used = next((name for name in WHO if values.get(name)), None)
        if used is None:
            raise Wrong("name", _("Write who it is: name, e-mail, code or number."))
        person = getattr(self, f"_by_{used}")(values)
        if person.status in IN_LINE_STATUSES:
            raise Wrong(used, str(Refusal.IN_LINE.label))
        if person.status not in ON_THE_ROLL:
            raise Wrong(used, str(Refusal(person.status).label))
        checked.enrolment = person

    def _by_code(self, values: dict[str, str]) -> Enrolment:
        read = read_code(values["code"])
        person = self.by_pk.get(read[0]) if read else None
        if person is None or not is_code_of(values["code"], person):
            raise Wrong("code", _("Nobody on the run has the code “%(code)s”.") % {"code": values["code"][:20]})
        return person

    def _by_number(self, values: dict[str, str]) -> Enrolment:
        written = values["number"]
        is_number = written.isascii() and written.isdigit() and len(written) < 10
        person = self.by_number.get(int(written)) if is_number else None
        if person is None:
            raise Wrong("number", _("Nobody on the run has number %(number)s.") % {"number": written[:20]})
        email, name = values.get("email", "").casefold(), values.get("name", "")
        if email and email == person.email:
            return person
        if (email or name) and (not name or plain(name) != plain(person.name)):
            raise Wrong(
                "number",
                _("Number %(number)s on this run is %(name)s, not whoever the row names.")
                % {"number": written, "name": person},
            )
        return person

    def _by_email(self, values: dict[str, str]) -> Enrolment:
        email = values["email"].casefold()
        if found := self.by_email.get(email):
            return self._one(found)
        if other := self.elsewhere.get(email):
            raise Wrong("email", _("%(email)s is on another run: %(run)s.") % {"email": email, "run": other})
        if values.get("name") and plain(values["name"]) in self.by_name:
            raise Wrong(
                "email",
                _("Nobody on the run has this address. %(name)s is on it: take the address away to mean them.")
                % {"name": values["name"]},
            )
        raise Wrong("email", _("Nobody on the run has the address %(email)s.") % {"email": email[:80]})

    def _by_name(self, values: dict[str, str]) -> Enrolment:
        found = self.by_name.get(plain(values["name"]), [])
        if not found:
            raise Wrong("name", _("Nobody on the run is called “%(name)s”.") % {"name": values["name"][:80]})
        active = [person for person in found if person.status in ON_THE_ROLL]
        if len(active) > 1:
            raise Wrong(
                "name",
                _("%(count)s on the run are called %(name)s. Write the e-mail address or the number.")
                % {"count": len(active), "name": found[0].name},
            )
        return self._one(found)

    @staticmethod
    def _one(found: Sequence[Enrolment]) -> Enrolment:
        """Return the one who comes, else the last who no longer does."""
        return next((person for person in found if person.status in ON_THE_ROLL), found[-1])

    # --- when and what --------------------------------------------------------------------------

    def _day(self, checked: CheckedRow) -> None:
        wanted = checked.row.values.get("date", "")
        if not wanted:
            if len(self.days) != 1:
                raise Wrong("date", _("Write the day: the run has %(count)s days.") % {"count": len(self.days)})
            day: CourseDay | date | None = self.days[0]
        else:
            day = parse_day(wanted, self.days)
        if day is None:
            raise Wrong("date", _("“%(date)s” is no date. Write it like 9.12.2026.") % {"date": wanted[:40]})
        if not isinstance(day, CourseDay):
            days = listed(written(each.date, "j. b Y") for each in self.days[:12])
            raise Wrong(
                "date",
                _("The run has no day on %(date)s. Its days: %(days)s.")
                % {"date": date_format(day), "days": days or "–"},
            )
        verdict = self.verdicts[day.pk]
        if not verdict and not self._may_excuse(checked, day):
            raise Wrong("date", verdict.reason)
        checked.day = day

    def _may_excuse(self, checked: CheckedRow, day: CourseDay) -> bool:
        """Whether the row says that somebody is excused, and that may be marked on the day (it is to come)."""
        try:
            mark = parse_mark(checked.row.values.get("mark", ""), day)
        except MarkUnclear:
            return True  # said at the mark
        return bool(mark and mark.status == AttendanceStatus.EXCUSED and self.excuses[day.pk])

    def _mark(self, checked: CheckedRow) -> None:
        values, day = checked.row.values, checked.day or (self.days[0] if self.days else None)
        if day is None:
            return
        try:
            mark = parse_mark(values.get("mark", ""), day)
        except MarkUnclear as problem:
            raise Wrong("mark", str(problem)) from problem
        if mark is None or not mark.status:
            raise Wrong("mark", _("Write a mark: t, f, u or m. An import takes no mark back."))
        late, early = _minutes(values, "late"), _minutes(values, "early")
        if late and mark.status != AttendanceStatus.LATE:
            raise Wrong("late", _("Minutes late belong to late."))
        if early and mark.status not in ATTENDED_STATUSES:
            raise Wrong("early", _("Minutes early belong to somebody who was there."))
        reason = values.get("reason", "")
        if reason and mark.status != AttendanceStatus.EXCUSED:
            raise Wrong("reason", _("A reason belongs to excused."))
        if len(reason) > 200:
            raise Wrong("reason", _("A reason has at most 200 characters."))
        late, early = late or mark.minutes_late, early or mark.minutes_early
        if (late or 0) + (early or 0) >= day.planned_minutes:
            raise Wrong(
                "late",
                _("This is longer than the day, which lasts %(minutes)s minutes.") % {"minutes": day.planned_minutes},
            )
        checked.mark = Mark(mark.status, late, early, reason or mark.reason)

    def _find_repeated(self, checked: Sequence[CheckedRow]) -> None:
        """Say of whoever stands twice on a day in which row they stand first."""
        first: dict[tuple[int, int], CheckedRow] = {}
        for each in checked:
            if each.enrolment is None or each.day is None:
                continue
            place = (each.enrolment.pk, each.day.pk)
            if (before := first.setdefault(place, each)) is not each:
                each.problems["name"] = _("%(name)s stands in row %(number)s already, with the same day.") % {
                    "name": each.enrolment,
                    "number": before.row.number,
                }


def label_of(mark: Mark) -> str:
    """Return a mark as the roll call says it: "Forsinket 15 min."."""
    return mark_label(mark.status, mark.minutes_late, mark.minutes_early)


def plain(name: str) -> str:
    """Return a name as it is compared: without capitals, more than one space, or what keeps it from being a formula."""
    return " ".join(name.casefold().lstrip("'").split())


def _minutes(values: dict[str, str], name: str) -> int | None:
    written = values.get(name, "")
    if not written:
        return None
    match = MINUTES.fullmatch(written)
    if match is None or int(match[1]) > MAX_MINUTES:
        raise Wrong(
            name,
            _("Write the minutes as a whole number from 1 to %(most)s. You wrote “%(written)s”.")
            % {"most": MAX_MINUTES, "written": written[:40]},
        )
    return int(match[1]) or None
