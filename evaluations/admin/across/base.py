"""What the pages across courses share: who sees them, what is chosen, the bar of pages, and tables as files."""

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from wagtail.admin.paginator import WagtailPaginator

from courses.enums import CourseKind
from courses.models import CoursePage
from enrolments.forms.reports import DayField
from enrolments.reports.charts import Picture, draw
from enrolments.reports.kinds import Table
from enrolments.reports.preview import Shown
from evaluations.admin.all_results import AllResultsPage
from evaluations.models import Evaluation
from evaluations.results.across import Selection
from evaluations.results.overview import on_screen, page_of
from website.core.danish import DanishOrder
from website.core.exports import (
    CSV_CONTENT_TYPE,
    XLSX_CONTENT_TYPE,
    csv_records,
    open_workbook,
    snapshot,
    write_sheet,
)

#: Rows of a long table on one page.
ROWS = 25
FORMATS = (("xlsx", "Excel"), ("csv", "CSV"))


class CourseField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return obj.title


class SelectionForm(forms.Form):
    """Which runs: stands in the address, so that a page can be linked to."""

    fra = DayField(label=gettext_lazy("From date"), required=False)
    til = DayField(label=gettext_lazy("To date"), required=False)
    kursus = CourseField(
        label=gettext_lazy("Course"),
        queryset=CoursePage.objects.none(),
        required=False,
        empty_label=gettext_lazy("All courses"),
    )
    slags = forms.ChoiceField(
        label=gettext_lazy("Kind of course"),
        choices=[("", pgettext_lazy("kinds of course", "All")), *CourseKind.choices],
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        evaluated = Evaluation.objects.closed().filter(run__course=OuterRef("pk"))
        self.fields["kursus"].queryset = CoursePage.objects.filter(Exists(evaluated)).order_by(DanishOrder("title"))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        start, end = cleaned.get("fra"), cleaned.get("til")
        if start and end and end < start:
            self.add_error(
                "til",
                _("The period ends (%(end)s) before it begins (%(start)s). Swap the two days.")
                % {"start": date_format(start), "end": date_format(end)},
            )
        return cleaned

    @property
    def selection(self) -> Selection:
        """What was chosen, once the form is valid."""
        data = self.cleaned_data
        courses = (data["kursus"].pk,) if data["kursus"] else ()
        return Selection(start=data["fra"], end=data["til"], courses=courses, kind=data["slags"])


@dataclass(frozen=True, slots=True)
class Named:
    """A table of a page, with the name that its files are asked for by."""

    name: str
    title: str | Promise
    table: Table


@dataclass(frozen=True, slots=True)
class ShownTable:
    """A table as the page shows it: in words, with its chart, its files and, where it is long, its pages."""

    name: str
    title: str
    shown: Shown
    picture: Picture | None
    files: list[tuple[str, str]]
    count: int
    page: Any = None


@dataclass(frozen=True, slots=True)
class Place:
    """One of the pages across courses, in their bar."""

    label: str | Promise
    url: str
    is_current: bool


PAGES = (
    ("index", gettext_lazy("Response rates")),
    ("trends", gettext_lazy("Trends")),
    ("effects", gettext_lazy("What came of it")),
    ("attendance", gettext_lazy("Attendance and satisfaction")),
    ("words", gettext_lazy("Words in the texts")),
)


class AcrossPage(AllResultsPage):
    """A page across courses: only for those who see the results of every evaluation.

    `tables` gives what can be fetched as files; `context` what the template shows besides.
    """

    header_icon = "view"
    page_title = gettext_lazy("Across courses")
    place = ""
    form_class: type[SelectionForm] = SelectionForm

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse | FileResponse:
        """Show the page, or send a table as a file. Wrong choices show what is wrong, never other figures."""
        self.form = self.form_class(request.GET)
        self.is_valid = self.form.is_valid()
        with snapshot():
            if self.is_valid and request.GET.get("fil"):
                return self.file(request.GET["fil"], request.GET.get("tabel", ""))
            context = self.get_context_data(**kwargs)
        return self.render_to_response(context, status=200 if self.is_valid else 400)

    @property
    def selection(self) -> Selection:
        return self.form.selection

    def tables(self) -> Iterable[Named]:
        raise NotImplementedError

    def context(self) -> dict[str, Any]:
        return {}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if self.is_valid:
            kwargs |= self.context()
        return super().get_context_data(
            form=self.form, places=self.places(), is_narrowed=self.is_narrowed, query=self.query(), **kwargs
        )

    def get_page_subtitle(self) -> str:
        return next(str(label) for name, label in PAGES if name == self.place)

    def places(self) -> list[Place]:
        query = self.query(only=SelectionForm.base_fields)
        tail = f"?{query}" if query else ""
        return [Place(label, reverse(f"evaluations_across:{name}") + tail, name == self.place) for name, label in PAGES]

    @property
    def is_narrowed(self) -> bool:
        return any(self.request.GET.get(name) for name in self.form.fields)

    def query(self, *, only: Iterable[str] | None = None, **changes: str) -> str:
        """Return the address's query with the form's choices, some of them changed."""
        query = self.request.GET.copy()
        kept = list(self.form.fields if only is None else only)
        for name in list(query):
            if name not in kept or not query[name]:
                del query[name]
        for name, value in changes.items():
            query[name] = value
        return query.urlencode()

    # Tables.

    def shown(self, named: Named, *, paged: bool = False) -> ShownTable:
        """Return the table as the page shows it; `paged`: 25 rows, those of the page that is asked for."""
        table, page = on_screen(named.table), None
        count = len(table.frame)
        picture = draw(table, name=f"chart-{named.name}")
        if paged and count > ROWS:
            page = self.paginated(range(count))
            table = page_of(table, page.start_index() - 1, page.end_index())
        files = [(label, f"?{self.query(tabel=named.name, fil=form)}") for form, label in FORMATS]
        return ShownTable(named.name, str(named.title), Shown.of(table), picture, files, count, page)

    def paginated(self, rows: Any) -> Any:
        return WagtailPaginator(rows, ROWS).get_page(self.request.GET.get("p"))

    def file(self, form: str, name: str) -> FileResponse | HttpResponse:
        """Return a table as a file. An unknown table or form is a 404."""
        named = next((each for each in self.tables() if each.name == name), None)
        if named is None or form not in dict(FORMATS):
            raise Http404
        table, title = named.table, str(named.title)
        total = table.total_record(_("Total")) if table.total else None
        output = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
        if form == "csv":
            for block in csv_records(table.columns, [*table.records(), *([total] if total else [])]):
                output.write(block)
        else:
            with open_workbook(output) as workbook:
                write_sheet(workbook, title, table.columns, table.records(), total=total)
        output.seek(0)
        response = FileResponse(
            output,
            as_attachment=True,
            filename=f"{slugify(title)}-{timezone.localdate().isoformat()}.{form}",
            content_type=CSV_CONTENT_TYPE if form == "csv" else XLSX_CONTENT_TYPE,
        )
        response["Cache-Control"] = "private, no-store"
        return response
