"""Questionnaires in the staff's admin: their list, and the editor that they are built in."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db import IntegrityError, transaction
from django.db.models import Model, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.templatetags.static import static
from django.urls import URLPattern, path
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel, ObjectList, Panel
from wagtail.admin.ui.tables import Column, NumberColumn
from wagtail.snippets.views import snippets as views

from courses.admin.catalogue import CatalogueIndexView, CatalogueViewSet, counted
from courses.admin.guards import GuardedDeleteView, back_url, refuse_deletion
from courses.enums import CourseKind
from evaluations.admin import questionnaire_pages as pages
from evaluations.enums import EvaluationStatus
from evaluations.exceptions import QuestionnaireLocked
from evaluations.models import Evaluation, Questionnaire
from evaluations.operations.questionnaires import begin_change, make_standard
from evaluations.questionnaire_facts import advice, known_names


def opened() -> QuerySet[Evaluation]:
    """Return the evaluations that people have been asked."""
    return Evaluation.objects.filter(status__in=[EvaluationStatus.OPEN, EvaluationStatus.CLOSED])


class QuestionnaireForm(WagtailAdminModelForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if isinstance(kind := self.fields.get("course_kind"), forms.ChoiceField):
            kind.choices = [("", _("Every kind")), *CourseKind.choices]

    def _get_validation_exclusions(self) -> set[str]:
        # That only one is the standard is kept by moving the mark, not by refusing it.
        return super()._get_validation_exclusions() | {"is_standard"}


class NamesPanel(Panel):
    """Lends the editor the short names in use, for the fields that take one. Shows nothing by itself."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "evaluations/admin/question_names.html"
        media = forms.Media(js=["js/question-editor.js"])

        def get_context_data(self, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
            return super().get_context_data(parent_context) | {"known_names": known_names()}


class SavingMixin:
    """Saves unless it was locked meanwhile. Who gets the mark of the standard takes it from the other."""

    former: Questionnaire | None = None

    def save_instance(self) -> Questionnaire:
        questionnaire = self.form.instance
        wants_mark, questionnaire.is_standard = questionnaire.is_standard, False
        with transaction.atomic():
            begin_change(questionnaire=questionnaire)
            saved = super().save_instance()
            if wants_mark:
                self.former = make_standard(questionnaire=saved)
        return saved

    def form_valid(self, form: Form) -> HttpResponse:
        was_standard = form.initial.get("is_standard")
        try:
            response = super().form_valid(form)
        except QuestionnaireLocked as error:
            messages.error(self.request, f"{error} {_('What you changed has not been saved.')}")
            return redirect(pages.INSPECT, form.instance.pk)
        self._tell(form.instance, was_standard=bool(was_standard))
        return response

    def _tell(self, saved: Questionnaire, *, was_standard: bool) -> None:
        if self.former is not None:
            said = _("“%(former)s” was the standard until now, and no longer is.")
            messages.info(self.request, said % {"former": self.former})
        standard = Questionnaire.objects.standard_for(saved.moment, saved.course_kind)
        if was_standard and not saved.is_standard and standard is None:
            messages.warning(
                self.request, _("There is no standard for this any more: new runs are not asked by themselves.")
            )
        for said in advice(saved):
            messages.warning(self.request, said)


class QuestionnaireCreateView(SavingMixin, views.CreateView):
    pass


class QuestionnaireEditView(SavingMixin, views.EditView):
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """What people have been asked is shown, not edited."""
        questionnaire = get_object_or_404(Questionnaire, pk=self.object_pk)
        if questionnaire.is_locked and self.user_has_permission("change"):
            messages.warning(request, str(QuestionnaireLocked.message))
            return redirect(pages.INSPECT, questionnaire.pk)
        return super().dispatch(request, *args, **kwargs)


class QuestionnaireDeleteView(GuardedDeleteView):
    def form_valid(self, form: Form) -> HttpResponse:
        try:
            return super().form_valid(form)
        except IntegrityError:
            # It was locked between the question and the answer.
            return refuse_used(self.request, [Questionnaire.objects.get(pk=self.object.pk)])


def refuse_used(request: HttpRequest, objects: Sequence[Model]) -> HttpResponse | None:
    """Return the page that says why questionnaires among `objects` stay, or None when all of them may go."""
    ours = [each for each in objects if isinstance(each, Questionnaire)]
    if refusal := refuse_deletion(request, ours, back=back_url(request, ours)):
        return refusal
    locked = [each for each in ours if each.is_locked]
    for each in locked:
        said = _("“%(questionnaire)s” cannot be deleted: people have answered it. It can stop being the standard.")
        messages.error(request, said % {"questionnaire": each})
    return redirect(back_url(request, locked)) if locked else None


@hooks.register("before_delete_snippet")
def refuse_deletion_of_used(request: HttpRequest, instances: Sequence[Model]) -> HttpResponse | None:
    return refuse_used(request, instances)


@hooks.register("before_bulk_action")
def refuse_bulk_deletion_of_used(
    request: HttpRequest, action_type: str, objects: Sequence[Model], action_class_instance: object
) -> HttpResponse | None:
    return refuse_used(request, objects) if action_type == "delete" else None


@hooks.register("insert_global_admin_css")
def admin_css() -> SafeString:
    return format_html('<link rel="stylesheet" href="{}">', static("css/questionnaires-admin.css"))


class QuestionnaireIndexView(CatalogueIndexView):
    danish_fields = frozenset({"title"})

    def get_edit_url(self, instance: Questionnaire) -> str | None:
        """Lead from the name of a locked one to the page that shows it."""
        return self.get_inspect_url(instance) if instance.is_locked else super().get_edit_url(instance)

    def search_queryset(self, queryset: QuerySet) -> QuerySet:
        """Find by name, and by what is asked: words of a question or its short name."""
        if not self.is_searching:
            return queryset
        asked = queryset.annotate(asked=Cast("questions", TextField()))
        return asked.filter(Q(title__icontains=self.search_query) | Q(asked__icontains=self.search_query))


class MarkColumn(Column):
    """A word where something is so, and nothing where it is not."""

    def __init__(self, name: str, *, word: Any, **kwargs: Any) -> None:
        super().__init__(name, **kwargs)
        self.word = word

    def get_value(self, instance: Questionnaire) -> Any:
        return self.word if super().get_value(instance) else ""


class QuestionnaireViewSet(CatalogueViewSet):
    model = Questionnaire
    icon = "list-ul"
    menu_label = gettext_lazy("Questionnaires")
    menu_name = "questionnaires"
    url_prefix = "evaluations/questionnaires"
    add_view_class = QuestionnaireCreateView
    edit_view_class = QuestionnaireEditView
    delete_view_class = QuestionnaireDeleteView
    index_view_class = QuestionnaireIndexView
    inspect_view_class = pages.QuestionnaireInspectView
    inspect_template_name = "evaluations/admin/questionnaire_inspect.html"
    search_fields = ("title",)
    list_filter = ("moment", "course_kind", "is_standard")
    empty_text = gettext_lazy("No questionnaires yet. A questionnaire is what people are asked, before or after.")
    edit_handler = ObjectList(
        [
            MultiFieldPanel(
                [
                    FieldPanel("title"),
                    FieldRowPanel([FieldPanel("moment"), FieldPanel("course_kind")]),
                    FieldPanel("is_standard"),
                ],
                heading=gettext_lazy("What it is for"),
            ),
            MultiFieldPanel(
                [FieldPanel("introduction_da"), FieldPanel("introduction_en")],
                heading=gettext_lazy("Introduction"),
                help_text=gettext_lazy(
                    "One or two sentences: what it is about and how long it takes. That nobody can see who answered "
                    "what stands on the page anyway."
                ),
            ),
            FieldPanel(
                "questions",
                help_text=gettext_lazy(
                    "Ask few things that lead to something. English may be missing: then it is shown in Danish."
                ),
            ),
            NamesPanel(),
        ],
        base_form_class=QuestionnaireForm,
    )

    @cached_property
    def list_display(self) -> list[str | Column]:
        return [
            "title",
            Column("version", label=gettext_lazy("Version"), sort_key="version"),
            Column("moment", label=gettext_lazy("When"), accessor="get_moment_display", sort_key="moment"),
            Column(
                "course_kind",
                label=gettext_lazy("Kind of course"),
                accessor=pages.kind_in_words,
                sort_key="course_kind",
            ),
            MarkColumn(
                "is_standard",
                label=gettext_lazy("Standard"),
                word=gettext_lazy("Standard"),
                sort_key="is_standard",
            ),
            NumberColumn("use_count", label=gettext_lazy("Times used"), sort_key="use_count"),
            MarkColumn(
                "is_locked",
                label=gettext_lazy("State"),
                word=pgettext_lazy("questionnaire", "Locked"),
                sort_key="locked_at",
            ),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Questionnaire]:
        return Questionnaire.objects.annotate(use_count=counted(opened(), "questionnaire"))

    def get_urlpatterns(self) -> list[URLPattern]:
        return [
            *super().get_urlpatterns(),
            path("new-version/<int:pk>/", self.construct_view(pages.NewVersionView), name="new_version"),
            path("copy-of/<int:pk>/", self.construct_view(pages.CopyView), name="copy_of"),
            path("standard/<int:pk>/", self.construct_view(pages.StandardView), name="standard"),
            path("planned/<int:pk>/", self.construct_view(pages.PlannedView), name="planned"),
            path("compare/<int:old>/<int:new>/", self.construct_view(pages.CompareView), name="compare"),
            path("shown/<int:pk>/<str:language>/", self.construct_view(pages.FrameView), name="shown"),
        ]
