"""What an organiser does by hand to a run's waiting list, each act with its confirming step.

It says what will happen and asks for a reason, which is kept.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import TemplateView
from wagtail.admin import messages

from courses.models import CourseRun
from enrolments.admin.line_forms import HoldForm, MoveForm, OptionalReasonForm, ReasonForm, ReleaseForm, WithdrawForm
from enrolments.admin.workspace.tabs import RunMixin
from enrolments.admin.workspace.words import refusal
from enrolments.emails.offers import deadline_text, names_text
from enrolments.enums import OfferStatus
from enrolments.exceptions import AlreadyHeld, EnrolmentError, NoLimit, NotWaiting, OfferClosed, ReasonNeeded
from enrolments.models import Offer, SeatHold
from enrolments.operations.holds import hold_for_group, hold_seats, release_hold
from enrolments.operations.line import LineEntry, whole_line
from enrolments.operations.offers import answer_by, withdraw_offer
from enrolments.operations.seating import move_entry, seat_from_line, seats_at_hand
from enrolments.permissions import may_change_enrolments


class LineActView(RunMixin, TemplateView):
    """A confirming step that says what will happen, with a reason; then one operation."""

    tab = "line"
    may = staticmethod(may_change_enrolments)
    template_name = "enrolments/admin/line_act.html"
    form_class: type[ReasonForm] = ReasonForm
    button = gettext_lazy("Yes")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._page(self.form())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.form(request.POST)
        if not form.is_valid():
            return self._page(form)
        try:
            done = self.act(form.cleaned_data)
        except ReasonNeeded:
            form.add_error("reason", _("Somebody else is first in line. Write why they are passed."))
            return self._page(form)
        except EnrolmentError as error:
            messages.error(request, self.refusal(error))
        else:
            messages.success(request, done)
        return redirect(self.line_url)

    def form(self, data: Any = None) -> ReasonForm:
        return self.form_class(data)

    def is_possible(self) -> bool:
        """Whether what the address names is still there."""
        return True

    def is_in_the_way(self) -> bool:
        """Whether the run has to be changed first: then the page leads to its form instead."""
        return False

    def consequences(self) -> list[str]:
        """Say what will happen, a sentence for each."""
        raise NotImplementedError

    def act(self, values: dict[str, Any]) -> str:
        """Do it and return what was done, in words. Raises EnrolmentError."""
        raise NotImplementedError

    def refusal(self, error: EnrolmentError) -> str:
        if isinstance(error, OfferClosed):
            return _("The offer has been settled meanwhile: %(status)s.") % {"status": error.status.label.lower()}
        if isinstance(error, AlreadyHeld):
            return _("Seats are being held for the group already.")
        if isinstance(error, NoLimit):
            return _("The run has no limit, so they would be offered seats again at once. Set a number of seats first.")
        return refusal(error)

    @property
    def line_url(self) -> str:
        return reverse("participants:line", args=[self.run.pk])

    def _page(self, form: ReasonForm) -> HttpResponse:
        if not self.is_possible():
            messages.error(self.request, _("Nothing to do: somebody may have changed it meanwhile."))
            return redirect(self.line_url)
        context = {"form": form, "consequences": self.consequences(), "line_url": self.line_url}
        context["is_in_the_way"] = self.is_in_the_way()
        return self.render_to_response(self.get_context_data(**context))


class EntryMixin:
    """An act on the entry of the line that the participant of the address belongs to."""

    run: CourseRun
    kwargs: dict[str, Any]

    @cached_property
    def line(self) -> list[LineEntry]:
        return whole_line(self.run)

    @cached_property
    def entry(self) -> LineEntry | None:
        return next((entry for entry in self.line if self.kwargs["pk"] in entry.pks), None)

    @property
    def found(self) -> LineEntry:
        if self.entry is None:
            raise NotWaiting
        return self.entry

    def is_possible(self) -> bool:
        return self.entry is not None

    def names(self) -> str:
        return names_text([str(enrolment) for enrolment in self.found.enrolments])


class SeatView(EntryMixin, LineActView):
    """Give one entry of the line its seats."""

    page_title = gettext_lazy("Give a seat")
    button = gettext_lazy("Give a seat")
    form_class = OptionalReasonForm

    @cached_property
    def at_hand(self) -> int | None:
        """How many seats the entry may get: None without a limit, or where an offer holds them."""
        entry = self.found
        return None if entry.is_offered else seats_at_hand(self.run, {entry.enrolments[0].registration_id})

    def is_in_the_way(self) -> bool:
        return self.at_hand is not None and self.at_hand < self.found.size

    def consequences(self) -> list[str]:
        entry = self.found
        said = [
            ngettext("%(names)s gets a seat at once.", "%(names)s get seats at once.", entry.size)
            % {"names": self.names()},
            _("They and their contact get an e-mail with a calendar invitation."),
        ]
        if entry.is_offered:
            return [*said, _("The offer that is out to them is settled by it.")]
        if self.is_in_the_way():
            return [
                _("There are not enough seats for it: %(left)s at hand, %(wanted)s wanted. Raise the capacity first.")
                % {"left": self.at_hand, "wanted": entry.size}
            ]
        free = self.run.seats.free
        if free is not None and free < entry.size:
            count = entry.size - free
            said.append(
                ngettext("%(count)s held seat is used for it.", "%(count)s held seats are used for it.", count)
                % {"count": count}
            )
        if not entry.is_next:
            said.append(_("Somebody else is first in line, so write why they are passed."))
        return said

    def act(self, values: dict[str, Any]) -> str:
        pks = [enrolment.pk for enrolment in self.found.enrolments]
        done = seat_from_line(
            run_pk=self.run.pk, enrolment_pks=pks, user=self.request.user, reason=values["reason"].strip()
        )
        if len(done) == 1:
            return _("%(name)s has got a seat.") % {"name": done[0]}
        return _("%(count)s participants have got seats.") % {"count": len(done)}


class MoveEntryView(EntryMixin, LineActView):
    """Move an entry to another place in the line."""

    page_title = gettext_lazy("Move in the waiting list")
    button = gettext_lazy("Move")

    def form(self, data: Any = None) -> MoveForm:
        return MoveForm(data, last=len(self.line), initial={"position": 1})

    def is_possible(self) -> bool:
        return self.entry is not None and not self.entry.is_offered

    def consequences(self) -> list[str]:
        return [
            ngettext(
                "%(names)s is number %(position)s of %(length)s in line.",
                "%(names)s are number %(position)s of %(length)s in line.",
                self.found.size,
            )
            % {"names": self.names(), "position": self.found.position, "length": len(self.line)},
            _("Those they pass move one place back, and see it on their own page. Nobody gets an e-mail about it."),
            _("If a free seat is theirs by the rule then, it is offered at once."),
        ]

    def act(self, values: dict[str, Any]) -> str:
        entry = move_entry(
            run_pk=self.run.pk,
            enrolment_pk=self.kwargs["pk"],
            position=values["position"],
            user=self.request.user,
            reason=values["reason"],
        )
        return _("Moved: number %(position)s in line.") % {"position": entry.position}


class HoldForGroupView(EntryMixin, LineActView):
    """Gather freed seats for a group until all of it fits."""

    page_title = gettext_lazy("Hold seats for the group")
    button = gettext_lazy("Hold seats")

    def is_possible(self) -> bool:
        return self.entry is not None and not self.entry.is_offered

    @property
    def wanted(self) -> int:
        registration = self.found.enrolments[0].registration_id
        return sum(
            entry.size
            for entry in self.line
            if not entry.is_offered and entry.enrolments[0].registration_id == registration
        )

    def consequences(self) -> list[str]:
        contact, free = self.found.enrolments[0].registration.contact_name, self.run.seats.free
        said = [
            ngettext(
                "Every seat that becomes free is kept for the group of %(contact)s, until there is %(count)s.",
                "Every seat that becomes free is kept for the group of %(contact)s, until there are %(count)s.",
                self.wanted,
            )
            % {"contact": contact, "count": self.wanted}
        ]
        if free:
            now = min(free, self.wanted)
            said.append(
                ngettext("%(count)s free seat is kept now.", "%(count)s free seats are kept now.", now) % {"count": now}
            )
        said += [
            _("Meanwhile nobody else in line is offered a seat."),
            _("When all fit, the contact is offered the seats by e-mail."),
        ]
        return said

    def act(self, values: dict[str, Any]) -> str:
        hold_for_group(
            run_pk=self.run.pk,
            registration_pk=self.found.enrolments[0].registration_id,
            user=self.request.user,
            reason=values["reason"],
        )
        return _("Seats are being gathered for the group.")


class HoldView(LineActView):
    """Keep free seats out of everybody's reach."""

    page_title = gettext_lazy("Hold seats")
    button = gettext_lazy("Hold seats")

    def form(self, data: Any = None) -> HoldForm:
        return HoldForm(data, free=self.run.seats.free, initial={"seats": 1})

    def is_possible(self) -> bool:
        return self.run.seats.free != 0

    def consequences(self) -> list[str]:
        free = self.run.seats.free
        said = [] if free is None else [_("%(count)s seats are free now.") % {"count": free}]
        return [
            *said,
            _("Held seats are neither offered to the waiting list nor to be had in the form."),
            _("You let them go again, or use them when you give somebody in line a seat."),
        ]

    def act(self, values: dict[str, Any]) -> str:
        hold = hold_seats(run_pk=self.run.pk, seats=values["seats"], user=self.request.user, reason=values["reason"])
        return ngettext("%(count)s seat is held.", "%(count)s seats are held.", hold.seats) % {"count": hold.seats}


