"""What is printed from a run's page, made when asked for and kept nowhere."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.generic import View
from wagtail.admin import messages

from courses.models import CourseDay
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


class DoorListView(PrintView):
    """The list to sign at the door: of a day, or else of the next one."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        people = list(documents.in_danish_order(self.run.enrolments.confirmed()))
        day = self.day(kwargs.get("day_pk"))
        return pdf_response(documents.door_list(self.run, day, people), self.filename(_("Door list")))

    def day(self, pk: int | None) -> CourseDay | None:
        days = self.run.ordered_days()
        if pk is not None:
            chosen = next((day for day in days if day.pk == pk), None)
            if chosen is None:
                raise Http404
            return chosen
        coming = CourseDay.objects.filter(run=self.run).from_today().first()
        return next((day for day in days if coming and day.pk == coming.pk), days[-1] if days else None)


class KitchenListView(PrintView):
    """How many come and what they need, without names."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        count = self.run.enrolments.confirmed().count()
        document = documents.kitchen_list(self.run, needs(self.run), count=count)
        return pdf_response(document, self.filename(_("Kitchen list")))
