"""A confirming step that says what will happen; then one operation."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import TemplateView
from wagtail.admin import messages

from enrolments.admin.workspace.tabs import RunMixin
from enrolments.admin.workspace.words import refusal
from enrolments.exceptions import EnrolmentError, ReasonNeeded
from enrolments.models import Enrolment
from enrolments.operations.line import waiting_line
from enrolments.operations.seating import seat_from_line
from enrolments.permissions import may_change_enrolments


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("Kept in the history. The participant does not see it."),
    )


class ConfirmMixin(RunMixin):
    """A confirming step that says what will happen, with a reason; then one operation."""

    template_name = "enrolments/admin/confirm.html"
    may = staticmethod(may_change_enrolments)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._page(ReasonForm())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = ReasonForm(request.POST)
        if not form.is_valid():
            return self._page(form)
        try:
            done = self.act(form.cleaned_data["reason"])
        except ReasonNeeded:
            form.add_error("reason", _("Someone else is next in line. Write why these are seated first."))
            return self._page(form)
        except EnrolmentError as error:
            messages.error(request, refusal(error))
        else:
            messages.success(request, self.success_message(done))
        return redirect(self.home_url)

    def _page(self, form: ReasonForm) -> HttpResponse:
        enrolments = self.chosen()
        if not enrolments:
            messages.error(self.request, _("Nothing to do: somebody may have changed it meanwhile."))
            return redirect(self.home_url)
        return self.render_to_response(self.get_context_data(form=form, chosen=enrolments, **self.words(enrolments)))


class SeatView(ConfirmMixin, TemplateView):
    """Give one entry of the line its seats. The entry is named by any participant in it."""

    page_title = gettext_lazy("Give a seat")

    def chosen(self) -> list[Enrolment]:
        return next((list(e.enrolments) for e in waiting_line(self.run) if self.kwargs["pk"] in e.pks), [])

    def act(self, reason: str) -> list[Enrolment]:
        pks = [enrolment.pk for enrolment in self.chosen()]
        return seat_from_line(run_pk=self.run.pk, enrolment_pks=pks, user=self.request.user, reason=reason)

    def words(self, enrolments: list[Enrolment]) -> dict[str, Any]:
        free = self.run.seats.free
        warning = ""
        if free is not None and len(enrolments) > free:
            warning = _("There are not enough free seats. Raise the run's capacity first.")
        elif not any(entry.is_next and self.kwargs["pk"] in entry.pks for entry in waiting_line(self.run)):
            warning = _("Someone else is next in line. Write why these are seated first.")
        return {
            "question": ngettext("Give this participant a seat?", "Give these participants seats?", len(enrolments)),
            "consequence": _("They and their contact get an e-mail with a calendar invitation at once."),
            "warning": warning,
            "button": _("Give a seat"),
        }

    def success_message(self, done: list[Enrolment]) -> str:
        if len(done) == 1:
            return _("%(name)s has got a seat.") % {"name": done[0].name}
        return _("%(count)s participants have got seats.") % {"count": len(done)}
