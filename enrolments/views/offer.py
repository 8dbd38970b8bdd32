"""The contact's answer to an offer of freed seats, behind a secret link. Opening it changes nothing."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from courses.enums import HELD_STATUSES
from courses.models import CourseRun
from courses.presentation import RunView, vat_text
from enrolments.emails.offers import deadline_text
from enrolments.enums import EnrolmentStatus, OfferStatus
from enrolments.exceptions import GroupStaysTogether, NotInOffer, OfferClosed, RunCancelled
from enrolments.links import offer_link, registration_link
from enrolments.models import Offer
from enrolments.operations.offers import accept_offer, decline_offer

#: What the page shows of an offer on a run that is not held any more.
RUN_CANCELLED = "run_cancelled"


# The address is the secret that a forged request lacks. Django's own check cannot serve here: under
# "no-referrer" browsers send "Origin: null" with a POST.
@method_decorator([csrf_exempt, never_cache], name="dispatch")
class OfferView(View):
    """Show an offer and take the answer: `svar` is `ja` (for those in `deltager`) or `nej`.

    Mail scanners follow links, so only a POST answers; the link to say no opens this page with that
    question first (`?svar=nej`).
    """

    def dispatch(self, request: HttpRequest, *args: Any, token: str) -> HttpResponse:
        rows = Offer.objects.select_related("registration__organisation", "registration__terms")
        offer = offer_link.find(token, rows)
        if offer is None:
            response: HttpResponse = TemplateResponse(request, "enrolments/unknown_link.html", status=404)
        else:
            self.token, self.offer = token, offer
            self.run = CourseRun.objects.for_display().get(pk=offer.run_id)
            response = super().dispatch(request, *args)
        # The address is the key: it must not travel in a Referer, nor into a search engine.
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex"
        return response

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page()

    def post(self, request: HttpRequest) -> HttpResponse:
        says_yes = request.POST.get("svar") == "ja"
        if not says_yes and request.POST.get("svar") != "nej":
            return self._page()
        try:
            if says_yes:
                accept_offer(offer_pk=self.offer.pk, enrolment_pks=self._chosen())
            else:
                decline_offer(offer_pk=self.offer.pk)
        except (NotInOffer, GroupStaysTogether):
            return self._page(error=_("Choose who takes a seat, or say no thank you to the whole offer."))
        except OfferClosed as closed:
            if closed.status != (OfferStatus.ACCEPTED if says_yes else OfferStatus.DECLINED):
                messages.warning(request, _("Your answer came too late to count. This is how the offer stands now."))
        except RunCancelled:
            pass  # the page says so
        return redirect("enrolments:offer", token=self.token)

    def _chosen(self) -> list[int] | None:
        """Return those chosen by number; None (all) from the form that gives no choice."""
        if "valg" not in self.request.POST:
            return None
        posted = self.request.POST.getlist("deltager")
        return [int(pk) for pk in posted if pk.isascii() and pk.isdigit() and len(pk) < 19]

    def _page(self, *, error: str = "") -> HttpResponse:
        registration = self.offer.registration
        state = self._state()
        people = list(self.offer.enrolments.order_by("form_order", "pk"))
        if state == OfferStatus.OPEN:
            people = [e for e in people if e.status == EnrolmentStatus.OFFERED]
        shown = RunView(self.run, timezone.now())
        context = {
            "offer": self.offer,
            "state": state,
            "error": error,
            "people": people,
            "seated": [e for e in people if e.status == EnrolmentStatus.CONFIRMED],
            "may_choose": len(people) > 1 and not registration.keep_together,
            "says_no": self.request.GET.get("svar") == "nej" and not error,
            "deadline": deadline_text(self.offer.expires_at),
            "registration": registration,
            "receipt_url": registration_link.url(registration),
            "newer_url": self._newer_url() if state == OfferStatus.WITHDRAWN else "",
            "vat": vat_text(registration.vat_code, registration.price),
            "total": registration.price * len(people),
            "run": self.run,
            "course": self.run.course,
            "shown": shown,
            "here": _("Offer of a seat"),
            "token": self.token,
        }
        return TemplateResponse(self.request, "enrolments/offer.html", context)

    def _state(self) -> str:
        """Return how the offer stands for whoever opens it now."""
        if self.offer.status != OfferStatus.OPEN:
            return self.offer.status
        if self.run.status not in HELD_STATUSES:
            return RUN_CANCELLED
        begun = self.run.starts_at is not None and self.run.starts_at <= timezone.now()
        return OfferStatus.EXPIRED if begun or not self.offer.is_open() else OfferStatus.OPEN

    def _newer_url(self) -> str:
        """Return the link to the open offer that has come instead of a withdrawn one."""
        newer = self.offer.registration.offers.filter(status=OfferStatus.OPEN).first()
        return offer_link.url(newer) if newer else ""
