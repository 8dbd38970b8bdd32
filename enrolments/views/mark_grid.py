"""The sheet that is signed on paper, and the grid in which its marks are typed in afterwards. Works without JavaScript.

The grid saves what is right and keeps what is wrong in its cell, with why. A mark that somebody took since the page
was opened is shown, and only replaced when the grid is saved once more. Reasons of others show only to who may see
them, as in the roll call.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from courses.enums import RunStatus
from courses.models import CourseDay
from courses.permissions import Verdict
from enrolments import documents
from enrolments.enums import AttendanceStatus, MarkSource
from enrolments.importing.marks import MarkUnclear, mark_code, parse_mark, parsed
from enrolments.models import Attendance
from enrolments.operations.attendance import NOT_TAKEN, DayRemoved, Mark
from enrolments.operations.typing_marks import Typed, TypedMark, type_in
from enrolments.permissions import may_mark, may_see_enrolments
from enrolments.reports.sheet import SheetRow, sheet_rows
from enrolments.views.roll_call import DayView
from enrolments.views.roll_call.state import Words
from website.core.danish import clock
from website.core.pdf import pdf_response

ALL = "alle"
CELL = re.compile(r"m-(\d{1,15})-(\d{1,15})")


class SignInSheetView(DayView):
    """The sheet to sign on a day; with `?dage=alle`, of all days of the run beside each other."""

    def get(self, request: HttpRequest, run_pk: int, date: date) -> HttpResponse:
        rows, days = sheet_rows(self.run), self.run.ordered_days()
        name = f"{slugify(_('Sign-in sheet'))}-{slugify(str(self.run))[:60]}"
        if request.GET.get("dage") == ALL and len(days) > 1:
            return pdf_response(documents.sign_in_matrix(self.run, days, rows), f"{name}.pdf")
        return pdf_response(documents.sign_in_sheet(self.run, self.day, rows), f"{name}-{self.day.date}.pdf")


@dataclass(slots=True)
class Cell:
    """One participant's day in the grid: what stands in the field, and what is wrong with it."""

    name: str
    label: str
    value: str = ""
    error: str = ""
    is_locked: bool = False


@dataclass(slots=True)
class GridRow:
    row: SheetRow
    cells: list[Cell] = field(default_factory=list)


@dataclass(slots=True)
class GridDay:
    """A day of the grid, and whether its marks may be changed now."""

    day: CourseDay
    verdict: Verdict
    #: Before the day whoever calls off may be excused; when it is over for good, marks are only read.
    is_locked: bool

    @property
    def times(self) -> str:
        return f"{clock(self.day.start_time)}–{clock(self.day.end_time)}"


