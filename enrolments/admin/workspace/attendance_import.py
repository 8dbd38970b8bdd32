"""Import of a run's marks from a file: look at what it says, mend what is wrong at its row, and then take all of it.

Nothing is kept between the steps: the page carries the rows it read, and they are checked anew before they count.
"""

import json
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.generic import TemplateView, View
from wagtail.admin import messages

from courses.models import CourseDay
from enrolments.admin.workspace.tabs import RunMixin
from enrolments.importing import ListRefused
from enrolments.importing.mark_checking import CheckedRow, Checker
from enrolments.importing.mark_rows import FIELDS, MarkRow, read_marks, row_of
from enrolments.importing.marks import parsed
from enrolments.importing.reading import too_large
from enrolments.operations.attendance import NOT_TAKEN, DayRemoved
from enrolments.operations.importing_marks import ImportStopped, import_marks
from enrolments.operations.typing_marks import TypedMark
from enrolments.permissions import may_take_all_roll_calls
from enrolments.reports.sheet import sheet_rows
from website.core.exports import Column, Kind, csv_records, open_workbook, write_sheet

LIMIT = 5000
#: So many wrong rows are mended on the page, and so many right ones are shown; the rest is counted.
MENDED, SHOWN = 100, 100
LABELS = {
    "number": gettext_lazy("No."),
    "code": gettext_lazy("Code"),
    "name": gettext_lazy("Name"),
    "email": gettext_lazy("E-mail"),
    "run": gettext_lazy("Run no."),
    "date": gettext_lazy("Date"),
    "mark": pgettext_lazy("attendance", "Mark"),
    "late": gettext_lazy("Minutes late"),
    "early": gettext_lazy("Minutes early"),
    "reason": gettext_lazy("Reason"),
}
ALWAYS = ("name", "email", "date", "mark")


class ImportView(RunMixin, TemplateView):
    """Upload or paste, look, mend, import."""

    tab = "attendance"
    may = staticmethod(may_take_all_roll_calls)
    template_name = "enrolments/admin/workspace/attendance_import.html"
    page_title = gettext_lazy("Import marks")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "read" in request.POST:
            return self.read(request)
        try:
            rows, seen = self.carried(request)
        except (ValueError, RecursionError):
            return self.first_page(_("The page was damaged on its way. Choose the file once more."))
        checked = self.checker.check(rows)
        if not {"import_all", "import_good"} & request.POST.keys():
            return self.preview(checked)
        wrong = [row for row in checked if not row.is_good]
        if wrong and "import_good" not in request.POST:
            return self.preview(checked)
        return self.take(request, checked, seen)

    # --- reading --------------------------------------------------------------------------------

    def read(self, request: HttpRequest) -> HttpResponse:
        file, text = request.FILES.get("file"), request.POST.get("list", "")
        try:
            if file is not None and (file.size or 0) > settings.LIST_MAX_BYTES:
                raise ListRefused(too_large(settings.LIST_MAX_BYTES))
            found = read_marks(
                text=text,
                content=file.read() if file else None,
                limit=LIMIT,
                max_bytes=settings.LIST_MAX_BYTES,
            )
        except ListRefused as refusal:
            return self.first_page(str(refusal), text=text[:200_000])
        return self.preview(self.checker.check(found.rows), notes=found.notes)

    def carried(self, request: HttpRequest) -> tuple[list[MarkRow], dict[str, str]]:
        """Return the rows that the page carried, as mended on it, and the marks that it showed. Raises ValueError."""
        data = json.loads(request.POST.get("rows", ""))
        seen = json.loads(request.POST.get("seen", "{}"))
        if not isinstance(data, list) or not isinstance(seen, dict) or len(data) > LIMIT:
            raise ValueError("no rows")
        rows = []
        for place, one in enumerate(data):
            row = MarkRow.from_json(one)
            mended = {
                name: request.POST[f"r-{place}-{name}"].strip()[:300]
                for name in FIELDS
                if f"r-{place}-{name}" in request.POST
            }
            if mended:
                row = row_of(row.number, row.values | mended)
            if request.POST.get(f"r-{place}-out") != "on":
                rows.append(row)
        return rows, seen

    @cached_property
    def checker(self) -> Checker:
        return Checker(self.run, self.request.user)

    # --- importing ------------------------------------------------------------------------------

    def take(self, request: HttpRequest, checked: list[CheckedRow], seen: dict[str, str]) -> HttpResponse:
        replaces = request.POST.get("replace") == "on"
        marks: dict[CourseDay, list[TypedMark]] = {}
        kept = 0
        for row in checked:
            if not row.is_good or row.enrolment is None or row.day is None or row.mark is None:
                continue
            if row.replaces and not replaces:
                kept += 1
                continue
            # What the page showed to stand there, not what stands now: that is for the operation to compare.
            before = seen.get(f"{row.enrolment.pk}-{row.day.pk}", "")
            standing = parsed(before, row.day) if isinstance(before, str) else NOT_TAKEN
            marks.setdefault(row.day, []).append(TypedMark(row.enrolment.pk, row.mark, standing))
        try:
            changes = import_marks(marks=marks, by=request.user)
        except ImportStopped as stopped:
            return self.stopped(checked, stopped)
        except DayRemoved:
            return self.first_page(_("A day has been removed or moved meanwhile. Nothing was imported."))
        said = [
            ngettext("%(count)s mark is imported.", "%(count)s marks are imported.", len(changes))
            % {"count": len(changes)}
        ]
        if kept:
            said.append(
                ngettext("%(count)s that stood already is kept.", "%(count)s that stood already are kept.", kept)
                % {"count": kept}
            )
        if wrong := sum(not row.is_good for row in checked):
            said.append(
                ngettext("%(count)s row was left out.", "%(count)s rows were left out.", wrong) % {"count": wrong}
            )
        messages.success(request, " ".join(said))
        return redirect(reverse("participants:attendance", args=[self.run.pk]))

    def stopped(self, checked: list[CheckedRow], stopped: ImportStopped) -> HttpResponse:
        for row in checked:
            place = (row.enrolment.pk, row.day.pk) if row.enrolment and row.day else (0, 0)
            if place in stopped.refused:
                row.problems["mark"] = stopped.refused[place]
        return self.preview(
            checked, stopped=_("Somebody has marked participants meanwhile, so nothing was imported. Look once more.")
        )

    # --- pages ----------------------------------------------------------------------------------

    def first_page(self, problem: str = "", *, text: str = "") -> HttpResponse:
        context = self.get_context_data(problem=problem, text=text)
        return self.render_to_response(context, status=422 if problem else 200)

    def preview(self, checked: list[CheckedRow], *, notes: Sequence[str] = (), stopped: str = "") -> HttpResponse:
        wrong = [(place, row) for place, row in enumerate(checked) if not row.is_good]
        good = [row for row in checked if row.is_good]
        replacing = [row for row in good if row.replaces]
        same = sum(row.stands_already for row in good)
        seen = {
            f"{row.enrolment.pk}-{row.day.pk}": row.standing
            for row in good
            if row.standing and row.enrolment and row.day
        }
        context = self.get_context_data(
            is_preview=True,
            notes=notes,
            stopped=stopped,
            rows=json.dumps([row.row.to_json() for row in checked], ensure_ascii=False, separators=(",", ":")),
            seen=json.dumps(seen, ensure_ascii=False, separators=(",", ":")),
            wrong=[mendable(place, row) for place, row in wrong[:MENDED]],
            wrong_count=len(wrong),
            more_wrong=max(0, len(wrong) - MENDED),
            good=good[:SHOWN],
            more_good=max(0, len(good) - SHOWN),
            new_count=len(good) - same - len(replacing),
            good_count=len(good),
            same_count=same,
            replace_count=len(replacing),
            replacing=replacing[:SHOWN],
        )
        return self.render_to_response(context, status=422 if wrong or stopped else 200)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = {
            "days": self.run.ordered_days(),
            "limit": LIMIT,
            "max_megabytes": settings.LIST_MAX_BYTES // 1024 // 1024,
            "back_url": reverse("participants:attendance", args=[self.run.pk]),
        }
        return super().get_context_data(**(context | kwargs))


