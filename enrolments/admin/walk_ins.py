"""People who came without a seat: the organisers are told, and give them one or leave it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from courses.enums import RunStatus
from courses.models import CourseRun
from enrolments.admin.line_acts import LineActView
from enrolments.admin.line_forms import OptionalReasonForm
from enrolments.admin.workspace.figures import Figures
from enrolments.admin.workspace.notices import RunNotice, list_url, run_notices
from enrolments.admin.workspace.tabs import workspace_urls
from enrolments.enums import EnrolmentStatus
from enrolments.models import Enrolment
from enrolments.operations.attendance import give_seat
from enrolments.permissions import may_change_enrolments
from website.core.contributions import AttentionItem, attention_items

#: So long after the last day people without a seat are brought up; after that it is left as it is.
BROUGHT_UP = timedelta(days=30)


class GiveSeatView(LineActView):
    """Give somebody who came without a seat one."""

    tab = "participants"
    page_title = gettext_lazy("Give a seat")
    button = gettext_lazy("Give a seat")
    form_class = OptionalReasonForm

    @cached_property
    def enrolment(self) -> Enrolment | None:
        rows = self.run.enrolments.select_related("registration")
        return rows.filter(pk=self.kwargs["pk"], status=EnrolmentStatus.WALK_IN).first()

    @property
    def line_url(self) -> str:
        return reverse("participants:participant", args=[self.run.pk, self.kwargs["pk"]])

    def is_possible(self) -> bool:
        return self.enrolment is not None and self.run.status != RunStatus.CANCELLED

    def consequences(self) -> list[str]:
        enrolment, seats = self.enrolment, self.run.seats
        if enrolment is None:
            return []
        said = [_("%(name)s came without a seat and gets one now.") % {"name": enrolment}]
        if seats.left is not None and seats.left < 1:
            said.append(
                _("The run gets one more seat: %(count)s instead of %(before)s.")
                % {"count": (seats.capacity or 0) + 1, "before": seats.capacity}
            )
        if seats.waiting:
            count = seats.waiting
            text = ngettext(
                "%(count)s is on the waiting list and is passed. Write why.",
                "%(count)s are on the waiting list and are passed. Write why.",
                count,
            )
            said.append(text % {"count": count})
        if enrolment.email or enrolment.registration.contact_email:
            said.append(_("They get an e-mail with a confirmation."))
        else:
            said.append(_("They have left no address, so nobody is written to."))
        if enrolment.registration.has_price and not enrolment.payer_id:
            said.append(_("Nobody has said who pays. Ask, and correct the registration."))
        return said

    def act(self, values: dict[str, Any]) -> str:
        done = give_seat(enrolment_pk=self.kwargs["pk"], user=self.request.user, reason=values["reason"].strip())
        return _("%(name)s has got a seat.") % {"name": done}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.run.enrolments.filter(pk=self.kwargs["pk"], status=EnrolmentStatus.CONFIRMED).exists():
            # Pressed twice: it is done.
            return redirect(self.line_url)
        return super().post(request, *args, **kwargs)


workspace_urls.add(
    "walk-ins", [path("run/<int:run_pk>/walk-in/<int:pk>/", GiveSeatView.as_view(), name="walk_in_seat")]
)


@run_notices.register("walk-ins", order=25)
def came_without_a_seat(run: CourseRun, figures: Figures, at: datetime) -> Iterator[RunNotice]:
    """Bring up who came without a seat: the one, or the list of them."""
    if not figures.walk_ins or run.status == RunStatus.CANCELLED:
        return
    text = ngettext("%(count)s person came without a seat.", "%(count)s people came without a seat.", figures.walk_ins)
    text %= {"count": figures.walk_ins}
    if figures.walk_ins == 1:
        pk = run.enrolments.filter(status=EnrolmentStatus.WALK_IN).values_list("pk", flat=True).first()
        if pk:
            yield RunNotice(
                text, reverse("participants:walk_in_seat", args=[run.pk, pk]), _("Give a seat"), urgent=True
            )
        return
    yield RunNotice(text, list_url(run, f"status={EnrolmentStatus.WALK_IN.value}"), _("See who"), urgent=True)


@attention_items.register("walk-ins", order=20)
def walk_ins_needing_attention(user: Any) -> Iterator[AttentionItem]:
    """Yield the runs that people came to without a seat, for whoever may give them one (one query)."""
    if not may_change_enrolments(user):
        return
    recent = timezone.localdate() - BROUGHT_UP
    runs = (
        CourseRun.objects.filter(enrolments__status=EnrolmentStatus.WALK_IN)
        .exclude(status=RunStatus.CANCELLED)
        .select_related("course")
        .annotate(count=Count("enrolments", distinct=True), last=Max("days__date"))
        .filter(last__gte=recent)
        .order_by("last", "pk")
    )
    for run in runs:
        text = ngettext(
            "has %(count)s person who came without a seat", "has %(count)s people who came without a seat", run.count
        )
        yield AttentionItem(
            text=str(run),
            url=list_url(run, f"status={EnrolmentStatus.WALK_IN.value}"),
            detail=text % {"count": run.count},
            urgent=True,
        )
