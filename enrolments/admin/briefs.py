"""The presenters' brief in a run's workspace: what it says now, to whom it goes, when it went; and sending it again."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages

from courses.enums import RunStatus
from courses.models import CourseDay
from enrolments.admin.workspace.tabs import RunMixin, Tab, workspace_tabs, workspace_urls
from enrolments.emails.presenters import KIND, brief_context
from enrolments.operations.briefing import briefed_at, people_of, send_brief_again
from enrolments.permissions import may_change_enrolments
from enrolments.reports.brief import audiences
from website.messaging.registry import mail_kinds


class BriefsView(RunMixin, TemplateView):
    """Every day of the run: who is briefed, when that was or will be, and the mail as it would be sent now."""

    tab = "briefs"
    page_title = gettext_lazy("Presenters' brief")
    template_name = "enrolments/admin/briefs.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        days = list(
            CourseDay.objects.filter(run=self.run)
            .select_related("venue")
            .prefetch_related("presenters", "hosts")
            .order_by("date", "start_time")
        )
        audience, sent = audiences([self.run.pk])[self.run.pk], briefed_at(days)
        lines = []
        for day in days:
            day.run = self.run
            people = people_of(day)
            name = people[0].name if people else _("presenter")
            lines.append(
                {
                    "day": day,
                    "people": people,
                    "sent_at": sent.get(day.pk),
                    "is_past": day.date < timezone.localdate(),
                    "mail": mail_kinds.get(KIND).render(brief_context(day, audience, name)),
                    "url": reverse("participants:send_brief", args=[self.run.pk, day.pk]),
                }
            )
        context = {
            "lines": lines,
            "audience": audience,
            "days_before": settings.PRESENTER_BRIEF_DAYS,
            "is_cancelled": self.run.status == RunStatus.CANCELLED,
        }
        return super().get_context_data(**(context | kwargs))


class SendBriefView(RunMixin, TemplateView):
    """Send a day's brief now, to all its presenters and hosts, sent before or not."""

    may = staticmethod(may_change_enrolments)
    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        day = get_object_or_404(CourseDay, run=self.run, pk=kwargs["day_pk"])
        if self.run.status == RunStatus.CANCELLED:
            messages.error(request, _("The run is cancelled, so no brief is sent."))
        elif count := send_brief_again(day=day):
            text = ngettext(
                "The brief is on its way to %(count)s person.", "The brief is on its way to %(count)s people.", count
            )
            messages.success(request, text % {"count": count})
        else:
            messages.error(request, _("No presenter or host of the day has an e-mail address."))
        return redirect("participants:briefs", self.run.pk)


workspace_urls.add(
    "briefs",
    [
        path("run/<int:run_pk>/briefs/", BriefsView.as_view(), name="briefs"),
        path("run/<int:run_pk>/briefs/<int:day_pk>/send/", SendBriefView.as_view(), name="send_brief"),
    ],
)
workspace_tabs.add("briefs", Tab("briefs", pgettext_lazy("run", "Presenters"), "participants:briefs"), order=60)
