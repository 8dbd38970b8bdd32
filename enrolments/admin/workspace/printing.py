"""What is printed from a run's page, made when asked for and kept nowhere."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.generic import View
from wagtail.admin import messages

from enrolments import documents
from enrolments.admin.workspace.figures import needs
from enrolments.admin.workspace.tabs import RunMixin
from website.core.pdf import pdf_response


class PrintView(RunMixin, View):
    """A document about the run."""

    def filename(self, what: str) -> str:
        return f"{slugify(what)}-{slugify(str(self.run))[:60]}.pdf"


class BadgesView(PrintView):
    """Badges for everybody who has a seat."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        people = documents.in_danish_order(self.run.enrolments.confirmed().exclude(name=""))
        if not people:
            messages.error(request, _("Nobody with a seat has a name yet, so there are no badges to print."))
            return redirect(self.home_url)
        return pdf_response(documents.badges(self.run, people), self.filename(_("Badges")))


class KitchenListView(PrintView):
    """How many come and what they need, without names."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        count = self.run.enrolments.confirmed().count()
        document = documents.kitchen_list(self.run, needs(self.run), count=count)
        return pdf_response(document, self.filename(_("Kitchen list")))
