"""The page of one questionnaire, what changed between its versions, and the buttons that stand there."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views import View
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin
from wagtail.log_actions import log
from wagtail.snippets.views import snippets as views
from wagtail.utils.decorators import xframe_options_sameorigin_override

from evaluations.enums import EvaluationStatus
from evaluations.exceptions import EvaluationError
from evaluations.models import Questionnaire
from evaluations.operations import questionnaires as operations
from evaluations.questionnaire_facts import advice, length_in_words
from evaluations.questions import parse
from evaluations.version_changes import changes, introduction_changes

INSPECT = "wagtailsnippets_evaluations_questionnaire:inspect"
EDIT = "wagtailsnippets_evaluations_questionnaire:edit"
USED = (EvaluationStatus.OPEN, EvaluationStatus.CLOSED)


def kind_in_words(questionnaire: Questionnaire) -> str:
    """Return which kind of course it is for: "Every kind" without one, nothing for surveys."""
    if not questionnaire.is_of_course:
        return ""
    return str(questionnaire.get_course_kind_display() or _("Every kind"))


def language_of(request: HttpRequest) -> str:
    """Return the language that a questionnaire is shown in: "da" unless asked otherwise."""
    asked = request.GET.get("language", "")
    return asked if asked in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


class QuestionnaireInspectView(views.InspectView):
    """What is asked, as people meet it, with its versions. For locked ones this is what the editor is for others."""

    template_name = "evaluations/admin/questionnaire_inspect.html"

    def get_edit_url(self) -> str | None:
        return None if self.object.is_locked else super().get_edit_url()

    def get_delete_url(self) -> str | None:
        return None if self.object.is_locked else super().get_delete_url()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        questionnaire, language = self.object, language_of(self.request)
        versions = list(Questionnaire.objects.filter(family=questionnaire.family).order_by("-version"))
        evaluations = questionnaire.evaluations
        return super().get_context_data(
            questionnaire=questionnaire,
            kind=kind_in_words(questionnaire),
            length=length_in_words(parse(questionnaire.questions)),
            advice=[] if questionnaire.is_locked else advice(questionnaire),
            versions=list(zip(versions, [*versions[1:], None], strict=True)),
            used=evaluations.filter(status__in=USED).count(),
            planned=evaluations.filter(status=EvaluationStatus.PLANNED).count(),
            planned_with_older=operations.planned_with_older(questionnaire),
            shown_url=self._shown_url(language),
            language=language,
            languages=[(code, name) for code, name in questionnaire.preview_modes],
            can_add=self.user_has_permission("add"),
            can_change=self.user_has_permission("change"),
            **kwargs,
        )

    def _shown_url(self, language: str) -> str:
        return reverse("wagtailsnippets_evaluations_questionnaire:shown", args=[self.object.pk, language])


class FrameView(PermissionCheckedMixin, View):
    """A saved questionnaire as people meet it, for the frame on its page."""

    model = Questionnaire
    permission_required = "view"
    http_method_names = ["get"]

    @method_decorator(xframe_options_sameorigin_override)
    def get(self, request: HttpRequest, pk: int, language: str) -> HttpResponse:
        return get_object_or_404(Questionnaire, pk=pk).make_preview_request(request, language)


class CompareView(PermissionCheckedMixin, WagtailAdminTemplateMixin, TemplateView):
    """What changed from one version to another."""

    model = Questionnaire
    permission_required = "view"
    template_name = "evaluations/admin/questionnaire_compare.html"
    header_icon = "list-ul"

    def get_page_title(self) -> str:
        return _("What changed")

    def get_page_subtitle(self) -> str:
        return str(self.new.title)

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        return [
            {"url": reverse("wagtailsnippets_evaluations_questionnaire:list"), "label": _("Questionnaires")},
            {"url": reverse(INSPECT, args=[self.new.pk]), "label": str(self.new)},
            # The last one is the heading of the page.
            {"url": "", "label": f"{_('What changed')}: {self.new.title}"},
        ]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.old = get_object_or_404(Questionnaire, pk=kwargs["old"])
        self.new = get_object_or_404(Questionnaire, pk=kwargs["new"])
        if self.old.family != self.new.family:
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "old": self.old,
            "new": self.new,
            "changes": changes(self.old, self.new),
            "introduction": introduction_changes(self.old, self.new),
        }


class ActionView(PermissionCheckedMixin, View):
    """A button about one questionnaire. GET leads back to where the button stands."""

    model = Questionnaire
    permission_required = "change"
    http_method_names = ["get", "post"]

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return redirect(INSPECT, pk)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        questionnaire = get_object_or_404(Questionnaire, pk=pk)
        try:
            with transaction.atomic():
                return self.act(questionnaire)
        except EvaluationError as error:
            messages.error(request, str(error))
            return redirect(INSPECT, pk)

    def act(self, questionnaire: Questionnaire) -> HttpResponse:
        raise NotImplementedError


class NewVersionView(ActionView):
    permission_required = "add"

    def act(self, questionnaire: Questionnaire) -> HttpResponse:
        fresh = operations.new_version(questionnaire=questionnaire)
        log(instance=fresh, action="wagtail.create", user=self.request.user)
        messages.success(
            self.request,
            _("“%(questionnaire)s” is ready to be edited. It is used when you make it the standard or choose it.")
            % {"questionnaire": fresh},
        )
        return redirect(EDIT, fresh.pk)


class CopyView(ActionView):
    permission_required = "add"

    def act(self, questionnaire: Questionnaire) -> HttpResponse:
        fresh = operations.copy(questionnaire=questionnaire)
        log(instance=fresh, action="wagtail.create", user=self.request.user)
        messages.success(self.request, _("“%(questionnaire)s” is ready to be edited.") % {"questionnaire": fresh})
        return redirect(EDIT, fresh.pk)


class StandardView(ActionView):
    def act(self, questionnaire: Questionnaire) -> HttpResponse:
        if self.request.POST.get("stop"):
            operations.stop_standard(questionnaire=questionnaire)
            said = _("“%(questionnaire)s” no longer is the standard.")
            former = None
        else:
            former = operations.make_standard(questionnaire=questionnaire)
            said = _("“%(questionnaire)s” is the standard now.")
        if former is not None:
            said = _("“%(questionnaire)s” is the standard now, instead of “%(former)s”.")
        log(instance=questionnaire, action="wagtail.edit", user=self.request.user)
        messages.success(self.request, said % {"questionnaire": questionnaire, "former": former})
        return redirect(INSPECT, questionnaire.pk)


class PlannedView(ActionView):
    def act(self, questionnaire: Questionnaire) -> HttpResponse:
        count = operations.use_in_planned(questionnaire=questionnaire)
        said = ngettext(
            "%(count)s planned evaluation uses this version now.",
            "%(count)s planned evaluations use this version now.",
            count,
        )
        messages.success(self.request, said % {"count": count})
        return redirect(INSPECT, questionnaire.pk)
