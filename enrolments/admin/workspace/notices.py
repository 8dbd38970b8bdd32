"""What an organiser should look at on a run: the most pressing first. Other areas add their own.

    @run_notices.register("presenters", order=60)
    def without_presenter(run: CourseRun, figures: Figures, at: datetime) -> Iterator[RunNotice]: …

Each costs a constant number of queries.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import CharField, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from courses.enums import RunStatus
from courses.models import CourseRun
from enrolments.admin.workspace.figures import Figures
from enrolments.admin.workspace.tabs import workspace_tabs
from enrolments.enums import OfferStatus, RequestStatus, RunChangeStatus
from enrolments.models import ChangeRequest, Offer, RunChange
from website.core.registry import Registry
from website.messaging.enums import UNDELIVERED_STATUSES
from website.messaging.models import OutboxMessage

#: How long before its decision date a run asks for the decision, and before it expires an offer is named.
DECIDE_AHEAD = timedelta(weeks=3)
EXPIRES_SOON = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class RunNotice:
    """One thing to look at: what, where, and what to press."""

    text: str
    url: str
    button: str
    urgent: bool = False


run_notices: Registry[Callable[[CourseRun, Figures, datetime], Iterable[RunNotice]]] = Registry()


def notices(run: CourseRun, figures: Figures, at: datetime | None = None) -> list[RunNotice]:
    """Return everything there is to look at on a run, the urgent first."""
    at = at or timezone.now()
    found = [notice for contribute in run_notices for notice in contribute(run, figures, at)]
    return sorted(found, key=lambda notice: not notice.urgent)


def tab_url(name: str, run: CourseRun) -> str:
    """Return the address of a tab of the run, or of its participants while there is no such tab."""
    known = {tab.name for tab in workspace_tabs}
    return reverse(workspace_tabs.get(name).url_name if name in known else "participants:list", args=[run.pk])


def list_url(run: CourseRun, query: str) -> str:
    return f"{reverse('participants:list', args=[run.pk])}?{query}"


def edit_url(run: CourseRun) -> str:
    return reverse("wagtailsnippets_courses_courserun:edit", args=[run.pk])


@run_notices.register("changes", order=10)
def untold_change(run: CourseRun, figures: Figures, at: datetime) -> Iterator[RunNotice]:
    change = RunChange.objects.filter(run=run, status=RunChangeStatus.PENDING).first()
    if change and (figures.occupied or figures.waiting):
        text = _("Participants have not been told of the change: %(change)s.") % {
            "change": change.get_kind_display().lower()
        }
        yield RunNotice(text, tab_url("changes", run), _("Tell participants"), urgent=True)


@run_notices.register("requests", order=20)
def open_requests(run: CourseRun, figures: Figures, at: datetime) -> Iterator[RunNotice]:
    count = ChangeRequest.objects.filter(enrolment__run=run, status=RequestStatus.OPEN).count()
    if count:
        text = ngettext("%(count)s request waits for your answer.", "%(count)s requests wait for your answer.", count)
        yield RunNotice(text % {"count": count}, tab_url("requests", run), _("Answer"), urgent=True)


@run_notices.register("line", order=30)
def free_seats_and_a_line(run: CourseRun, figures: Figures, at: datetime) -> Iterator[RunNotice]:
    if figures.waiting and figures.free and run.status != RunStatus.CANCELLED:
        text = ngettext(
            "%(count)s seat is free while people wait.", "%(count)s seats are free while people wait.", figures.free
        )
        yield RunNotice(text % {"count": figures.free}, tab_url("line", run), _("See the waiting list"), urgent=True)


@run_notices.register("offers", order=40)
def offers_about_to_expire(run: CourseRun, figures: Figures, at: datetime) -> Iterator[RunNotice]:
    count = Offer.objects.filter(run=run, status=OfferStatus.OPEN, expires_at__lte=at + EXPIRES_SOON).count()
    if count:
        text = ngettext(
            "%(count)s offer of a seat expires within a day.",
            "%(count)s offers of seats expire within a day.",
            count,
        )
        yield RunNotice(text % {"count": count}, tab_url("line", run), _("See the waiting list"))


@run_notices.register("decision", order=50)
def decision_to_make(run: CourseRun, figures: Figures, at: datetime) -> Iterator[RunNotice]:
    if not run.decision_date or run.confirmed_at or not run.is_held or (run.starts_at and run.starts_at <= at):
        return
    today = timezone.localdate(at)
    if run.decision_date > today + DECIDE_AHEAD:
        return
    when = {"date": date_format(run.decision_date, "MONTH_DAY_FORMAT")}
    if run.decision_date < today:
        text = _("You were to decide by %(date)s whether the run is held.") % when
    else:
        text = _("Decide by %(date)s whether the run is held.") % when
    if run.minimum:
        text += " " + _("%(count)s of at least %(minimum)s have a seat.") % {
            "count": figures.confirmed,
            "minimum": run.minimum,
        }
    yield RunNotice(text, tab_url("changes", run), _("Decide"), urgent=run.decision_date <= today)


@run_notices.register("mails", order=60)
def undelivered_mails(run: CourseRun, figures: Figures, at: datetime) -> Iterator[RunNotice]:
    count = undelivered(run).values("to").distinct().count()
    if count:
        text = ngettext("Mails do not reach %(count)s address.", "Mails do not reach %(count)s addresses.", count) % {
            "count": count
        }
        yield RunNotice(text, reverse("participants:undelivered", args=[run.pk]), _("See which"), urgent=True)


@run_notices.register("names", order=70)
def names_to_follow(run: CourseRun, figures: Figures, at: datetime) -> Iterator[RunNotice]:
    if figures.unnamed:
        text = ngettext("%(count)s seat has no name yet.", "%(count)s seats have no names yet.", figures.unnamed) % {
            "count": figures.unnamed
        }
        yield RunNotice(text, list_url(run, "only=unnamed"), _("See which"))


@run_notices.register("dates", order=80)
def without_days_or_place(run: CourseRun, figures: Figures, at: datetime) -> Iterator[RunNotice]:
    if run.status == RunStatus.CANCELLED:
        return
    if not run.ordered_days():
        yield RunNotice(
            _("The run has no days yet."), edit_url(run), _("Add days"), urgent=run.status == RunStatus.OPEN
        )
    elif not run.venue_id and not run.online_link:
        yield RunNotice(_("The run has no place yet."), edit_url(run), _("Add a place"))


def undelivered(run: CourseRun) -> QuerySet[OutboxMessage]:
    """Return the run's mails that did not reach anybody."""
    registrations = run.registrations.order_by().values_list(_reference("registration", "pk"))
    enrolments = run.enrolments.order_by().values_list(_reference("enrolment", "pk"))
    return OutboxMessage.objects.filter(
        Q(status__in=UNDELIVERED_STATUSES) | Q(undeliverable_at__isnull=False),
        Q(reference__in=registrations) | Q(reference__in=enrolments),
    )


def _reference(kind: str, field: str) -> Concat:
    return Concat(Value(f"{kind}:"), Cast(field, CharField()), output_field=CharField())
