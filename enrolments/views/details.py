"""Correct details behind a secret link: a participant's, the contact's, and the link to a seat without a name."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from enrolments.change_words import refusal
from enrolments.exceptions import AlreadyRegistered, DetailsChanged, DetailsFrozen, EnrolmentError, NoLongerActive
from enrolments.forms.changes import ContactForm, CorrectForm, SeatLinkForm
from enrolments.links import participant_link
from enrolments.models import Enrolment
from enrolments.operations.correcting import contact_digest, correct, correct_contact, send_seat_link
from enrolments.views.doors import ContactDoor, Door, ParticipantDoor


class CorrectPage(Door):
    """A participant's details (GET), then the correction (POST). An unnamed seat gets its name here."""

    def get(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        enrolment = self.one(pk)
        if enrolment is None:
            return self.gone()
        return self.show(enrolment, self.form_of(enrolment))

    def post(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        enrolment = self.one(pk)
        if enrolment is None:
            return self.gone()
        form = self.form_of(enrolment, request.POST)
        if not form.is_valid():
            return self.show(enrolment, form)
        version = form.cleaned_data["version"] or 0
        try:
            row = correct(enrolment=enrolment, details=form.details, version=version, actor=self.actor)
        except DetailsChanged as error:
            form.keep_typed_over(error.current)
            return self.show(enrolment, form, changed=changes_in_words(form, error))
        except AlreadyRegistered as error:
            form.add_error("email", refusal(error))
            return self.show(enrolment, form)
        except NoLongerActive:
            return self.gone()
        messages.success(request, _("The details are saved."))
        return redirect(self.after(row))

    def form_of(self, enrolment: Enrolment, data: Any = None) -> CorrectForm:
        """Return the form; a participant's needs are for their own eyes."""
        is_own = isinstance(self, ParticipantDoor)
        return CorrectForm(data, run=self.run, enrolment=enrolment, hides_needs=not is_own)

    def after(self, row: Enrolment) -> str:
        """Return where to go: a participant's link is a new one when the address is."""
        if isinstance(self, ParticipantDoor):
            return reverse("enrolments:participant", args=[participant_link.token(row)])
        return self.home

    def gone(self) -> HttpResponse:
        messages.error(self.request, refusal(NoLongerActive()))
        return redirect(self.home)

    def show(self, enrolment: Enrolment, form: CorrectForm, **context: Any) -> HttpResponse:
        title = _("Fill in the seat") if enrolment.is_unnamed else _("Correct details")
        return self.page("enrolments/correct.html", title, enrolment=enrolment, form=form, title=title, **context)


class CorrectView(CorrectPage, ContactDoor):
    """The contact corrects a participant's details, or gives an unnamed seat its name."""


class SeatCorrectView(CorrectPage, ParticipantDoor):
    """A participant corrects their own details, or fills in the seat that is booked for them."""


class SendLinkView(ContactDoor):
    """Send a colleague the link to the seat that is booked for them."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        enrolment = self.one(pk)
        if enrolment is None or not enrolment.is_unnamed:
            return redirect(self.home)
        return self.show(enrolment, SeatLinkForm(initial={"email": enrolment.email}))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        enrolment = self.one(pk)
        if enrolment is None or not enrolment.is_unnamed:
            messages.info(request, _("The seat has got its name meanwhile."))
            return redirect(self.home)
        form = SeatLinkForm(request.POST)
        if not form.is_valid():
            return self.show(enrolment, form)
        try:
            send_seat_link(enrolment=enrolment, email=form.cleaned_data["email"], actor=self.actor)
        except EnrolmentError as error:
            form.add_error("email", refusal(error))
            return self.show(enrolment, form)
        messages.success(request, _("The link is sent. You can see here when the seat has got its name."))
        return redirect(self.home)

    def show(self, enrolment: Enrolment, form: SeatLinkForm) -> HttpResponse:
        return self.page("enrolments/send_link.html", _("Send the link"), enrolment=enrolment, form=form)


class CorrectContactView(ContactDoor):
    """The contact's name and telephone, and the references of payers that are not invoiced yet."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show(self.form())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self.form(request.POST)
        if not form.is_valid():
            return self.show(form)
        try:
            correct_contact(
                registration=self.registration,
                name=form.cleaned_data["contact_name"],
                phone=form.cleaned_data["contact_phone"],
                references=form.references,
                seen=form.cleaned_data["seen"],
                actor=self.actor,
            )
        except DetailsChanged as error:
            current = error.current
            form.keep_typed_over(contact_digest(current, current.payers.order_by("pk")))
            return self.show(form, changed=[_("Somebody else has changed this meanwhile. Look it through and save.")])
        except DetailsFrozen:
            messages.error(request, _("The invoice has been sent, so its references cannot be changed here."))
            return redirect(self.home)
        messages.success(request, _("The details are saved."))
        return redirect(self.home)

    def form(self, data: Any = None) -> ContactForm:
        payers = list(self.registration.payers.order_by("pk"))
        seen = contact_digest(self.registration, payers)
        return ContactForm(data, registration=self.registration, payers=payers, seen=seen)

    def show(self, form: ContactForm, **context: Any) -> HttpResponse:
        return self.page("enrolments/correct_contact.html", _("Correct your details"), form=form, **context)


def changes_in_words(form: CorrectForm, error: DetailsChanged) -> list[str]:
    """Return what somebody else has changed meanwhile, field by field, and what stands there now."""
    return [
        _("%(field)s now says “%(value)s”.")
        % {"field": form.fields[name].label, "value": getattr(error.current, name) or "–"}
        for name in error.fields
        if name in form.fields and not (name == "dietary" and form.hides_needs)
    ]
