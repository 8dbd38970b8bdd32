"""The history of a run: everything that happened to its participants, newest first."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.generic import TemplateView
from wagtail.admin.paginator import WagtailPaginator

from courses.models import CourseRun
from enrolments.admin.workspace.tabs import RunMixin, Tab, workspace_tabs
from enrolments.enums import ActorKind, EventKind, RequestKind
from enrolments.models import Enrolment, EnrolmentEvent, Registration
from website.core.danish import kroner, listed

workspace_tabs.add("history", Tab("history", gettext_lazy("History"), "participants:history"), order=90)

PAGE_SIZE = 50
#: What a changed field is called. Events carry field names, never what stood in them.
FIELD_LABELS = {
    "answers": gettext_lazy("answers"),
    **{name: Enrolment._meta.get_field(name).verbose_name for name in ("name", "email", "job_title", "department")},
    "dietary": Enrolment._meta.get_field("dietary").verbose_name,
    "contact_name": Registration._meta.get_field("contact_name").verbose_name,
    "contact_phone": Registration._meta.get_field("contact_phone").verbose_name,
    "order_reference": gettext_lazy("order or requisition number"),
    "person_reference": gettext_lazy("reference person"),
}
#: How something was agreed that an organiser wrote by hand.
AGREED = {
    "phone": gettext_lazy("agreed by telephone"),
    "mail": gettext_lazy("agreed by e-mail"),
    "other": gettext_lazy("agreed otherwise"),
}
PLACES = {
    "seat": gettext_lazy("a free seat"),
    "raise": gettext_lazy("the number of seats was raised"),
    "held": gettext_lazy("a seat that was held back"),
    "line": gettext_lazy("last in line"),
}


def told(event: EnrolmentEvent) -> str:
    """Return what an event's data add to its kind, in words: which fields, which run, what it cost."""
    data = event.data if isinstance(event.data, dict) else {}
    parts: list[str] = []
    if fields := data.get("fields"):
        parts.append(listed(str(FIELD_LABELS.get(name, name)) for name in fields))
    if kind := data.get("kind"):
        parts.append(str(RequestKind(kind).label) if kind in RequestKind.values else str(kind))
    if place := PLACES.get(data.get("place", "")):
        parts.append(str(place))
    if agreed := AGREED.get(data.get("agreed", "")):
        parts.append(str(agreed))
    if fee := data.get("fee"):
        parts.append(_("fee %(amount)s") % {"amount": _amount(fee)})
    return ", ".join(parts)


def _amount(fee: Any) -> str:
    try:
        return kroner(Decimal(str(fee)))
    except InvalidOperation:
        return str(fee)


class ShownEvent:
    """An event as a page shows it."""

    def __init__(self, event: EnrolmentEvent) -> None:
        self.at = event.at
        self.what = event.get_kind_display()
        self.details = told(event)
        self.by = str(event.user) if event.user else str(ActorKind(event.actor).label)
        self.reason = event.reason
        self.enrolment = event.enrolment


def events_of(run: CourseRun) -> QuerySet[EnrolmentEvent]:
    """Return the run's events, newest first, with what a page shows of them."""
    return (
        EnrolmentEvent.objects.filter(enrolment__run=run)
        .select_related("user", "enrolment__registration")
        .order_by("-at", "-pk")
    )


def events_of_participant(enrolment: Enrolment) -> list[ShownEvent]:
    """Return one participant's events, newest first."""
    events = enrolment.events.select_related("user").order_by("-at", "-pk")
    for event in events:
        event.enrolment = enrolment
    return [ShownEvent(event) for event in events]


class HistoryView(RunMixin, TemplateView):
    """Everything that happened on the run: what, to whom, by whom and why. Filtered by what and by whom."""

    tab = "history"
    template_name = "enrolments/admin/workspace/history.html"
    page_title = gettext_lazy("History")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        query = self.request.GET
        kind, actor = query.get("kind", ""), query.get("by", "")
        events = events_of(self.run)
        if kind in EventKind.values:
            events = events.filter(kind=kind)
        if actor in ActorKind.values:
            events = events.filter(actor=actor)
        page = WagtailPaginator(events, PAGE_SIZE).get_page(query.get("p"))
        kept = "&".join(f"{name}={value}" for name, value in self._chosen(kind, actor))
        return super().get_context_data(
            page=page,
            events=[ShownEvent(event) for event in page],
            elided_page_range=page.paginator.get_elided_page_range(page.number),
            kinds=[("", pgettext_lazy("events", "Everything")), *EventKind.choices],
            actors=[("", pgettext_lazy("people", "Everybody")), *ActorKind.choices],
            kind=kind,
            actor=actor,
            query=kept,
            is_narrowed=bool(kept),
            **kwargs,
        )

    @staticmethod
    def _chosen(kind: str, actor: str) -> Sequence[tuple[str, str]]:
        pairs = (("kind", kind, EventKind.values), ("by", actor, ActorKind.values))
        return [(name, value) for name, value, known in pairs if value in known]
