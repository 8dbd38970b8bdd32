"""The pages that present courses."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel
from wagtail.fields import RichTextField, StreamField
from wagtail.models import Orderable
from wagtail.search import index

from courses.admin.panels import RunsPanel, page_tabs
from courses.enums import CourseKind, VatCode
from website.core.blocks import RICH_TEXT_FEATURES, BodyBlock
from website.core.constraints import choices_check
from website.core.models import BasePage


class CourseIndexPage(BasePage):
    """The course list: search and filters over all published courses."""

    max_count = 1
    page_description = _("All courses, with search and filters")
    parent_page_types = ["home.HomePage"]
    subpage_types = ["courses.CoursePage", "modules.DiplomaModulePage"]
    template = "courses/course_index_page.html"

    class Meta:
        verbose_name = _("course list")
        verbose_name_plural = _("course lists")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        from courses.filters import CourseFilterForm
        from courses.listing import list_courses

        form = CourseFilterForm(request.GET)
        page_obj = list_courses(self, form, number=request.GET.get("side", "1"))
        return super().get_context(request, *args, **kwargs) | {"form": form, "page_obj": page_obj}


class CoursePage(BasePage):
    """What a course is. When it is held stands in its runs, which no revision touches."""

    kind = models.CharField(_("form"), max_length=20, choices=CourseKind, default=CourseKind.ONE_DAY)
    purpose = RichTextField(_("purpose"), features=RICH_TEXT_FEATURES, blank=True)
    target_group = RichTextField(_("who it is for"), features=RICH_TEXT_FEATURES, blank=True)
    outcomes = RichTextField(_("what you take home"), features=RICH_TEXT_FEATURES, blank=True)
    body = StreamField(BodyBlock(), verbose_name=_("content"), blank=True)
    topics = ParentalManyToManyField("courses.Topic", verbose_name=_("topics"), blank=True, related_name="courses")
    price = models.DecimalField(
        _("price (DKK, excl. VAT)"),
        max_digits=9,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
        help_text=_("Per participant, unless a run has its own price"),
    )
    price_includes = models.CharField(
        _("what the price covers"), max_length=200, blank=True, help_text=_("Such as teaching, material and catering")
    )
    vat_code = models.CharField(_("VAT"), max_length=1, choices=VatCode, default=VatCode.EXEMPT)
    attendance_rule = models.ForeignKey(
        "courses.AttendanceRule",
        verbose_name=_("attendance rule"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="courses",
        help_text=_("What counts as having attended. Empty: the rule that is used for all courses"),
    )
    contact_name = models.CharField(_("contact"), max_length=120, blank=True)
    contact_email = models.EmailField(_("contact's email address"), blank=True)
    contact_phone = models.CharField(_("contact's telephone"), max_length=30, blank=True)

    page_description = _("What a course is. Give it runs when you know where and when it is held.")
    parent_page_types = ["courses.CourseIndexPage"]
    subpage_types: list[str] = []
    template = "courses/course_page.html"

    content_panels = [
        *BasePage.content_panels,
        MultiFieldPanel(
            [FieldPanel("purpose"), FieldPanel("target_group"), FieldPanel("outcomes")],
            heading=_("The course in short"),
        ),
        FieldPanel("body"),
    ]
    facts_panels = [
        MultiFieldPanel([FieldPanel("kind"), FieldPanel("topics")], heading=_("Where it belongs")),
        MultiFieldPanel(
            [FieldRowPanel([FieldPanel("price"), FieldPanel("vat_code")]), FieldPanel("price_includes")],
            heading=_("Price"),
        ),
        FieldPanel("attendance_rule"),
        MultiFieldPanel(
            [FieldPanel("contact_name"), FieldRowPanel([FieldPanel("contact_email"), FieldPanel("contact_phone")])],
            heading=_("Contact"),
        ),
        InlinePanel("co_providers", heading=_("Offered together with"), label=_("Organisation")),
    ]
    runs_panels = [RunsPanel(heading=_("Runs"))]
    edit_handler = page_tabs(
        content_panels,
        (_("Facts and price"), facts_panels),
        (_("Runs"), runs_panels),
        promote=BasePage.promote_panels,
        settings=BasePage.settings_panels,
    )

    search_fields = [
        *BasePage.search_fields,
        index.SearchField("purpose"),
        index.SearchField("target_group"),
        index.SearchField("outcomes"),
        index.SearchField("body"),
        index.FilterField("kind"),
    ]

    class Meta:
        verbose_name = _("course")
        verbose_name_plural = _("courses")
        constraints = [
            choices_check("kind", CourseKind, name="course_kind_known"),
            choices_check("vat_code", VatCode, name="course_vat_code_known"),
        ]

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        from courses.listing import runs_of
        from courses.presentation import course_facts
        from courses.structured_data import course_graph

        runs = runs_of(self)
        parent = self.get_parent() if self.depth else None
        return super().get_context(request, *args, **kwargs) | {
            "runs": runs,
            "facts": course_facts(self, runs.coming),
            "contact": self.contact,
            "co_providers": [item.organisation for item in self.co_providers.select_related("organisation")],
            "list_url": parent.get_url(request) if parent else "",
            "graph": course_graph(self, runs.coming, request),
        }

    @property
    def contact(self) -> dict[str, str]:
        """Whom to ask about the course: its own contact, and the provider for what it lacks."""
        own = {"name": self.contact_name, "email": self.contact_email, "phone": self.contact_phone}
        if own["email"] or own["phone"]:
            return own | {"email": own["email"] or settings.PROVIDER["email"]}
        return own | {"email": settings.PROVIDER["email"], "phone": settings.PROVIDER["phone"]}


class CourseCoProvider(Orderable):
    """An organisation that offers the course together with the provider, in the editor's order."""

    course = ParentalKey(CoursePage, on_delete=models.CASCADE, related_name="co_providers")
    organisation = models.ForeignKey(
        "courses.Organisation", verbose_name=_("organisation"), on_delete=models.PROTECT, related_name="+"
    )

    panels = [FieldPanel("organisation")]

    class Meta(Orderable.Meta):
        verbose_name = _("co-provider")
        verbose_name_plural = _("co-providers")
