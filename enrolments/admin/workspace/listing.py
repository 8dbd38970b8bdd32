"""Which participants a list shows: filters from the URL, search words from the session, order and page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib.sessions.backends.base import SessionBase
from django.db.models import Case, Exists, F, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce
from django.http import QueryDict
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext_lazy, pgettext_lazy
from wagtail.admin.paginator import WagtailPaginator

from courses.models import CourseRun, Organisation
from enrolments.admin.workspace import search
from enrolments.enums import ACTIVE_STATUSES, ENDED_STATUSES, EnrolmentStatus, RequestStatus
from enrolments.models import ChangeRequest, Enrolment, Payer
from website.core.danish import DanishOrder

PAGE_SIZE = 50
#: Every word typed must stand somewhere in one of these.
SEARCHED = (
    "name",
    "email",
    "job_title",
    "department",
    "organisation__official_name",
    "organisation_name",
    "registration__contact_name",
    "registration__contact_email",
    "registration__organisation_name",
)
STATUSES = (
    ("", gettext_lazy("Coming or in line")),
    *EnrolmentStatus.choices,
    ("ended", gettext_lazy("No longer coming")),
    ("all", gettext_lazy("Everybody")),
)
ONLY = (
    ("", gettext_lazy("Everybody")),
    ("unnamed", gettext_lazy("Name to follow")),
    ("needs", gettext_lazy("With dietary or access needs")),
    ("notes", gettext_lazy("With internal notes")),
    ("requests", gettext_lazy("With an open request")),
    ("no-address", gettext_lazy("Without an e-mail address of their own")),
)
OPEN_REQUEST = Exists(ChangeRequest.objects.filter(enrolment=OuterRef("pk"), status=RequestStatus.OPEN))
_ORGANISATION = Coalesce(F("organisation__name"), F("organisation_name"))
#: What a list can be ordered by. Seats without a name come last.
ORDERS: dict[str, Sequence[Any]] = {
    "name": [
        Case(When(name="", then=Value(1)), default=Value(0), output_field=IntegerField()),
        DanishOrder("name"),
    ],
    "organisation": [DanishOrder(_ORGANISATION), DanishOrder("name")],
    "status": [
        Case(
            *(When(status=status, then=Value(n)) for n, status in enumerate(EnrolmentStatus.values)),
            output_field=IntegerField(),
        ),
        "line_order",
        DanishOrder("name"),
    ],
    "registered": ["created_at"],
}


class RunChoice(forms.ModelChoiceField):
    """A run by its name and number, told apart by when it begins."""

    def label_from_instance(self, obj: CourseRun) -> str:
        begins = f" ({obj.first_starts_at:%d.%m.%Y})" if obj.first_starts_at else ""
        return f"{obj}{begins}"


class PayerChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Payer) -> str:
        return f"{obj.name} · EAN {obj.ean}" if obj.ean else obj.name


class ListForm(forms.Form):
    """What a list may be narrowed to. On a run's page the run stands; in the list of everybody it is chosen."""

    words = forms.CharField(
        label=pgettext_lazy("participants", "Search"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    run = RunChoice(
        label=gettext_lazy("Run"),
        queryset=CourseRun.objects.none(),
        required=False,
        empty_label=gettext_lazy("All runs"),
    )
    status = forms.ChoiceField(label=gettext_lazy("Status"), choices=STATUSES, required=False)
    organisation = forms.ModelChoiceField(
        label=gettext_lazy("Municipality"),
        queryset=Organisation.objects.none(),
        required=False,
        empty_label=pgettext_lazy("municipalities", "All"),
    )
    payer = PayerChoice(
        label=gettext_lazy("Payer"),
        queryset=Payer.objects.none(),
        required=False,
        empty_label=pgettext_lazy("payers", "All"),
    )
    only = forms.ChoiceField(label=gettext_lazy("Only"), choices=ONLY, required=False)

    def __init__(self, *args: Any, of_run: CourseRun | None, everybody: QuerySet[Enrolment], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = Organisation.objects.filter(
            pk__in=everybody.order_by().values("organisation")
        ).order_by(DanishOrder("name"))
        if of_run is None:
            del self.fields["payer"]
            self.fields["run"].queryset = (
                CourseRun.objects.with_period().select_related("course").order_by("-first_starts_at", "-pk")
            )
        else:
            del self.fields["run"]
            self.fields["payer"].queryset = one_of_each_payer(of_run)


def one_of_each_payer(run: CourseRun) -> QuerySet[Payer]:
    """Return one row for each organisation and EAN that pays on the run: many registrations may carry the same."""
    first = Payer.objects.filter(registration__run=run).order_by("name", "ean", "pk").distinct("name", "ean")
    return Payer.objects.filter(pk__in=first.values("pk")).order_by(DanishOrder("name"), "ean")


@dataclass(frozen=True, slots=True)
class Heading:
    """A column's heading, with the address that orders by it and how it is ordered now."""

    label: str | Promise
    url: str = ""
    sorted: str = ""


class Listing:
    """One list of participants: of a run, or of everybody. Reads the URL's query and the session."""

    def __init__(
        self, query: QueryDict, session: SessionBase, *, everybody: QuerySet[Enrolment], run: CourseRun | None = None
    ) -> None:
        self.run, self.everybody, self.query = run, everybody, query
        self.key = query.get(search.PARAMETER, "")
        self.words = search.recall(session, self.key)
        self.form = ListForm(
            {**{name: query.get(name, "") for name in ListForm.base_fields}, "words": self.words},
            of_run=run,
            everybody=everybody,
        )
        # A filter that makes no sense (any more) narrows nothing: the others still do.
        self.form.is_valid()
        self.filters = {name: value for name, value in self.form.cleaned_data.items() if value and name != "words"}
        wanted = query.get("sort", "")
        self.sort = wanted if wanted.removeprefix("-") in ORDERS else "name"

    @property
    def is_narrowed(self) -> bool:
        return bool(self.words or self.filters)

    def matching(self) -> QuerySet[Enrolment]:
        """Return the participants that match, in order."""
        found = matching_words(narrowed(self.everybody, self.filters, run=self.run), self.words)
        order = ORDERS[self.sort.removeprefix("-")]
        if self.sort.startswith("-"):
            return found.order_by(
                *(F(o).desc(nulls_last=True) if isinstance(o, str) else o.desc() for o in order), "pk"
            )
        return found.order_by(*(F(o).asc(nulls_last=True) if isinstance(o, str) else o for o in order), "pk")

    @cached_property
    def page(self) -> Any:
        """Return the page of rows that the query asks for, with what a row shows."""
        rows = (
            self.matching()
            .select_related("organisation", "payer", "registration", *(() if self.run else ("run__course",)))
            .annotate(has_request=OPEN_REQUEST)
        )
        return WagtailPaginator(rows, PAGE_SIZE).get_page(self.query.get("p"))

    def query_string(self, **changes: str) -> str:
        """Return the list's own query with some keys changed (an empty value leaves one out)."""
        kept = {name: self.query.get(name, "") for name in self.filters}
        kept |= {"sort": self.sort if self.sort != "name" else "", search.PARAMETER: self.key if self.words else ""}
        return urlencode({key: value for key, value in (kept | changes).items() if value})

    def heading(self, name: str, label: str | Promise) -> Heading:
        now = {name: "ascending", f"-{name}": "descending"}.get(self.sort, "")
        following = f"-{name}" if now == "ascending" else name
        return Heading(label, f"?{self.query_string(sort=following)}", now)


def narrowed(found: QuerySet[Enrolment], filters: dict[str, Any], *, run: CourseRun | None) -> QuerySet[Enrolment]:
    """Narrow participants to the filters of a valid ListForm."""
    status = filters.get("status", "")
    if status == "ended":
        found = found.filter(status__in=ENDED_STATUSES)
    elif status in EnrolmentStatus.values:
        found = found.filter(status=status)
    elif status != "all":
        found = found.filter(status__in=ACTIVE_STATUSES)
    if chosen := filters.get("run"):
        found = found.filter(run=chosen)
    if organisation := filters.get("organisation"):
        found = found.filter(organisation=organisation)
    if payer := filters.get("payer"):
        found = found.filter(payer__name=payer.name, payer__ean=payer.ean)
    match filters.get("only"):
        case "unnamed":
            found = found.filter(name="")
        case "needs":
            found = found.exclude(dietary="")
        case "notes":
            found = found.exclude(notes="")
        case "requests":
            found = found.filter(OPEN_REQUEST)
        case "no-address":
            found = found.filter(email="")
    return found


def matching_words(found: QuerySet[Enrolment], words: str) -> QuerySet[Enrolment]:
    """Narrow participants to those in whom every word stands somewhere; a number such as T000012 is a registration."""
    for word in words.split():
        anywhere = Q()
        for field in SEARCHED:
            anywhere |= Q(**{f"{field}__icontains": word})
        if word[:1] in "Tt" and word[1:].isdecimal() and len(word) < 12:
            anywhere |= Q(registration=int(word[1:]))
        found = found.filter(anywhere)
    return found