class MarkGridView(DayView):
    """Type in marks: one text field per participant, for the day or (`?dage=alle`) for all days of the run."""

    def get(self, request: HttpRequest, run_pk: int, date: date) -> HttpResponse:
        return self.page(request, self.standing())

    def post(self, request: HttpRequest, run_pk: int, date: date) -> HttpResponse:
        typed, errors = self.read(request)
        outcome = Typed()
        for day_pk, marks in typed.items():
            try:
                result = type_in(day=self.grid_days[day_pk].day, marks=marks, by=request.user, source=MarkSource.PAPER)
            except DayRemoved:
                errors |= {(mark.enrolment, day_pk): _("The day has been removed or moved.") for mark in marks}
                continue
            outcome.changes += result.changes
            errors |= {(pk, day_pk): conflict_text(mark, self.code(mark)) for pk, mark in result.conflicts.items()}
            errors |= {(pk, day_pk): text for pk, text in result.refused.items()}
        saved = len(outcome.changes)
        said = ngettext("%(count)s mark is saved.", "%(count)s marks are saved.", saved) % {"count": saved}
        if errors:
            return self.page(request, self.standing(), errors=errors, saved=said if saved else "", status=422)
        messages.success(request, said if saved else _("Nothing was changed."))
        return redirect(request.get_full_path())

    # --- what is read and shown -----------------------------------------------------------------

    @property
    def shows_all(self) -> bool:
        return self.request.GET.get("dage") == ALL

    @property
    def grid_days(self) -> dict[int, GridDay]:
        """The days of the grid, in order."""
        if not hasattr(self, "_grid_days"):
            days = self.run.ordered_days() if self.shows_all else [self.day]
            # Read once for all the days: the rule of a course without one of its own is asked for anew each time.
            self.run.course.attendance_rule = self.run.attendance_rule
            for day in days:
                day.run = self.run
            self._grid_days = {day.pk: self.grid_day(day) for day in days}
        return self._grid_days

    def grid_day(self, day: CourseDay) -> GridDay:
        user, presents = self.request.user, self.day.is_mine
        verdict = may_mark(user, day, presents=presents)
        excuses = verdict or may_mark(user, day, presents=presents, status=AttendanceStatus.EXCUSED)
        return GridDay(day, verdict, is_locked=not excuses)

    def standing(self) -> dict[tuple[int, int], Attendance]:
        """Return the marks as they stand now, by participant and day."""
        marks: QuerySet[Attendance] = Attendance.objects.filter(day__in=list(self.grid_days)).order_by()
        return {(mark.enrolment_id, mark.day_id): mark for mark in marks}

    def code(self, mark: Attendance | None) -> str:
        """Return the mark as the grid writes it, without a reason that is not this reader's to see."""
        stands = Mark.of(mark)
        if mark is not None and stands.reason:
            if not hasattr(self, "_words"):
                self._words = {pk: Words(each.day, self.request.user) for pk, each in self.grid_days.items()}
            stands = replace(stands, reason=self._words[mark.day_id].shown(mark.enrolment_id, stands.reason) or "")
        return mark_code(stands)

    def read(self, request: HttpRequest) -> tuple[dict[int, list[TypedMark]], dict[tuple[int, int], str]]:
        """Return what was changed in the form, by day, and what cannot be read, by cell."""
        seen = seen_codes(request.POST.get("seen", ""))
        sees_all = bool(may_see_enrolments(request.user))
        typed: dict[int, list[TypedMark]] = {}
        errors: dict[tuple[int, int], str] = {}
        for name, value in request.POST.items():
            match = CELL.fullmatch(name)
            if match is None or int(match[2]) not in self.grid_days:
                continue
            pk, day = int(match[1]), self.grid_days[int(match[2])].day
            before, value = seen.get(name, ""), " ".join(value.split())
            if value == before:
                continue
            if not value:
                errors[pk, day.pk] = _("Write - to take the mark back. Nothing was changed here.")
                continue
            try:
                wanted = parse_mark(value, day) or NOT_TAKEN
            except MarkUnclear as problem:
                errors[pk, day.pk] = str(problem)
                continue
            stood = parsed(before, day)
            hides = stood.status == AttendanceStatus.EXCUSED and not stood.reason and not sees_all
            typed.setdefault(day.pk, []).append(TypedMark(pk, wanted, stood, hides_reason=hides))
        return typed, errors

    def page(
        self,
        request: HttpRequest,
        standing: dict[tuple[int, int], Attendance],
        *,
        errors: dict[tuple[int, int], str] | None = None,
        saved: str = "",
        status: int = 200,
    ) -> HttpResponse:
        errors = errors or {}
        days = list(self.grid_days.values())
        rows = [self.row(row, days, standing, errors) for row in self.rows_with(errors)]
        codes = {f"m-{pk}-{day_pk}": code for (pk, day_pk), mark in standing.items() if (code := self.code(mark))}
        wrong = [(row, cell) for row in rows for cell in row.cells if cell.error]
        closed = [day for day in days if not day.verdict]
        context = {
            **self.common_context(),
            "grid_days": days,
            "rows": rows,
            "seen": json.dumps(codes, ensure_ascii=False),
            "wrong": wrong,
            "wrong_title": ngettext("%(count)s cell is not saved", "%(count)s cells are not saved", len(wrong))
            % {"count": len(wrong)},
            "saved": saved,
            "shows_all": self.shows_all,
            "closed": closed,
            "is_closed": all(day.is_locked for day in days),
            "is_cancelled": self.run.status == RunStatus.CANCELLED,
        }
        return render(request, "enrolments/mark_grid.html", context, status=status)

    def rows_with(self, errors: Iterable[tuple[int, int]]) -> list[SheetRow]:
        """Return the rows of the sheet, and one for whoever was typed in and is not on it any more."""
        rows = sheet_rows(self.run)
        gone = {pk for pk, _day in errors} - {row.pk for row in rows}
        known = (
            {e.pk: e for e in self.run.enrolments.filter(pk__in=gone).select_related("organisation")} if gone else {}
        )
        for pk in sorted(gone):
            person = known.get(pk)
            name = str(person) if person else _("Unknown participant")
            rows.append(SheetRow(pk, 0, name, "", person.organisation_label if person else "", False))
        return rows

    def row(
        self,
        row: SheetRow,
        days: list[GridDay],
        standing: dict[tuple[int, int], Attendance],
        errors: dict[tuple[int, int], str],
    ) -> GridRow:
        cells = []
        for day in days:
            place = (row.pk, day.day.pk)
            name = f"m-{row.pk}-{day.day.pk}"
            mark = standing.get(place)
            value = self.code(mark)
            if place in errors:
                value = self.request.POST.get(name, "")[:300]
            label = f"{row.name}, {date_format(day.day.date, 'MONTH_DAY_FORMAT')}" if self.shows_all else row.name
            locked = day.is_locked and place not in errors
            cells.append(Cell(name, label, value, errors.get(place, ""), locked))
        return GridRow(row, cells)


def conflict_text(mark: Attendance | None, code: str) -> str:
    """Say which mark somebody took since the page was opened; `code` is how the reader may see it."""
    if mark is None or not mark.status:
        return _("Somebody has taken this mark back since. Save again to set yours.")
    return _("%(who)s marked “%(mark)s” at %(when)s. Save again to replace it with yours.") % {
        "who": mark.marked_by or _("Somebody"),
        "mark": code,
        "when": date_format(timezone.localtime(mark.marked_at), "TIME_FORMAT"),
    }


def seen_codes(text: str) -> dict[str, str]:
    """Return the codes the page showed, by cell; nothing of what makes no sense."""
    try:
        seen = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(seen, dict):
        return {}
    return {name: code for name, code in seen.items() if isinstance(code, str)}