def mendable(place: int, row: CheckedRow) -> dict[str, Any]:
    """Return a wrong row as the page shows it: a field for each of its cells, with what is wrong beside it."""
    names = [name for name in FIELDS if name in ALWAYS or row.row.values.get(name) or name in row.problems]
    return {
        "number": row.row.number,
        "out": f"r-{place}-out",
        "cells": [
            {
                "id": f"r-{place}-{name}",
                "label": LABELS[name],
                "value": row.row.values.get(name, ""),
                "error": row.problems.get(name, ""),
            }
            for name in names
        ],
    }


class TemplateFileView(RunMixin, View):
    """A file to fill in: everybody on the roll, a row for each of the run's days, and nothing marked."""

    may = staticmethod(may_take_all_roll_calls)
    columns = (
        Column("number", LABELS["number"], "", Kind.INTEGER, 6),
        Column("name", LABELS["name"], "", width=28),
        Column("email", LABELS["email"], "", width=30),
        Column("run", LABELS["run"], "", Kind.INTEGER, 9),
        Column("date", LABELS["date"], "", Kind.DATE, 12),
        Column("mark", LABELS["mark"], "", width=14),
        Column("late", LABELS["late"], "", Kind.INTEGER, 12),
        Column("early", LABELS["early"], "", Kind.INTEGER, 12),
    )

    def get(self, request: HttpRequest, run_pk: int, form: str) -> HttpResponse:
        name = f"{slugify(_('Marks'))}-{slugify(str(self.run))[:60]}"
        if form == "csv":
            answer = HttpResponse(b"".join(csv_records(self.columns, self.records())), content_type="text/csv")
        elif form == "xlsx":
            output = BytesIO()
            with open_workbook(output) as workbook:
                write_sheet(workbook, _("Marks"), self.columns, self.records())
            answer = HttpResponse(
                output.getvalue(),
                content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            )
        else:
            raise Http404
        answer["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
        answer["Cache-Control"] = "no-store"
        return answer

    def records(self) -> Iterator[tuple[Any, ...]]:
        addresses = dict(self.run.enrolments.values_list("pk", "email"))
        rows = [row for row in sheet_rows(self.run) if row.pk in addresses]
        for day in self.run.ordered_days():
            for row in rows:
                yield (row.number, row.name, addresses[row.pk], self.run.pk, day.date, None, None, None)
