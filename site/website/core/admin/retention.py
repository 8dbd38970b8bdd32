"""The staff's page on what is deleted: what, why, when; what went, and what is due. Counts only."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from procrastinate.exceptions import AlreadyEnqueued
from wagtail.admin import messages
from wagtail.admin.menu import MenuItem
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.viewsets.base import ViewSet

from website.core.contributions import RetentionCategory, retention_categories
from website.core.models import RetentionRun
from website.core.retention import Period

MAY_SEE, MAY_RUN = "core.view_retentionrun", "core.add_retentionrun"
#: A run that has not ended after so long was killed; the next one takes up where it stopped.
LONGEST = timedelta(hours=2)
LOOK_BACK = timedelta(days=30)


@dataclass(frozen=True)
class Shown:
    """One category as the page shows it. `next_on` is the day on which the next rows go, `next_rows` how many."""

    category: RetentionCategory
    period: Period
    due: int
    next_on: date | None
    next_rows: int
    last: RetentionRun | None
    recent: int

    @property
    def is_running(self) -> bool:
        last = self.last
        return bool(last and last.finished_at is None and last.started_at > timezone.now() - LONGEST)

    @property
    def was_stopped(self) -> bool:
        return bool(self.last and self.last.finished_at is None and not self.is_running)


def shown_categories(today: date | None = None) -> list[Shown]:
    """Return every category with what went and what is due; the number of queries does not grow with rows."""
    today = today or timezone.localdate()
    newest = RetentionRun.objects.order_by("category", "-started_at", "-pk").distinct("category").select_related("by")
    last = {run.category: run for run in newest}
    since = timezone.now() - LOOK_BACK
    recent = dict(
        RetentionRun.objects.filter(started_at__gt=since).order_by().values_list("category").annotate(Sum("rows"))
    )
    found = []
    for category in retention_categories:
        period = Period.of(category.period)
        cutoff = period.cutoff(today)
        trigger, rows = category.next_due(cutoff) or (None, 0)
        found.append(
            Shown(
                category=category,
                period=period,
                due=category.due(cutoff),
                next_on=period.ends(trigger) + timedelta(days=1) if trigger else None,
                next_rows=rows,
                last=last.get(category.name),
                recent=recent.get(category.name, 0),
            )
        )
    return found


class RetentionPage(WagtailAdminTemplateMixin, TemplateView):
    header_icon = "bin"
    permission = MAY_SEE

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.has_perm(self.permission):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        return [
            *super().get_breadcrumbs_items(),
            {"url": reverse("retention:index"), "label": _("Retention")},
        ]


class RetentionView(RetentionPage):
    template_name = "core/admin/retention.html"
    page_title = gettext_lazy("Retention")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shown = shown_categories()
        return super().get_context_data(
            categories=shown,
            due=sum(each.due for each in shown),
            every_night=settings.RETENTION_EVERY_NIGHT,
            is_running=any(each.is_running for each in shown),
            may_run=self.request.user.has_perm(MAY_RUN),
            **kwargs,
        )


class RunNowView(RetentionPage):
    """A confirming step that says how much goes; then the job is put in the queue."""

    template_name = "core/admin/retention_confirm.html"
    page_title = gettext_lazy("Delete what is due now")
    permission = MAY_RUN

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(categories=[each for each in shown_categories() if each.due], **kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        from website.core.tasks import retention_now

        try:
            retention_now.defer(user_pk=request.user.pk)
        except AlreadyEnqueued:
            messages.warning(request, _("Somebody has started it already. It waits for its turn."))
        else:
            messages.success(request, _("The deletion has been started. Load this page again to see how far it is."))
        return redirect("retention:index")


class RetentionMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MAY_SEE)


class RetentionViewSet(ViewSet):
    name = "retention"
    icon = "bin"
    menu_label = gettext_lazy("Retention")
    menu_name = "retention"
    menu_order = 9000
    url_prefix = "retention"
    menu_item_class = RetentionMenuItem

    def get_urlpatterns(self) -> list[URLPattern]:
        return [
            path("", RetentionView.as_view(), name="index"),
            path("now/", RunNowView.as_view(), name="now"),
        ]
