"""One participant's page: who it is, what was agreed, what happened, and what an organiser may do."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages

from courses.presentation import price_text, vat_text
from enrolments.admin.workspace.history import events_of_participant
from enrolments.admin.workspace.overview import NotesForm
from enrolments.admin.workspace.tabs import RunMixin
from enrolments.enums import EnrolmentStatus
from enrolments.links import participant_link, registration_link
from enrolments.models import Enrolment
from enrolments.operations.links import replace_participant_link, replace_registration_link
from enrolments.operations.notes import note_on_participant
from enrolments.permissions import may_change_enrolments
from website.messaging.addresses import bounced_addresses
from website.messaging.models import OutboxMessage
from website.messaging.registry import mail_kinds

#: Mails shown on the page; the outbox has them all.
MAILS_SHOWN = 30


class OneParticipantMixin(RunMixin):
    """A view on one participant of the run."""

    tab = "participants"
    enrolment: Enrolment

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.run_pk, self.pk = kwargs["run_pk"], kwargs["pk"]
        return super().dispatch(request, *args, **kwargs)

    def find(self) -> Enrolment:
        rows = Enrolment.objects.select_related(
            "organisation", "payer", "registration__terms", "registration__organisation", "registration__added_by",
            "offer", "replaces", "replaced_by", "moved_from__run__course", "moved_to__run__course",
        )  # fmt: skip
        enrolment = rows.filter(run=self.run, pk=self.pk).first()
        if enrolment is None:
            raise Http404
        enrolment.run = self.run
        return enrolment

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        listed = reverse("participants:list", args=[self.run.pk])
        return [*super().get_breadcrumbs_items(), {"url": listed, "label": _("Participants")}]

    @property
    def own_url(self) -> str:
        return reverse("participants:participant", args=[self.run.pk, self.pk])


class ParticipantView(OneParticipantMixin, TemplateView):
    template_name = "enrolments/admin/workspace/participant.html"
    page_title = gettext_lazy("Participant")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        enrolment = self.find()
        registration = enrolment.registration
        return super().get_context_data(
            enrolment=enrolment,
            registration=registration,
            price=price_text(registration.price),
            vat=vat_text(registration.vat_code, registration.price),
            colleagues=registration.enrolments.exclude(pk=enrolment.pk).order_by("form_order", "pk"),
            events=events_of_participant(enrolment),
            mails=[(mail, mail_label(mail)) for mail in mails_to(enrolment)],
            bounced=bounced_addresses([enrolment.email, registration.contact_email]),
            notes_form=NotesForm(initial={"notes": enrolment.notes}),
            own_link=participant_link.url(enrolment),
            contact_link=registration_link.url(registration),
            waits=enrolment.status == EnrolmentStatus.WAITING,
            came=enrolment.status == EnrolmentStatus.WALK_IN,
            **kwargs,
        )


def mails_to(enrolment: Enrolment) -> list[OutboxMessage]:
    """Return the newest mails to a participant about this registration, or to the contact who stands in for them."""
    address = enrolment.email or enrolment.registration.contact_email
    about = [f"registration:{enrolment.registration_id}", f"enrolment:{enrolment.pk}", f"run:{enrolment.run_id}"]
    return list(OutboxMessage.objects.filter(reference__in=about, to=address).order_by("-created_at")[:MAILS_SHOWN])


def mail_label(mail: OutboxMessage) -> str:
    """Return what kind of mail it was, in words where the kind has any."""
    try:
        kind = mail_kinds.get(mail.kind)
    except KeyError:
        return mail.kind
    return str(kind.text.title) if kind.text else mail.kind


class PersonNotesView(OneParticipantMixin, TemplateView):
    """Keep the internal notes on a participant."""

    may = staticmethod(may_change_enrolments)
    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = NotesForm(request.POST)
        if form.is_valid():
            note_on_participant(enrolment_pk=self.find().pk, notes=form.cleaned_data["notes"])
            messages.success(request, _("The note is kept."))
        else:
            messages.error(request, _("The note is too long."))
        return redirect(f"{self.own_url}#notes")


class ReplaceLinkView(OneParticipantMixin, TemplateView):
    """Make a new secret link: the old one is dead at once. Asked before it is done."""

    may = staticmethod(may_change_enrolments)
    template_name = "enrolments/admin/workspace/replace_link.html"
    page_title = gettext_lazy("Replace the link")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        enrolment = self.find()
        return super().get_context_data(**{**kwargs, "enrolment": enrolment, "own_url": self.own_url})

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        enrolment = self.find()
        if kwargs["whose"] == "contact":
            replace_registration_link(registration_pk=enrolment.registration_id)
        else:
            replace_participant_link(enrolment_pk=enrolment.pk)
        messages.success(request, _("The link is replaced. The old one no longer works."))
        return redirect(f"{self.own_url}#links")
