"""Questions in the staff's admin: list, form, inspection, order and how they look."""

from collections.abc import Sequence
from typing import Any

import django_filters
from django import forms
from django.db.models import Count, Max, Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel, ObjectList
from wagtail.admin.ui.tables import BooleanColumn, Column, NumberColumn
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin
from wagtail.admin.widgets.button import Button
from wagtail.snippets.views import snippets as views

from courses.admin.catalogue import CatalogueIndexView, CatalogueViewSet
from courses.admin.filters import courses_in_order
from courses.admin.menu import course_viewsets
from courses.models import CoursePage, CourseRun
from enrolments.answer_words import answer_label
from enrolments.enums import AskedOf, QuestionKind
from enrolments.forms.questions import AnswersForm, split_questions
from enrolments.models import Question
from enrolments.operations.question_rules import answers_text, may_hang_on, problems
from enrolments.operations.questions import questions_of

INDEX = "wagtailsnippets_enrolments_question"


def newest_runs(request: HttpRequest | None = None) -> QuerySet[CourseRun]:
    return CourseRun.objects.select_related("course").order_by("-pk")


def number(text: str) -> int | None:
    """Return the number that an address carries, or None for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


class QuestionForm(WagtailAdminModelForm):
    """What a question may hang on, and what may still change of it, is settled by the rules of operations."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        question = self.instance
        others = may_hang_on(course_id=question.course_id, run_id=question.run_id)
        self.fields["shown_if"].queryset = Question.objects.all()
        self.fields["shown_if"].choices = [
            ("", _("Always shown")),
            *((other.pk, str(other)) for other in others.exclude(pk=question.pk)),
        ]
        if question.shown_if_id:
            self.initial["shown_if_answer"] = answer_label(question.shown_if.kind, question.shown_if_answer)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("course") and data.get("run"):
            self.add_error("run", _("Choose a course or a run, not both."))
        elif not data.get("course") and not data.get("run") and not {"course", "run"} & self.errors.keys():
            self.add_error("run", _("Choose the course or the run that the question is asked on."))
        return data

    def _post_clean(self) -> None:
        """The rules read the question as it will stand, so they come after it has been given the form's values."""
        super()._post_clean()
        if self.errors:
            return
        old = Question.objects.filter(pk=self.instance.pk).first() if self.instance.pk else None
        for field, text in problems(self.instance, old=old).items():
            self.add_error(field, text)


class QuestionFilterSet(WagtailFilterSet):
    course = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Course"), queryset=courses_in_order, method="filter_course", empty_label=gettext_lazy("All")
    )
    run = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Run"), queryset=newest_runs, method="filter_run", empty_label=gettext_lazy("All")
    )
    kind = django_filters.MultipleChoiceFilter(
        label=gettext_lazy("Kind of answer"), choices=QuestionKind.choices, widget=forms.CheckboxSelectMultiple
    )
    asked_of = django_filters.MultipleChoiceFilter(
        label=gettext_lazy("Asked of"), choices=AskedOf.choices, widget=forms.CheckboxSelectMultiple
    )
    is_active = django_filters.ChoiceFilter(
        label=gettext_lazy("Asked now"),
        choices=[("True", gettext_lazy("Yes")), ("False", gettext_lazy("No"))],
        empty_label=gettext_lazy("All"),
        widget=forms.RadioSelect,
    )

    class Meta:
        model = Question
        fields: list[str] = []

    def filter_course(self, questions: QuerySet[Question], name: str, value: CoursePage) -> QuerySet[Question]:
        """The course's questions and those of its runs."""
        return questions.filter(Q(course=value) | Q(run__course=value))

    def filter_run(self, questions: QuerySet[Question], name: str, value: CourseRun) -> QuerySet[Question]:
        """All that is asked on the run: its own questions and its course's."""
        return questions.filter(Q(run=value) | Q(course=value.course_id))


class QuestionIndexView(CatalogueIndexView):
    def search_queryset(self, queryset: QuerySet[Question]) -> QuerySet[Question]:
        """Every word typed must stand somewhere in the question, its course or its run."""
        for word in (self.search_query or "").split():
            fields = ("text", "help_text", "course__title", "run__label", "run__course__title")
            anywhere = Q()
            for field in fields:
                anywhere |= Q(**{f"{field}__icontains": word})
            queryset = queryset.filter(anywhere)
        return queryset

    def get_list_more_buttons(self, instance: Question) -> list[Button]:
        url = reverse(f"{INDEX}:preview", args=[instance.pk])
        return [*super().get_list_more_buttons(instance), Button(_("See how it looks"), url=url, icon_name="view")]


class BackToRunMixin:
    """From a run's page one comes back to it: the address says which (?run=)."""

    def get_success_url(self) -> str:
        if number(self.request.GET.get("run", "")) and self.object.run_id:
            return reverse("participants:questions", args=[self.object.run_id])
        return super().get_success_url()


class QuestionCreateView(BackToRunMixin, views.CreateView):
    def get_initial_form_instance(self) -> Question:
        """Begin with the course or run the organiser came from, behind its other questions."""
        run_pk, course_pk = number(self.request.GET.get("run", "")), number(self.request.GET.get("course", ""))
        run = CourseRun.objects.filter(pk=run_pk).first() if run_pk else None
        course = CoursePage.objects.filter(pk=course_pk).first() if course_pk and not run else None
        others = (
            Question.objects.filter(Q(run=run) | Q(course=run.course_id))
            if run
            else Question.objects.filter(course=course)
        )
        last = others.aggregate(last=Max("sort_order"))["last"]
        return Question(run=run, course=course, sort_order=0 if last is None else last + 1)


