"""The contact's page behind a secret link: how the registration stands, and what one may change."""

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from courses.enums import RunStatus
from courses.presentation import RunView, vat_text
from enrolments.change_words import rules_of
from enrolments.enums import EnrolmentStatus, RequestKind
from enrolments.models import Enrolment
from enrolments.operations.ending import is_in_time
from enrolments.timeline import timeline
from enrolments.views.doors import ContactDoor
from enrolments.views.seats import has_other_runs, is_over, moved_to, show_seats
from website.core.danish import listed
from website.messaging.addresses import bounced_addresses


class ReceiptView(ContactDoor):
    """Status first; then each participant with what one may do; then what was agreed, and the history."""

    def get(self, request: HttpRequest) -> HttpResponse:
        enrolments = list(self.registration.enrolments.select_related("payer").order_by("form_order", "pk"))
        # Those who come stand first, in the order of the form.
        enrolments.sort(key=lambda enrolment: not enrolment.is_active)
        show_seats(self, enrolments)
        ways = moved_to(enrolments, for_contact=True)
        bounced = bounced_addresses([self.registration.contact_email, *(each.email for each in enrolments)])
        for enrolment in enrolments:
            enrolment.moved_url = ways.get(enrolment.pk, "")
            enrolment.email_bounces = enrolment.is_active and enrolment.email in bounced
        active = [enrolment for enrolment in enrolments if enrolment.is_active]
        confirmed = [enrolment for enrolment in active if enrolment.status == EnrolmentStatus.CONFIRMED]
        payers = {enrolment.payer.pk: enrolment.payer for enrolment in enrolments if enrolment.payer}
        for payer in payers.values():
            payer.pays_for = listed(str(each) for each in enrolments if each.payer_id == payer.pk)
        is_cancelled = self.run.status == RunStatus.CANCELLED
        context = {
            "registration": self.registration,
            "run": self.run,
            "course": self.run.course,
            "here": self.home_title,
            "enrolments": enrolments,
            "confirmed": confirmed,
            "waiting": [each for each in active if each.status == EnrolmentStatus.WAITING],
            "came": [each for each in active if each.status == EnrolmentStatus.WALK_IN],
            "offered": [each for each in active if each.status == EnrolmentStatus.OFFERED],
            "unnamed": [each for each in active if each.is_unnamed],
            "active": active,
            "answer_url": next((each.offer_url for each in active if each.offer_url), ""),
            "moved_url": next(iter(ways.values()), ""),
            "payers": list(payers.values()),
            "is_over": is_over(self.run),
            "may_correct_contact": not is_over(self.run),
            "vat": vat_text(self.registration.vat_code, self.registration.price),
            "shown": RunView(self.run, timezone.now()),
            "total": self.registration.price * len(confirmed),
            "may_cancel_several": len(active) > 1 and self._may(RequestKind.CANCEL, active),
            "may_move_several": len(active) > 1 and self._may(RequestKind.MOVE, active) and has_other_runs(self.run),
            "move_url": self.address("move"),
            "cancel_url": self.address("cancel"),
            "is_cancelled": is_cancelled,
            "has_others": is_cancelled and bool(active) and has_other_runs(self.run),
            "contact_bounces": self.registration.contact_email in bounced,
            "rules": rules_of(self.registration, self.run) if active and not is_over(self.run) else [],
            "history": timeline(self.registration, enrolments),
            "token": self.token,
        }
        return TemplateResponse(request, "enrolments/receipt.html", context)

    def _may(self, kind: RequestKind, active: Sequence[Enrolment]) -> bool:
        return is_in_time(kind, self.registration, self.run, active, timezone.now())
