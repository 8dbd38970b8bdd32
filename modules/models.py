"""Diploma modules: a diploma module *is* a course, with ECTS, learning objectives and an exam."""

from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.fields import RichTextField
from wagtail.search import index

from courses.admin.panels import page_tabs
from courses.enums import CourseKind
from courses.models import CoursePage
from modules.enums import ModuleKind
from website.core.blocks import RICH_TEXT_FEATURES
from website.core.constraints import choices_check
from website.core.models import BasePage


class DiplomaModulePage(CoursePage):
    ects = models.DecimalField(
        _("ECTS"), max_digits=4, decimal_places=1, null=True, blank=True, validators=[MinValueValidator(Decimal("0.5"))]
    )
    module_kind = models.CharField(_("kind of module"), max_length=12, choices=ModuleKind, default=ModuleKind.ELECTIVE)
    programme_name = models.CharField(
        _("diploma programme"), max_length=150, blank=True, help_text=_("Such as Den offentlige lederuddannelse (DOL)")
    )
    certified_provider = models.CharField(_("certified provider"), max_length=150, blank=True)
    knowledge = RichTextField(_("knowledge"), features=RICH_TEXT_FEATURES, blank=True)
    skills = RichTextField(_("skills"), features=RICH_TEXT_FEATURES, blank=True)
    competences = RichTextField(_("competences"), features=RICH_TEXT_FEATURES, blank=True)
    admission = RichTextField(_("admission"), features=RICH_TEXT_FEATURES, blank=True)
    exam_form = RichTextField(_("exam"), features=RICH_TEXT_FEATURES, blank=True)
    exam_date = models.DateField(_("exam date"), null=True, blank=True)
    hand_in_at = models.DateTimeField(_("hand-in"), null=True, blank=True)
    literature = RichTextField(_("literature"), features=RICH_TEXT_FEATURES, blank=True)

    page_description = _("A course with ECTS, learning objectives and an exam")
    parent_page_types = ["courses.CourseIndexPage"]
    template = "modules/diploma_module_page.html"

    module_panels = [
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("ects"), FieldPanel("module_kind")]),
                FieldPanel("programme_name"),
                FieldPanel("certified_provider"),
            ],
            heading=_("The module"),
        ),
        MultiFieldPanel(
            [FieldPanel("knowledge"), FieldPanel("skills"), FieldPanel("competences")], heading=_("Learning objectives")
        ),
        FieldPanel("admission"),
        MultiFieldPanel(
            [FieldPanel("exam_form"), FieldRowPanel([FieldPanel("hand_in_at"), FieldPanel("exam_date")])],
            heading=_("Exam"),
        ),
        FieldPanel("literature"),
    ]
    edit_handler = page_tabs(
        CoursePage.content_panels,
        (_("Facts and price"), CoursePage.facts_panels),
        (_("The module"), module_panels),
        (_("Runs"), CoursePage.runs_panels),
        promote=BasePage.promote_panels,
        settings=BasePage.settings_panels,
    )

    search_fields = [
        *CoursePage.search_fields,
        index.SearchField("knowledge"),
        index.SearchField("skills"),
        index.SearchField("competences"),
    ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.kind = CourseKind.DIPLOMA_MODULE  # it can be no other
        super().save(*args, **kwargs)

    class Meta:
        verbose_name = _("diploma module")
        verbose_name_plural = _("diploma modules")
        constraints = [choices_check("module_kind", ModuleKind, name="module_kind_known")]

    def clean(self) -> None:
        super().clean()
        if self.hand_in_at and self.exam_date and timezone.localdate(self.hand_in_at) > self.exam_date:
            raise ValidationError({"hand_in_at": _("The hand-in must come before the exam, or on the same day.")})
