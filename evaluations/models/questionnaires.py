"""What is asked: questionnaires in versions, each locked once it has been used."""

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from wagtail.blocks import StreamBlockValidationError
from wagtail.fields import StreamField
from wagtail.models import PreviewableMixin
from wagtail.search import index

from courses.enums import CourseKind
from evaluations.blocks import QuestionnaireBlock
from evaluations.enums import COURSE_MOMENTS, Moment
from evaluations.querysets import QuestionnaireQuerySet
from evaluations.question_rules import errors_for
from website.core.constraints import choices_check


class Questionnaire(PreviewableMixin, index.Indexed, models.Model):
    """One version of a set of questions. Versions share their `family`.

    Once an evaluation has opened with it, it is locked: answers must stay answers to what people read.
    """

    family = models.UUIDField(default=uuid.uuid4, editable=False)
    version = models.PositiveSmallIntegerField(_("version"), default=1, editable=False)
    title = models.CharField(_("name"), max_length=120, help_text=_("For staff: what people see is the introduction"))
    moment = models.CharField(_("when"), max_length=10, choices=Moment, default=Moment.END)
    course_kind = models.CharField(
        _("kind of course"), max_length=20, choices=CourseKind, blank=True, help_text=_("Empty: every kind")
    )
    is_standard = models.BooleanField(
        _("standard"),
        default=False,
        help_text=_("Runs of this kind use it, unless the organiser chooses another"),
    )
    introduction_da = models.TextField(_("introduction in Danish"), max_length=1000, blank=True)
    introduction_en = models.TextField(_("introduction in English"), max_length=1000, blank=True)
    questions = StreamField(QuestionnaireBlock(), verbose_name=_("questions"))
    locked_at = models.DateTimeField(_("locked at"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = QuestionnaireQuerySet.as_manager()

    search_fields = [
        index.SearchField("title"),
        index.AutocompleteField("title"),
        index.FilterField("moment"),
        index.FilterField("course_kind"),
    ]

    class Meta:
        verbose_name = _("questionnaire")
        verbose_name_plural = _("questionnaires")
        ordering = ["title", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["family", "version"], name="questionnaire_version_unique"),
            models.UniqueConstraint(
                fields=["moment", "course_kind"], condition=Q(is_standard=True), name="questionnaire_one_standard"
            ),
            choices_check("moment", Moment, name="questionnaire_moment_known"),
            models.CheckConstraint(
                condition=Q(course_kind__in=["", *CourseKind.values]), name="questionnaire_course_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.version})" if self.version > 1 else self.title

    @property
    def is_locked(self) -> bool:
        return self.locked_at is not None

    def clean(self) -> None:
        """Refuse what does not fit the moment: a standard for surveys, questions that it cannot ask."""
        super().clean()
        errors: dict[str, ValidationError] = {}
        if not self.is_of_course and self.is_standard:
            errors["is_standard"] = ValidationError(_("A survey chooses its questionnaire: there is no standard."))
        if not self.is_of_course and self.course_kind:
            errors["course_kind"] = ValidationError(_("A survey is of no kind of course. Leave it empty."))
        if wrong := errors_for(self.questions, self.moment):
            errors["questions"] = StreamBlockValidationError(block_errors=wrong)
        if errors:
            raise ValidationError(errors)

    @property
    def is_of_course(self) -> bool:
        """Whether runs are evaluated by it; else surveys."""
        return self.moment in COURSE_MOMENTS

    @property
    def preview_modes(self) -> list[tuple[str, Any]]:
        return [("da", _("In Danish")), ("en", _("In English"))]

    def serve_preview(self, request: HttpRequest, mode_name: str) -> HttpResponse:
        # The form of a paper is built on this model.
        from evaluations.preview import render_preview

        return render_preview(request, self, mode_name)
