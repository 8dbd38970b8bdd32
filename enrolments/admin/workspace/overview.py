"""A run's page: how it stands."""

from typing import Any

from django.db.models import Prefetch
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from enrolments.admin.workspace.tabs import RunMixin, Tab, workspace_tabs
from enrolments.enums import EnrolmentStatus
from enrolments.models import Enrolment, EnrolmentEvent
from enrolments.operations.line import waiting_line
from website.core.danish import DanishOrder

workspace_tabs.add("overview", Tab("overview", gettext_lazy("Participants"), "participants:run"), order=10)


class RunParticipantsView(RunMixin, TemplateView):
    """Who comes, who waits and who has cancelled; needs counted without names."""

    tab = "overview"
    template_name = "enrolments/admin/run_participants.html"
    page_title = gettext_lazy("Participants")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        events = Prefetch("events", EnrolmentEvent.objects.select_related("user"))
        enrolments = list(
            self.run.enrolments.select_related("organisation", "registration")
            .prefetch_related(events)
            .order_by(DanishOrder("name"))
        )
        by_status: dict[str, list[Enrolment]] = {status: [] for status in EnrolmentStatus}
        for enrolment in enrolments:
            by_status[enrolment.status].append(enrolment)
        return super().get_context_data(
            seats=self.run.seats,
            confirmed=by_status[EnrolmentStatus.CONFIRMED],
            cancelled=by_status[EnrolmentStatus.CANCELLED],
            line=waiting_line(self.run),
            needs=self._needs(by_status[EnrolmentStatus.CONFIRMED]),
            **kwargs,
        )

    @staticmethod
    def _needs(confirmed: list[Enrolment]) -> list[tuple[str, int]]:
        """Return each dietary or access need with how many have it, the commonest first: no names."""
        counts: dict[str, int] = {}
        for enrolment in confirmed:
            if enrolment.dietary:
                need = enrolment.dietary.strip().capitalize()
                counts[need] = counts.get(need, 0) + 1
        return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
