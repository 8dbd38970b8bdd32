"""Training contacts in the admin: who sees which municipality, who let them, until when; give and end access."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.widgets import AdminDateInput

from enrolments.exceptions import AlreadyTrainingContact, SignInClosed
from enrolments.forms.fields import AddressField, OneLineField, municipalities
from enrolments.models import TrainingContact
from enrolments.operations.training_contacts import change_expiry, end_access, give_access
from enrolments.permissions import may_give_access
from website.core.contributions import AttentionItem, attention_items

PER_PAGE = 50
#: How long before access runs out somebody is told, and how many are named.
LOOK_AHEAD = timedelta(days=21)
NAMED = 5


class TrainingAdminView(WagtailAdminTemplateMixin, TemplateView):
    """A page on municipalities. `may` says who gets in."""

    header_icon = "group"
    may = staticmethod(may_give_access)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.may(request.user).enforce()
        return super().dispatch(request, *args, **kwargs)

    def trail(self) -> list[dict[str, str]]:
        """Return the breadcrumbs between "Municipalities" and this page."""
        return []

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        return [
            *super().get_breadcrumbs_items(),
            {"url": reverse("training:index"), "label": _("Municipalities")},
            *self.trail(),
            {"url": "", "label": str(self.page_title)},
        ]


class ExpiryForm(forms.Form):
    expires_on = forms.DateField(
        label=gettext_lazy("Access until"),
        required=False,
        widget=AdminDateInput,
        help_text=gettext_lazy("The last day. Empty: until you end it"),
    )

    def clean_expires_on(self) -> date | None:
        day = self.cleaned_data["expires_on"]
        if day and day < timezone.localdate():
            raise ValidationError(_("%(day)s has passed. Choose a day to come.") % {"day": date_format(day)})
        return day


class AccessForm(ExpiryForm):
    """To whom, for which municipality, until when."""

    organisation = forms.ModelChoiceField(
        label=gettext_lazy("Municipality"),
        queryset=None,
        empty_label=gettext_lazy("Choose a municipality"),
        help_text=gettext_lazy("They see the participants of this municipality and of no other."),
    )
    email = AddressField(
        label=gettext_lazy("E-mail"),
        max_length=254,
        help_text=gettext_lazy("They sign in with a code that is mailed to this address."),
    )
    name = OneLineField(label=gettext_lazy("Name"), max_length=120)
    field_order = ["organisation", "name", "email", "expires_on"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = municipalities()  # type: ignore[attr-defined] # a model's choice


class ContactsView(TrainingAdminView):
    """Who sees which municipality: those with access first, then those whose access is over."""

    page_title = gettext_lazy("Training contacts")
    template_name = "enrolments/admin/training/contacts.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Search. The words are posted, so that names and addresses stand in no URL."""
        return self.get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        words = self.request.POST.get("words", "").replace("\0", "").strip()[:80]
        rows = found(words)
        paginator = Paginator(rows.in_force().order_by("organisation__name", "user__last_name", "pk"), PER_PAGE)
        return super().get_context_data(
            words=words,
            page=paginator.get_page(self.request.GET.get("p")),
            over=rows.exclude(pk__in=TrainingContact.objects.in_force().values("pk"))[:PER_PAGE],
            **kwargs,
        )


def found(words: str) -> QuerySet[TrainingContact]:
    """Return contacts in whose name, address or municipality every word stands."""
    rows = TrainingContact.objects.select_related("user", "organisation", "granted_by")
    for word in words.split():
        anywhere = Q()
        for field in ("user__email", "user__first_name", "user__last_name"):
            anywhere |= Q(**{f"{field}__icontains": word})
        rows = rows.filter(anywhere | Q(organisation__name__icontains=word) | Q(organisation__code=word))
    return rows


class GiveAccessView(TrainingAdminView):
    """Give somebody access: they are mailed how to use it."""

    page_title = gettext_lazy("Give access")
    template_name = "enrolments/admin/training/give_access.html"

    def trail(self) -> list[dict[str, str]]:
        return [{"url": reverse("training:contacts"), "label": _("Training contacts")}]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        chosen = municipalities().filter(code=request.GET.get("kommune", "")[:4]).first()
        a_year = timezone.localdate() + timedelta(days=365)
        return self.show(AccessForm(initial={"organisation": chosen, "expires_on": a_year}))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = AccessForm(request.POST)
        if not form.is_valid():
            return self.show(form)
        try:
            contact = give_access(by=request.user, **form.cleaned_data)
        except AlreadyTrainingContact:
            form.add_error("email", _("This person has access to the municipality already."))
        except SignInClosed:
            form.add_error("email", _("The sign-in of this address is closed. An administrator can open it."))
        else:
            words = {"email": contact.user.email, "municipality": contact.organisation}
            messages.success(
                request, _("%(email)s now sees %(municipality)s's courses, and is told so by e-mail.") % words
            )
            return redirect("training:contacts")
        return self.show(form)

    def show(self, form: AccessForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form))


class ContactView(TrainingAdminView):
    """One contact: change until when, or end access now."""

    page_title = gettext_lazy("Access of a training contact")
    template_name = "enrolments/admin/training/contact.html"

    def trail(self) -> list[dict[str, str]]:
        return [{"url": reverse("training:contacts"), "label": _("Training contacts")}]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # Asked first, so that nobody learns by a 404 which numbers there are.
        if may_give_access(request.user):
            rows = TrainingContact.objects.select_related("user", "organisation", "granted_by").filter(ended_at=None)
            self.contact = get_object_or_404(rows, pk=kwargs["pk"])
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.show(ExpiryForm(initial={"expires_on": self.contact.expires_on}))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        words = {"who": self.contact.user, "municipality": self.contact.organisation}
        if request.POST.get("do") == "end":
            end_access(contact=self.contact)
            messages.success(request, _("%(who)s no longer sees %(municipality)s's courses.") % words)
            return redirect("training:contacts")
        form = ExpiryForm(request.POST)
        if not form.is_valid():
            return self.show(form)
        change_expiry(contact=self.contact, expires_on=form.cleaned_data["expires_on"])
        messages.success(request, _("The access of %(who)s to %(municipality)s is changed.") % words)
        return redirect("training:contacts")

    def show(self, form: ExpiryForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form, contact=self.contact))


@attention_items.register("training_contacts", order=60)
def access_running_out(user: Any) -> Iterator[AttentionItem]:
    """Yield whose access runs out soon, for whoever may let it last."""
    if not may_give_access(user):
        return
    today = timezone.localdate()
    soon = TrainingContact.objects.in_force(today).filter(expires_on__lte=today + LOOK_AHEAD, user__is_active=True)
    for contact in soon.select_related("user", "organisation").order_by("expires_on", "pk")[:NAMED]:
        words = {"who": contact.user, "municipality": contact.organisation}
        yield AttentionItem(
            text=_("%(who)s soon no longer sees %(municipality)s's courses") % words,
            url=reverse("training:contact", args=[contact.pk]),
            detail=_("Access lasts until %(day)s.") % {"day": date_format(contact.expires_on, "DATE_FORMAT")},
        )
