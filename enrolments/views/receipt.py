"""The contact's receipt behind a secret link: see the registration, cancel one participant or all."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from courses.models import CourseRun
from courses.presentation import RunView, vat_text
from enrolments.enums import ActorKind, EnrolmentStatus
from enrolments.exceptions import TooLate
from enrolments.links import find_registration
from enrolments.models import Enrolment
from enrolments.operations.cancelling import cancel, may_contact_cancel
from enrolments.operations.line import entries_of


# The address is the secret that a forged request lacks. Django's own check cannot serve here: under
# "no-referrer" browsers send "Origin: null" with a POST.
@method_decorator([csrf_exempt, never_cache], name="dispatch")
class SecretLinkView(View):
    """Finds the registration of a secret link; a forged or replaced link gets an answer in words."""

    def dispatch(self, request: HttpRequest, *args: Any, token: str) -> HttpResponse:
        registration = find_registration(token)
        if registration is None:
            response = TemplateResponse(request, "enrolments/unknown_link.html", status=404)
        else:
            self.token, self.registration = token, registration
            self.run = CourseRun.objects.for_display().get(pk=registration.run_id)
            response = super().dispatch(request, *args)
        # The address is the key: it must not travel in a Referer, nor into a search engine.
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex"
        return response


class ReceiptView(SecretLinkView):
    def get(self, request: HttpRequest) -> HttpResponse:
        enrolments = list(self.registration.enrolments.select_related("payer").order_by("form_order"))
        active = [enrolment for enrolment in enrolments if enrolment.is_active]
        positions = self._positions(active)
        for enrolment in active:
            enrolment.position = positions.get(enrolment.pk)
        confirmed = [e for e in active if e.status == EnrolmentStatus.CONFIRMED]
        context = {
            "registration": self.registration,
            "run": self.run,
            "course": self.run.course,
            "here": _("Registration %(number)s") % {"number": self.registration.number},
            "enrolments": enrolments,
            "confirmed": confirmed,
            "waiting": [e for e in active if e.status == EnrolmentStatus.WAITING],
            "active": active,
            "payer": next((e.payer for e in enrolments if e.payer), None),
            "vat": vat_text(self.registration.vat_code, self.registration.price),
            "shown": RunView(self.run, timezone.now()),
            "total": self.registration.price * len(confirmed),
            "may_cancel": bool(active) and may_contact_cancel(self.run),
            "token": self.token,
        }
        return TemplateResponse(request, "enrolments/receipt.html", context)

    def _positions(self, active: list[Enrolment]) -> dict[int, int]:
        """Return each waiting enrolment's place in the run's line, counted from 1."""
        if not any(enrolment.status == EnrolmentStatus.WAITING for enrolment in active):
            return {}
        entries = entries_of(self.run.enrolments.waiting().select_related("registration"))
        return {enrolment.pk: entry.position for entry in entries for enrolment in entry.enrolments}


class CancelView(SecretLinkView):
    """A confirming step (GET), then the cancellation (POST): of `deltager`, or of everybody."""

    def get(self, request: HttpRequest) -> HttpResponse:
        chosen = self._chosen(request.GET.get("deltager"))
        if not chosen or not may_contact_cancel(self.run):
            messages.info(request, _("There is nothing left to cancel here."))
            return redirect("enrolments:registration", token=self.token)
        context = {
            "registration": self.registration,
            "run": self.run,
            "course": self.run.course,
            "crumbs": [
                (
                    _("Registration %(number)s") % {"number": self.registration.number},
                    reverse("enrolments:registration", args=[self.token]),
                )
            ],
            "here": _("Cancel participants"),
            "chosen": chosen,
            "shown": RunView(self.run, timezone.now()),
            "is_everybody": "deltager" not in request.GET,
            "token": self.token,
        }
        return TemplateResponse(request, "enrolments/cancel.html", context)

    def post(self, request: HttpRequest) -> HttpResponse:
        chosen = self._chosen(request.POST.get("deltager"))
        try:
            cancelled = cancel(
                registration=self.registration,
                enrolment_pks=[enrolment.pk for enrolment in chosen],
                actor=ActorKind.CONTACT,
            )
        except TooLate:
            messages.error(request, _("The run has begun, so you cannot cancel here. Call or write to us."))
        else:
            if cancelled:
                messages.success(request, cancelled_message(cancelled))
            else:
                messages.info(request, _("It was cancelled already."))
        return redirect("enrolments:registration", token=self.token)

    def _chosen(self, pk: str | None) -> list[Enrolment]:
        """Return the active enrolments meant: the one of that number, or all without one."""
        active = self.registration.enrolments.active().order_by("form_order")
        if pk is None:
            return list(active)
        return list(active.filter(pk=pk)) if pk.isascii() and pk.isdigit() and len(pk) < 19 else []


def cancelled_message(cancelled: list[Enrolment]) -> str:
    """Say who was cancelled: by name, or how many."""
    if len(cancelled) == 1:
        return _("%(name)s is cancelled. We have sent you an e-mail about it.") % {"name": cancelled[0].name}
    return _("%(count)s participants are cancelled. We have sent you an e-mail about it.") % {"count": len(cancelled)}
