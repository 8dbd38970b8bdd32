"""The waiting list of a run in its workspace: places, offers out and seats held, with the ways to change them."""

from collections import Counter
from typing import Any

from django.core.paginator import Paginator
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.generic import TemplateView

from courses.enums import HELD_STATUSES
from enrolments.admin.line_acts import (
    HoldForGroupView,
    HoldView,
    MoveEntryView,
    ReleaseView,
    SeatView,
    WithdrawView,
)
from enrolments.admin.workspace.tabs import RunMixin, Tab, workspace_tabs, workspace_urls
from enrolments.enums import OfferStatus
from enrolments.models import Offer, SeatHold
from enrolments.operations.line import LineEntry, filled, outlined_line
from enrolments.operations.offers import answer_by

PER_PAGE = 50
#: So many offers that are settled are told of below the line.
SETTLED_SHOWN = 20


class LineView(RunMixin, TemplateView):
    """Everybody in line in order, a page at a time, with offers out and what is held."""

    tab = "line"
    template_name = "enrolments/admin/line.html"
    page_title = gettext_lazy("Waiting list")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        line = outlined_line(self.run)
        page = Paginator(line, PER_PAGE).get_page(self.request.GET.get("p"))
        wanted = _wanted(line)
        holds = SeatHold.objects.filter(run=self.run, released_at=None).select_related("registration", "created_by")
        settled = Offer.objects.filter(run=self.run).exclude(status=OfferStatus.OPEN).select_related("registration")
        now = timezone.now()
        return super().get_context_data(
            page=page,
            elided_page_range=page.paginator.get_elided_page_range(page.number),
            line=filled(page.object_list),
            offered=sum(entry.size for entry in line if entry.is_offered),
            holds=[(hold, wanted.get(hold.registration_id or 0)) for hold in holds],
            held_for={hold.registration_id for hold in holds if hold.registration_id},
            settled=settled.order_by("-answered_at")[:SETTLED_SHOWN],
            seats=self.run.seats,
            organiser_decides=self.run.status in HELD_STATUSES and answer_by(self.run, now) is None,
            has_begun=bool(self.run.starts_at and self.run.starts_at <= now),
            **kwargs,
        )


def _wanted(line: list[LineEntry]) -> dict[int, int]:
    """Return how many seats each registration waits for, by its primary key."""
    return Counter(
        enrolment.registration_id for entry in line if not entry.is_offered for enrolment in entry.enrolments
    )


workspace_tabs.add(
    "line",
    Tab("line", pgettext_lazy("run", "Waiting list"), "participants:line", count=lambda run: run.seats.waiting),
    order=30,
)
RUN = "run/<int:run_pk>/"
workspace_urls.add(
    "line",
    [
        path(f"{RUN}line/", LineView.as_view(), name="line"),
        path(f"{RUN}line/hold/", HoldView.as_view(), name="hold"),
        path(f"{RUN}line/holds/<int:pk>/release/", ReleaseView.as_view(), name="release_hold"),
        path(f"{RUN}line/offers/<int:pk>/withdraw/", WithdrawView.as_view(), name="withdraw_offer"),
        path(f"{RUN}line/<int:pk>/move/", MoveEntryView.as_view(), name="move_in_line"),
        path(f"{RUN}line/<int:pk>/hold/", HoldForGroupView.as_view(), name="hold_for_group"),
        path(f"{RUN}seat/<int:pk>/", SeatView.as_view(), name="seat"),
    ],
)