class ReleaseView(LineActView):
    """Let held seats go: to the line, or out of the run."""

    page_title = gettext_lazy("Let held seats go")
    button = gettext_lazy("Let them go")

    @cached_property
    def hold(self) -> SeatHold | None:
        holds = SeatHold.objects.filter(run=self.run, released_at=None).select_related("registration")
        return holds.filter(pk=self.kwargs["pk"]).first()

    def form(self, data: Any = None) -> ReleaseForm:
        limited = bool(self.hold and self.hold.seats and self.run.capacity is not None)
        return ReleaseForm(data, may_remove=limited)

    def is_possible(self) -> bool:
        return self.hold is not None

    def consequences(self) -> list[str]:
        if self.hold is None:
            return []
        said = [_("They were held for this reason: %(reason)s") % {"reason": self.hold.reason}]
        if answer_by(self.run, timezone.now()) is None:
            return [*said, _("On the last day nobody is offered a seat by itself: you give them by hand.")]
        return [*said, _("Seats that go to the waiting list are offered by its rule at once, by e-mail.")]

    def act(self, values: dict[str, Any]) -> str:
        offers = release_hold(hold_pk=self.kwargs["pk"], remove_seats=values.get("seats") == "remove")
        if not offers:
            return _("The seats are let go.")
        return ngettext(
            "The seats are let go, and %(count)s offer has been sent.",
            "The seats are let go, and %(count)s offers have been sent.",
            len(offers),
        ) % {"count": len(offers)}