class QuestionEditView(BackToRunMixin, views.EditView):
    @cached_property
    def header_more_buttons(self) -> list[Button]:
        url = reverse(f"{INDEX}:preview", args=[self.object.pk])
        return [*super().header_more_buttons, Button(_("See how it looks"), url=url, icon_name="view", priority=10)]


class QuestionDeleteView(views.DeleteView):
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return refuse_deletion(request, self.object) or super().dispatch(request, *args, **kwargs)


def refuse_deletion(request: HttpRequest, question: Question) -> HttpResponse | None:
    """Say why a question stays, and what to do instead; None when it may go."""
    if count := question.answers.count():
        why = answers_text(count)
    elif other := question.dependents.first():
        why = _("“%(question)s” is only shown after an answer to it") % {"question": other}
    else:
        return None
    text = _("“%(question)s” cannot be deleted: %(why)s. Untick “asked now” instead.")
    messages.error(request, text % {"question": question, "why": why[0].lower() + why[1:]})
    return redirect(f"{INDEX}:edit", question.pk)


@hooks.register("before_bulk_action")
def refuse_deleting_many(
    request: HttpRequest, action_type: str, objects: Sequence[Model], action_class_instance: object
) -> HttpResponse | None:
    """Many at once stay when one of them has to."""
    if action_type != "delete":
        return None
    ours = (obj for obj in objects if isinstance(obj, Question))
    return next((refusal for question in ours if (refusal := refuse_deletion(request, question))), None)


class QuestionPreviewView(PermissionCheckedMixin, View):
    """The question among those it is asked with, as people meet it in the form. Nothing is sent."""

    model = Question
    any_permission_required = ["add", "change", "view"]

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        question = get_object_or_404(Question.objects.select_related("course", "run__course"), pk=pk)
        return preview(request, run=question.run, course=question.course, also=question)


def preview(
    request: HttpRequest,
    *,
    run: CourseRun | None = None,
    course: CoursePage | None = None,
    also: Question | None = None,
) -> HttpResponse:
    """Return a page with the questions of a run, or of a course, as the registration form shows them."""
    questions = questions_of(run or CourseRun(course=course))
    if also and also not in questions:
        questions = (
            [*questions, also]
            if not also.shown_if_id or also.shown_if in questions
            else [also.shown_if, also, *questions]
        )
    once, each = split_questions(list(dict.fromkeys(questions)))
    context = {
        "course": run.course if run else course,
        "run": run,
        "once": AnswersForm(questions=once, prefix="once"),
        "each": AnswersForm(questions=each, prefix="participants-0"),
        "back": reverse("participants:questions", args=[run.pk]) if run else reverse(f"{INDEX}:list"),
    }
    return TemplateResponse(request, "enrolments/admin/questions_preview.html", context)


class QuestionViewSet(CatalogueViewSet):
    model = Question
    icon = "help"
    menu_label = gettext_lazy("Questions")
    menu_name = "questions"
    url_prefix = "courses/questions"
    index_view_class = QuestionIndexView
    add_view_class = QuestionCreateView
    edit_view_class = QuestionEditView
    delete_view_class = QuestionDeleteView
    filterset_class = QuestionFilterSet
    empty_text = gettext_lazy(
        "No questions yet. A question is asked when people register: of each participant, or of the contact once."
    )
    search_fields = ("text",)
    sort_order_field = "sort_order"
    ordering = ("sort_order", "pk")
    inspect_view_fields = [
        "text",
        "help_text",
        "course",
        "run",
        "kind",
        "choices",
        "asked_of",
        "required",
        "shown_if",
        "shown_if_answer",
        "for_presenters",
        "is_sensitive",
        "is_active",
    ]
    edit_handler = ObjectList(
        [
            FieldPanel("text"),
            FieldPanel("help_text"),
            MultiFieldPanel(
                [
                    FieldRowPanel([FieldPanel("kind"), FieldPanel("asked_of")]),
                    FieldPanel("choices"),
                    FieldPanel("required"),
                ],
                heading=gettext_lazy("The answer"),
            ),
            MultiFieldPanel(
                [FieldPanel("run"), FieldPanel("course"), FieldPanel("sort_order"), FieldPanel("is_active")],
                heading=gettext_lazy("Where it is asked"),
            ),
            MultiFieldPanel(
                [FieldRowPanel([FieldPanel("shown_if", widget=forms.Select), FieldPanel("shown_if_answer")])],
                heading=gettext_lazy("Only after another answer"),
            ),
            MultiFieldPanel(
                [FieldPanel("for_presenters"), FieldPanel("is_sensitive")],
                heading=gettext_lazy("What the answers are used for"),
            ),
        ],
        base_form_class=QuestionForm,
    )

    @cached_property
    def list_display(self) -> list[str | Column]:
        return [
            "text",
            Column("where", label=gettext_lazy("Asked on"), accessor=lambda q: str(q.run or q.course)),
            Column("kind", label=gettext_lazy("Kind of answer"), accessor="get_kind_display", sort_key="kind"),
            Column("asked_of", label=gettext_lazy("Asked of"), accessor="get_asked_of_display", sort_key="asked_of"),
            BooleanColumn("is_active", label=gettext_lazy("Asked now")),
            NumberColumn("answer_count", label=gettext_lazy("Answers"), sort_key="answer_count"),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Question]:
        return Question.objects.select_related("course", "run__course").annotate(answer_count=Count("answers"))

    def get_urlpatterns(self) -> list[URLPattern]:
        look = self.construct_view(QuestionPreviewView)
        return [*super().get_urlpatterns(), path("preview/<int:pk>/", look, name="preview")]


course_viewsets.add("questions", QuestionViewSet)
