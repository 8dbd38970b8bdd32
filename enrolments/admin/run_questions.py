"""A run's questions in its workspace: what is asked, how it was answered (counted), and the answers as a file."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Case, CharField, Count, DateField, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Cast, Coalesce
from django.db.models.lookups import Exact
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.generic import TemplateView, View

from courses.models import CourseRun
from enrolments.admin.questions import INDEX, preview
from enrolments.admin.workspace.tabs import RunMixin, Tab, workspace_tabs, workspace_urls
from enrolments.answer_words import answer_label
from enrolments.enums import ACTIVE_STATUSES, AskedOf, EnrolmentStatus, QuestionKind
from enrolments.models import Answer, Enrolment, Question
from enrolments.operations.question_rules import WITH_CHOICES
from website.core.danish import DanishOrder, danish_key
from website.core.exports import (
    CSV_CONTENT_TYPE,
    XLSX_CONTENT_TYPE,
    Column,
    Kind,
    csv_blocks,
    label_of,
    open_workbook,
    rows,
    snapshot,
    write_sheet,
)


@dataclass
class Answered:
    """A question of the run, how many answered, and what, where it is counted."""

    question: Question
    count: int = 0
    values: list[tuple[str, int]] = field(default_factory=list)
    edit_url: str = ""

    @property
    def is_of_course(self) -> bool:
        return self.question.course_id is not None


def asked_or_answered(run: CourseRun) -> QuerySet[Question]:
    """Return what is asked on the run, and what was once and has been answered."""
    asked = Q(run=run) | Q(course=run.course_id, is_active=True)
    return Question.objects.filter(asked | Q(answers__registration__run=run)).distinct().order_by("sort_order", "pk")


def counted(run: CourseRun) -> list[Answered]:
    """Return the run's questions with their answers counted, of those who come or are in line. Three queries."""
    found = {question.pk: Answered(question) for question in asked_or_answered(run).select_related("shown_if")}
    answers = Answer.objects.filter(registration__run=run, question__in=found).filter(
        Q(enrolment__status__in=ACTIVE_STATUSES) | Q(enrolment__isnull=True)
    )
    for pk, count in answers.order_by().values_list("question").annotate(count=Count("pk")):
        found[pk].count = count
    shown = answers.filter(Q(question__kind__in=WITH_CHOICES) | Q(question__is_sensitive=True))
    shown = shown.exclude(question__kind=QuestionKind.FILE)
    for pk, kind, value, count in (
        shown.order_by().values_list("question", "question__kind", "value").annotate(count=Count("pk"))
    ):
        found[pk].values.append((answer_label(kind, value), count))
    for each in found.values():
        each.values.sort(key=lambda pair: (-pair[1], danish_key(pair[0])))
    return list(found.values())


class QuestionsView(RunMixin, TemplateView):
    """What is asked on the run. Health data is counted here and stands nowhere beside a name."""

    tab = "questions"
    page_title = gettext_lazy("Questions")
    template_name = "enrolments/admin/run_questions.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        lines = counted(self.run)
        for line in lines:
            line.edit_url = reverse(f"{INDEX}:edit", args=[line.question.pk]) + f"?run={self.run.pk}"
        context = {
            "lines": lines,
            "may_edit": self.request.user.has_perm("enrolments.change_question"),
            "add_url": reverse(f"{INDEX}:add") + f"?run={self.run.pk}",
            "has_answers": any(line.count and not line.question.is_sensitive for line in lines),
        }
        return super().get_context_data(**(context | kwargs))


class PreviewView(RunMixin, View):
    """The run's questions as people meet them."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return preview(request, run=self.run)


class AnswersExportView(RunMixin, View):
    """The answers of who comes or is in line, a column a question: CSV or XLSX. Without health data."""

    def get(self, request: HttpRequest, *args: Any, form: str, **kwargs: Any) -> HttpResponseBase:
        people = (
            Enrolment.objects.visible_to(request.user)
            .filter(run=self.run, status__in=ACTIVE_STATUSES)
            .order_by(DanishOrder("name"), "pk")
        )
        columns = answer_columns(asked_or_answered(self.run))
        name = f"{_('answers')}-{self.run.pk}-{timezone.localdate().isoformat()}"
        if form == "csv":
            response = StreamingHttpResponse(csv_blocks(people, columns), content_type=CSV_CONTENT_TYPE)
            response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
            return response
        if form != "xlsx":
            raise Http404
        output = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
        with snapshot(), open_workbook(output) as workbook:
            write_sheet(workbook, _("Answers"), columns, rows(people, columns).iterator())
        output.seek(0)
        return FileResponse(output, as_attachment=True, content_type=XLSX_CONTENT_TYPE, filename=f"{name}.xlsx")


def answer_columns(questions: Sequence[Question] | QuerySet[Question]) -> list[Column]:
    """Return the columns of an export of participants' answers. The contact's answers stand beside each participant."""
    people = [
        Column("name", gettext_lazy("Name"), Coalesce("name", Value("")), width=28),
        Column("email", gettext_lazy("E-mail"), "email", width=30),
        Column(
            "organisation",
            gettext_lazy("Organisation"),
            Coalesce(F("organisation__official_name"), F("organisation_name"), output_field=CharField()),
            width=28,
        ),
        Column("status", gettext_lazy("Status"), label_of("status", EnrolmentStatus), width=18),
    ]
    return people + [_column(question) for question in questions if not question.is_sensitive]


def _column(question: Question) -> Column:
    mine = Q(enrolment=OuterRef("pk"))
    if question.asked_of == AskedOf.REGISTRATION:
        mine = Q(registration=OuterRef("registration"), enrolment__isnull=True)
    value: Any = Subquery(Answer.objects.filter(mine, question=question).values("value")[:1], output_field=CharField())
    kind = Kind.TEXT
    if question.kind == QuestionKind.DATE:
        value, kind = Cast(value, DateField()), Kind.DATE
    elif question.kind == QuestionKind.YES_NO:
        yes, no = (Value(answer_label(question.kind, word)) for word in ("yes", "no"))
        value = Case(When(Exact(value, Value("yes")), then=yes), When(Exact(value, Value("no")), then=no))
    return Column(f"question_{question.pk}", question.text, value, kind=kind, width=24)


workspace_urls.add(
    "questions",
    [
        path("run/<int:run_pk>/questions/", QuestionsView.as_view(), name="questions"),
        path("run/<int:run_pk>/questions/preview/", PreviewView.as_view(), name="questions_preview"),
        path("run/<int:run_pk>/questions/answers.<str:form>", AnswersExportView.as_view(), name="answers"),
    ],
)
workspace_tabs.add("questions", Tab("questions", pgettext_lazy("run", "Questions"), "participants:questions"), order=45)