class WithdrawView(LineActView):
    """Take an offer back."""

    page_title = gettext_lazy("Withdraw the offer")
    button = gettext_lazy("Withdraw the offer")

    @cached_property
    def offer(self) -> Offer | None:
        offers = Offer.objects.filter(run=self.run, status=OfferStatus.OPEN).select_related("registration")
        return offers.filter(pk=self.kwargs["pk"]).first()

    def form(self, data: Any = None) -> WithdrawForm:
        return WithdrawForm(data, may_remove=self.run.capacity is not None)

    def is_possible(self) -> bool:
        return self.offer is not None

    def consequences(self) -> list[str]:
        if self.offer is None:
            return []
        names = [str(enrolment) for enrolment in self.offer.enrolments.order_by("form_order")]
        return [
            _("%(names)s can no longer say yes. They were given until %(deadline)s.")
            % {"names": names_text(names), "deadline": deadline_text(self.offer.expires_at)},
            _("They keep their place in line, and %(contact)s is told by e-mail.")
            % {"contact": self.offer.registration.contact_name},
        ]

    def act(self, values: dict[str, Any]) -> str:
        withdraw_offer(
            offer_pk=self.kwargs["pk"],
            user=self.request.user,
            reason=values["reason"],
            remove_seats=values.get("seats") == "remove",
        )
        return _("The offer is withdrawn, and the contact has been told.")
