"""Everybody who is or was registered, on all runs, in one searchable list."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from enrolments.admin.workspace import search
from enrolments.admin.workspace.listing import Heading, Listing
from enrolments.models import Enrolment
from enrolments.permissions import may_see_enrolments


class ListingMixin:
    """A page with a list of participants. A POST searches: the words go to the session, the rest to the URL."""

    request: HttpRequest
    listing: Listing

    def get_listing(self) -> Listing:
        raise NotImplementedError

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.listing = self.get_listing()
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        key = search.remember(request.session, request.POST.get("words", ""))
        query = request.GET.copy()
        query.clear()
        for name in ("run", "status", "organisation", "payer", "only", "sort"):
            if value := request.POST.get(name, "")[:40]:
                query[name] = value
        if key:
            query[search.PARAMETER] = key
        return HttpResponseRedirect(f"{request.path}{'?' if query else ''}{query.urlencode()}")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        listing = self.listing
        page = listing.page
        return super().get_context_data(
            listing=listing,
            page=page,
            elided_page_range=page.paginator.get_elided_page_range(page.number),
            headings=self.headings(),
            **kwargs,
        )

    def headings(self) -> list[Heading]:
        heading = self.listing.heading
        return [
            heading("name", gettext_lazy("Name")),
            heading("organisation", gettext_lazy("Organisation")),
            Heading(gettext_lazy("E-mail")),
            heading("status", gettext_lazy("Status")),
            heading("registered", pgettext_lazy("when", "Registered")),
        ]


class EveryoneView(ListingMixin, WagtailAdminTemplateMixin, TemplateView):
    """Everybody who is or was registered. Read here; changed on the participant's page."""

    template_name = "enrolments/admin/workspace/everyone.html"
    page_title = gettext_lazy("Participants")
    header_icon = "group"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        may_see_enrolments(request.user).enforce()
        return super().dispatch(request, *args, **kwargs)

    def get_listing(self) -> Listing:
        everybody = Enrolment.objects.visible_to(self.request.user)
        return Listing(self.request.GET, self.request.session, everybody=everybody)

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        return [*super().get_breadcrumbs_items(), {"url": "", "label": str(self.page_title)}]

    def headings(self) -> list[Heading]:
        return [Heading(gettext_lazy("Run")), *super().headings()]
