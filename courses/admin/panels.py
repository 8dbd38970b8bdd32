"""Panels of the staff's forms. Imported by the page models: models are looked up late."""

from typing import Any

from django.apps import apps
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import (
    FieldPanel,
    FieldRowPanel,
    InlinePanel,
    MultiFieldPanel,
    ObjectList,
    Panel,
    TabbedInterface,
)


class DaysPanel(InlinePanel):
    """The days of a run, with our form and formset: what may be removed or moved is checked there."""

    def get_form_options(self) -> dict[str, Any]:
        from courses.admin.forms import DayForm, DayFormSet

        options = super().get_form_options()
        options["formsets"][self.relation_name] |= {"form": DayForm, "formset": DayFormSet}
        return options


class RunsPanel(Panel):
    """The runs of the course page being edited, to look at and to go to: they are no part of its revisions."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "courses/admin/runs_panel.html"

        def get_context_data(self, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
            context = super().get_context_data(parent_context)
            run_model = apps.get_model("courses", "CourseRun")
            user = self.request.user
            context |= {
                "course": self.instance,
                "runs": run_model.objects.filter(course=self.instance.pk).for_list() if self.instance.pk else [],
                "can_add": user.has_perm("courses.add_courserun"),
                "can_change": user.has_perm("courses.change_courserun"),
            }
            return context


def page_tabs(
    content: list[Panel], *tabs: tuple[str | Promise, list[Panel]], promote: list[Panel], settings: list[Panel]
) -> TabbedInterface:
    """Return the editor's tabs by task: the content first, then `tabs` (heading, panels), sharing and settings last."""
    return TabbedInterface(
        [
            ObjectList(content, heading=_("Content")),
            *(ObjectList(panels, heading=heading) for heading, panels in tabs),
            ObjectList(promote, heading=_("Search and sharing")),
            ObjectList(settings, heading=_("Settings")),
        ]
    )


def run_tabs() -> TabbedInterface:
    """Return the tabs of a run's form, by what the organiser is deciding."""
    from courses.admin.forms import RunForm
    from courses.admin.widgets import PeoplePicker

    when_and_where = [
        MultiFieldPanel(
            [FieldPanel("course"), FieldRowPanel([FieldPanel("label"), FieldPanel("status")])], heading=_("The run")
        ),
        DaysPanel(
            "days",
            [
                FieldRowPanel([FieldPanel("date"), FieldPanel("start_time"), FieldPanel("end_time")]),
                FieldPanel("title"),
                FieldRowPanel(
                    [FieldPanel("presenters", widget=PeoplePicker), FieldPanel("hosts", widget=PeoplePicker)]
                ),
                FieldPanel("programme"),
                FieldPanel("venue"),
            ],
            heading=_("Days"),
            label=_("day"),
        ),
        MultiFieldPanel([FieldPanel("venue"), FieldPanel("online_link")], heading=_("Where")),
    ]
    seats = [
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("capacity"), FieldPanel("minimum")]),
                FieldRowPanel([FieldPanel("decision_date"), FieldPanel("responsible")]),
            ],
            heading=_("Seats"),
        ),
        MultiFieldPanel(
            [FieldRowPanel([FieldPanel("registration_opens_at"), FieldPanel("registration_deadline")])],
            heading=_("Registration"),
        ),
        MultiFieldPanel([FieldPanel("waiting_list"), FieldPanel("line_rule")], heading=_("Waiting list")),
    ]
    price = [
        MultiFieldPanel([FieldPanel("price"), FieldPanel("terms")], heading=_("Price and terms")),
        MultiFieldPanel(
            [FieldRowPanel([FieldPanel("fixed_costs"), FieldPanel("cost_per_participant")])],
            heading=_("What the run costs"),
            help_text=_("Only staff see these. They give the break-even when you decide whether the run is held."),
        ),
    ]
    return TabbedInterface(
        [
            ObjectList(when_and_where, heading=_("When and where")),
            ObjectList(seats, heading=_("Seats and registration")),
            ObjectList(price, heading=_("Price and terms")),
            ObjectList(
                [FieldPanel("practical"), FieldPanel("asks_dietary"), FieldPanel("notes")],
                heading=_("Practical and notes"),
            ),
        ],
        base_form_class=RunForm,
    )
