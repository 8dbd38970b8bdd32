"""A municipality's training year for its training contacts. To others the page is one that does not exist."""

import re
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache

from enrolments.models import TrainingContact
from enrolments.reports.municipality_year import Department, TrainingYear, training_year
from enrolments.training_files import downloads, export
from website.accounts.models import User
from website.accounts.typing import AnyUser

YEAR = re.compile(r"(19|20|21)[0-9]{2}", re.ASCII)


def contact_for(user: AnyUser, code: str) -> TrainingContact:
    """Return the user's access to the municipality with this code. Raises Http404 when they have none now."""
    if not code or "\0" in code:
        raise Http404
    contact = TrainingContact.objects.of(user).filter(organisation__code=code).select_related("organisation").first()
    if contact is None:
        raise Http404
    return contact


def year_chosen(request: HttpRequest) -> int:
    """Return the year asked for, else this one. Raises Http404 for what is no year."""
    text = request.GET.get("aar", "")
    if not text:
        return timezone.localdate().year
    if not YEAR.fullmatch(text):
        raise Http404
    return int(text)


@method_decorator([login_required, never_cache], name="dispatch")
class ContactView(View):
    """A page for training contacts: signed in, kept by no cache, found by no search engine."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        response = super().dispatch(request, *args, **kwargs)
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        response.headers["Referrer-Policy"] = "same-origin"
        return response

    def year(self, code: str) -> TrainingYear:
        self.contact = contact_for(self.request.user, code)
        organisation = self.contact.organisation
        return training_year(user=self.request.user, organisation=organisation, year=year_chosen(self.request))

    def file(self, year: TrainingYear, department: Department | None = None) -> HttpResponseBase | None:
        """Return the file asked for, of what the page shows; None when the page itself is meant."""
        if not (file_format := self.request.GET.get("fil")):
            return None
        user = cast(User, self.request.user)
        return export(user=user, year=year, department=department, file_format=file_format)

    def page(self, template: str, *, crumbs: list[tuple[str, str]], **context: Any) -> HttpResponse:
        values = {
            "crumbs": [(_("My page"), reverse("accounts:my_page")), *crumbs],
            "contact": self.contact,
            "now": timezone.localtime(),
            **context,
        }
        return TemplateResponse(self.request, f"enrolments/training/{template}.html", values)


class MunicipalityListView(ContactView):
    """Lead to the municipality of a contact; who has several, or none, chooses on Min side."""

    def get(self, request: HttpRequest) -> HttpResponse:
        codes = list(TrainingContact.objects.of(request.user).values_list("organisation__code", flat=True)[:2])
        if len(codes) == 1:
            return redirect("enrolments:municipality_year", codes[0])
        return redirect("accounts:my_page")


class MunicipalityYearView(ContactView):
    """The year on one page."""

    def get(self, request: HttpRequest, code: str) -> HttpResponseBase:
        year = self.year(code)
        if (file := self.file(year)) is not None:
            return file
        base = reverse("enrolments:municipality_year", args=[code])
        return self.page("year", crumbs=[], year=year, base=base, downloads=downloads(base, year.year))


class DepartmentView(ContactView):
    """What the people of one department took in the year."""

    def get(self, request: HttpRequest, code: str, key: str) -> HttpResponseBase:
        year = self.year(code)
        department = year.department(key)
        if department is None:
            raise Http404
        if (file := self.file(year, department)) is not None:
            return file
        home = reverse("enrolments:municipality_year", args=[code])
        crumbs = [(str(year.organisation), f"{home}?aar={year.year}")]
        files = downloads(reverse("enrolments:municipality_department", args=[code, key]), year.year)
        return self.page("department", crumbs=crumbs, year=year, department=department, downloads=files)
