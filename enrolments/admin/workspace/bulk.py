"""What is done to many participants at once: chosen in the list, told what will happen, and then done.

Another area adds an action of its own with `bulk_actions.add(name, BulkAction(…))`; one with a `page` is handed
the chosen ones there instead of being confirmed here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages

from courses.models import CourseRun
from enrolments import documents
from enrolments.admin.workspace.changing import FeeForm, MoveForm, ReasonedForm
from enrolments.admin.workspace.tabs import RunMixin
from enrolments.admin.workspace.words import refusal
from enrolments.enums import ACTIVE_STATUSES, IN_LINE_STATUSES, EnrolmentStatus
from enrolments.models import Enrolment
from enrolments.operations.bulk import Outcome, cancel_many, move_many, seat_many
from enrolments.operations.cancelling import fees_of
from enrolments.permissions import may_change_enrolments, may_see_enrolments
from website.accounts.models import User
from website.core.danish import DanishOrder, kroner
from website.core.pdf import pdf_response
from website.core.registry import Registry

#: Names shown on the confirming page and in a refusal; of the others only how many they are.
NAMES_SHOWN = 25


@dataclass(frozen=True)
class BulkAction:
    """Something to do to the chosen participants.

    `form` takes the run and the posted data, `consequence` says what will happen, `act` does it. `concerns`
    tells whom of the chosen it can be done to. `page` is the URL name of a page (of the run's number) that
    takes the chosen ones by POST as `chosen`. `give` answers with a file at once; None when there is nothing to give.
    """

    name: str
    label: str | Promise
    changes: bool = True
    concerns: Sequence[str] = tuple(EnrolmentStatus.values)
    form: Callable[..., forms.Form] | None = None
    consequence: Callable[[CourseRun, Sequence[Enrolment]], str] | None = None
    act: Callable[[CourseRun, Sequence[int], User, dict[str, Any]], Outcome] | None = None
    button: str | Promise = ""
    done: Callable[[int], str] | None = None
    give: Callable[[CourseRun, Any], HttpResponse | None] | None = None
    page: str = ""


bulk_actions: Registry[BulkAction] = Registry()


class BulkView(RunMixin, TemplateView):
    """Confirm and do one action. The page holds the numbers of the chosen: what is done is what was shown."""

    tab = "participants"
    template_name = "enrolments/admin/workspace/bulk.html"
    page_title = gettext_lazy("Participants")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect(reverse("participants:list", args=[self.run.pk]))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        action = self.action()
        self.require(action)
        pks = self.chosen()
        if not pks:
            messages.error(request, _("Choose at least one participant first."))
            return redirect(self.list_url)
        found = self.run.enrolments.filter(pk__in=pks)
        if action.give:
            answer = action.give(self.run, found)
            if answer is None:
                messages.error(request, _("None of those you chose has a name yet, so there are no badges to print."))
            return answer or redirect(self.list_url)
        concerned = list(
            found.filter(status__in=action.concerns)
            .select_related("registration__terms", "organisation")
            .order_by(DanishOrder("name"), "pk")
        )
        if not concerned:
            messages.error(request, _("This can be done to none of those you chose."))
            return redirect(self.list_url)
        confirmed = "confirmed" in request.POST
        form = action.form(request.POST if confirmed else None, run=self.run) if action.form else None
        if confirmed and (form is None or form.is_valid()):
            return self.do(action, [enrolment.pk for enrolment in concerned], form.cleaned_data if form else {})
        return self.render_to_response(
            self.confirming(action, concerned, left_out=len(pks) - len(concerned), form=form)
        )

    def action(self) -> BulkAction:
        try:
            return bulk_actions.get(self.request.POST.get("action", ""))
        except KeyError as error:
            raise PermissionDenied from error

    def require(self, action: BulkAction) -> None:
        may = may_change_enrolments if action.changes else may_see_enrolments
        may(self.request.user).enforce()

    def chosen(self) -> list[int]:
        """Return the numbers of those chosen: all that match, those ticked, or those confirmed."""
        from enrolments.admin.workspace.participants import listing_of

        if "all" in self.request.POST:
            listing = listing_of(self.request, self.run, QueryDict(self.request.POST.get("query", "")))
            return list(listing.matching().values_list("pk", flat=True))
        numbers = self.request.POST.getlist("pk") or self.request.POST.get("chosen", "").split(",")
        return [int(number) for number in numbers if number.isascii() and number.isdigit() and len(number) < 16]

    def confirming(
        self, action: BulkAction, concerned: Sequence[Enrolment], *, left_out: int, form: forms.Form | None
    ) -> dict[str, Any]:
        return self.get_context_data(
            action=action,
            shown=concerned[:NAMES_SHOWN],
            more=max(0, len(concerned) - NAMES_SHOWN),
            count=len(concerned),
            left_out=left_out,
            consequence=action.consequence(self.run, concerned) if action.consequence else "",
            chosen=",".join(str(enrolment.pk) for enrolment in concerned),
            query=self.request.POST.get("query", ""),
            form=form,
            list_url=self.list_url,
            action_url=reverse(action.page, args=[self.run.pk]) if action.page else "",
        )

    def do(self, action: BulkAction, pks: Sequence[int], data: dict[str, Any]) -> HttpResponse:
        outcome = action.act(self.run, pks, self.request.user, data)
        if outcome.done:
            messages.success(self.request, action.done(len(outcome.done)))
        elif not outcome.refused:
            messages.error(self.request, _("Nothing to do: somebody may have changed it meanwhile."))
        for text in refusals(outcome):
            messages.error(self.request, text)
        return redirect(self.list_url)

    @property
    def list_url(self) -> str:
        query = QueryDict(self.request.POST.get("query", "")).urlencode()
        return reverse("participants:list", args=[self.run.pk]) + (f"?{query}" if query else "")


def refusals(outcome: Outcome) -> list[str]:
    """Return each reason once, with the names of those it kept back."""
    kept_back: dict[str, list[str]] = {}
    for enrolments, error in outcome.refused:
        kept_back.setdefault(refusal(error), []).extend(str(enrolment) for enrolment in enrolments)
    texts = []
    for reason, names in kept_back.items():
        shown = ", ".join(names[:NAMES_SHOWN])
        if len(names) > NAMES_SHOWN:
            more = len(names) - NAMES_SHOWN
            shown += " " + ngettext("and %(count)s more", "and %(count)s more", more) % {"count": more}
        texts.append(
            ngettext(
                "Not done for %(count)s: %(names)s. %(why)s", "Not done for %(count)s: %(names)s. %(why)s", len(names)
            )
            % {"count": len(names), "names": shown, "why": reason}
        )
    return texts


# --- the actions ----------------------------------------------------------------------------


def _without_run(form: type[forms.Form]) -> Callable[..., forms.Form]:
    def build(data: Any, *, run: CourseRun) -> forms.Form:
        return form(data)

    return build


def _cancel_consequence(run: CourseRun, chosen: Sequence[Enrolment]) -> str:
    at = timezone.now()
    total = sum(
        (fee for enrolment in chosen for fee in fees_of(enrolment.registration, run, [enrolment], at).values()), 0
    )
    told = _("They and their contacts get an e-mail, and the course leaves their calendars.")
    cost = (
        _("By the terms accepted it costs %(fee)s in all.") % {"fee": kroner(total)}
        if total
        else _("It costs nothing.")
    )
    line = _("Freed seats are offered to the waiting list at once.") if run.seats.waiting else ""
    return " ".join(part for part in (told, cost, line) if part)


def _move_consequence(run: CourseRun, chosen: Sequence[Enrolment]) -> str:
    return _(
        "Those who registered together move together, or not at all if there are not seats for them. The new seats are "
        "taken before the old ones are let go. They and their contacts are told."
    )


def _seat_consequence(run: CourseRun, chosen: Sequence[Enrolment]) -> str:
    free = run.seats.free
    told = _("They and their contact get an e-mail with a calendar invitation at once.")
    if free is None or free >= len(chosen):
        return told
    return (
        ngettext(
            "There is %(free)s free seat: they get it in the line's order as far as it goes.",
            "There are %(free)s free seats: they get them in the line's order as far as they go.",
            free,
        )
        % {"free": free}
        + " "
        + told
    )


def _badges(run: CourseRun, found: Any) -> HttpResponse | None:
    people = documents.in_danish_order(found.exclude(name=""))
    if not people:
        return None
    return pdf_response(documents.badges(run, people), f"{slugify(_('Badges'))}-{slugify(str(run))[:60]}.pdf")


def _file(form: str) -> Callable[[CourseRun, Any], HttpResponse]:
    def give(run: CourseRun, found: Any) -> HttpResponse:
        from enrolments.admin.workspace.participants import file_of

        return file_of(run, found.order_by(DanishOrder("name"), "pk"), form)

    return give


bulk_actions.add("badges", BulkAction("badges", gettext_lazy("Badges (PDF)"), changes=False, give=_badges), order=20)
bulk_actions.add(
    "xlsx", BulkAction("xlsx", gettext_lazy("Get as a spreadsheet (XLSX)"), changes=False, give=_file("xlsx")), order=30
)
bulk_actions.add("csv", BulkAction("csv", gettext_lazy("Get as CSV"), changes=False, give=_file("csv")), order=40)
bulk_actions.add(
    "seat",
    BulkAction(
        "seat",
        gettext_lazy("Give seats from the waiting list"),
        concerns=IN_LINE_STATUSES,
        form=_without_run(ReasonedForm),
        consequence=_seat_consequence,
        act=lambda run, pks, user, data: seat_many(run_pk=run.pk, enrolment_pks=pks, user=user, reason=data["reason"]),
        button=gettext_lazy("Give seats"),
        done=lambda count: (
            ngettext("%(count)s participant has got a seat.", "%(count)s participants have got seats.", count)
            % {"count": count}
        ),
    ),
    order=50,
)
bulk_actions.add(
    "move",
    BulkAction(
        "move",
        gettext_lazy("Move to another run"),
        concerns=ACTIVE_STATUSES,
        form=MoveForm,
        consequence=_move_consequence,
        act=lambda run, pks, user, data: move_many(
            run_pk=run.pk,
            to_run=data["to_run"],
            enrolment_pks=pks,
            user=user,
            reason=data["reason"],
            waive_fee=data["waive_fee"],
        ),
        button=pgettext_lazy("participant", "Move"),
        done=lambda count: (
            ngettext("%(count)s participant has been moved.", "%(count)s participants have been moved.", count)
            % {"count": count}
        ),
    ),
    order=60,
)
bulk_actions.add(
    "cancel",
    BulkAction(
        "cancel",
        pgettext_lazy("organiser", "Cancel participants"),
        concerns=ACTIVE_STATUSES,
        form=_without_run(FeeForm),
        consequence=_cancel_consequence,
        act=lambda run, pks, user, data: cancel_many(
            run_pk=run.pk, enrolment_pks=pks, user=user, reason=data["reason"], waive_fee=data["waive_fee"]
        ),
        button=gettext_lazy("Yes, cancel"),
        done=lambda count: (
            ngettext("%(count)s participant is cancelled.", "%(count)s participants are cancelled.", count)
            % {"count": count}
        ),
    ),
    order=70,
)
