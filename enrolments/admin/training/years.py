"""Every municipality's training year, for organisers."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import URLResolver, include, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from courses.models import Organisation
from enrolments.admin.training.contacts import ContactsView, ContactView, GiveAccessView, TrainingAdminView
from enrolments.enums import ON_THE_ROLL
from enrolments.forms.fields import municipalities
from enrolments.models import Enrolment, TrainingContact
from enrolments.permissions import may_give_access, may_see_reports
from enrolments.reports.municipality_year import Department, training_year
from enrolments.reports.standings import runs_beginning_in
from enrolments.training_files import Download, downloads, export
from enrolments.views.municipality import year_chosen

PER_PAGE = 100


class MunicipalitiesView(TrainingAdminView):
    """The municipalities with their seats of the year and who sees them; search by name or code."""

    page_title = gettext_lazy("Municipalities")
    header_icon = "site"
    template_name = "enrolments/admin/training/municipalities.html"
    may = staticmethod(may_see_reports)

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        return super().get_breadcrumbs_items()[:-1]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        year, words = year_chosen(self.request), self.request.GET.get("q", "").strip()[:80]
        paginator = Paginator(with_activity(matching(words), year), PER_PAGE)
        return super().get_context_data(
            words=words,
            year=year,
            page=paginator.get_page(self.request.GET.get("p")),
            may_give_access=bool(may_give_access(self.request.user)),
            **kwargs,
        )


def matching(words: str) -> QuerySet[Organisation]:
    """Return the municipalities in whose name or code every word stands."""
    rows = municipalities()
    for word in words.split():
        rows = rows.filter(Q(name__icontains=word) | Q(official_name__icontains=word) | Q(code=word))
    return rows


def with_activity(rows: QuerySet[Organisation], year: int) -> list[Organisation]:
    """Return the municipalities with `seats` of the year and `contacts` in force. Three queries."""
    runs = runs_beginning_in(year)
    counted = Enrolment.objects.filter(run__in=runs, status__in=ON_THE_ROLL, organisation__isnull=False).order_by()
    seats = dict(counted.values_list("organisation").annotate(Count("pk")))
    contacts = dict(TrainingContact.objects.in_force().order_by().values_list("organisation").annotate(Count("pk")))
    found = list(rows)
    for row in found:
        row.seats, row.contacts = seats.get(row.pk, 0), contacts.get(row.pk, 0)  # type: ignore[attr-defined] # for the list
    return found


class YearView(TrainingAdminView):
    """One municipality's year, as its own training contact sees it."""

    header_icon = "site"
    template_name = "enrolments/admin/training/year.html"
    may = staticmethod(may_see_reports)

    @property
    def page_title(self) -> str:
        return str(self.organisation) if hasattr(self, "organisation") else _("Municipalities")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.organisation = find(kwargs["code"])
        self.year = training_year(user=request.user, organisation=self.organisation, year=year_chosen(request))
        self.department = self.year.department(kwargs["key"]) if "key" in kwargs else None
        if "key" in kwargs and self.department is None:
            raise Http404
        if file_format := request.GET.get("fil"):
            file = export(user=request.user, year=self.year, department=self.department, file_format=file_format)
            if file is not None:
                return file
        return super().get(request, *args, **kwargs)

    def downloads(self) -> list[Download]:
        return downloads(self.request.path, self.year.year)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        contacts = TrainingContact.objects.in_force().filter(organisation=self.organisation).select_related("user")
        return super().get_context_data(
            **{
                **kwargs,
                "year": self.year,
                "contacts": contacts,
                "downloads": self.downloads(),
                "base": reverse("training:year", args=[self.organisation.code]),
                "may_give_access": bool(may_give_access(self.request.user)),
            }
        )


class DepartmentView(YearView):
    """One department's year."""

    template_name = "enrolments/admin/training/department.html"

    department: Department | None = None

    @property
    def page_title(self) -> str:
        return self.department.name or _("No department given") if self.department else ""

    def trail(self) -> list[dict[str, str]]:
        url = reverse("training:year", args=[self.organisation.code])
        return [{"url": f"{url}?aar={self.year.year}", "label": str(self.organisation)}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(department=self.department, **kwargs)


def find(code: str) -> Organisation:
    """Return the municipality with this code. Raises Http404 for an unknown one."""
    return get_object_or_404(municipalities(), code=code)


class MunicipalitiesMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return bool(may_see_reports(request.user))


@hooks.register("register_reports_menu_item")
def municipalities_menu_item() -> MenuItem:
    return MunicipalitiesMenuItem(
        _("Municipalities"), reverse("training:index"), name="municipalities", icon_name="site", order=110
    )


@hooks.register("register_admin_urls")
def training_urls() -> list[URLResolver]:
    patterns = [
        path("", MunicipalitiesView.as_view(), name="index"),
        path("contacts/", ContactsView.as_view(), name="contacts"),
        path("contacts/give/", GiveAccessView.as_view(), name="give_access"),
        path("contacts/<int:pk>/", ContactView.as_view(), name="contact"),
        path("<str:code>/", YearView.as_view(), name="year"),
        path("<str:code>/department/<str:key>/", DepartmentView.as_view(), name="department"),
    ]
    return [path("municipalities/", include((patterns, "training")))]
