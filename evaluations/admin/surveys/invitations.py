"""Who is on a survey's list: find somebody, take them off, stop their mails, undo a whole list.

Nothing here tells who has answered, nor lets anybody find out by trying.
"""

from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Count, Min, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin import messages

from evaluations.admin.surveys.acts import ActView
from evaluations.admin.surveys.base import SurveyMixin
from evaluations.enums import Audience
from evaluations.exceptions import EvaluationError
from evaluations.models import Survey, SurveyInvitation
from evaluations.operations.survey_invitations import (
    not_mailed,
    remove_invitation,
    set_wants_no_mail,
    undo_list,
)

PER_PAGE = 100
#: So many lists can be undone from the page: the newest.
LISTS = 5


class InvitationsView(SurveyMixin):
    """The list, a page at a time. A constant number of queries."""

    tab = "invitations"
    page_title = gettext_lazy("Invited")
    template_name = "evaluations/admin/surveys/invitations.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Search. The words are posted, so that names and addresses stand in no URL."""
        return self.get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if self.survey.audience != Audience.INVITED:
            raise Http404
        text = self.request.POST.get("words", "").replace("\0", "").strip()[:80]
        rows = found(self.survey, text).select_related("organisation").order_by("email")
        number = self.request.POST.get("p") or self.request.GET.get("p")
        page = Paginator(rows, PER_PAGE).get_page(number)
        waiting = set(not_mailed(self.survey.pk).filter(pk__in=[each.pk for each in page]).values_list("pk", flat=True))
        return super().get_context_data(
            words=text,
            page=page,
            # Afterwards nothing is kept of who was mailed how often.
            people=[(each, self.takes_invitations and each.pk not in waiting) for each in page],
            lists=lists_of(self.survey) if self.takes_invitations else [],
            **kwargs,
        )


def found(survey: Survey, words: str) -> QuerySet[SurveyInvitation]:
    """Return the invitations in whose name, address or municipality every word stands."""
    rows = SurveyInvitation.objects.filter(survey=survey)
    for word in words.split():
        rows = rows.filter(Q(email__icontains=word) | Q(name__icontains=word) | Q(organisation__name__icontains=word))
    return rows


def lists_of(survey: Survey) -> list[dict[str, Any]]:
    """Return the newest lists of which somebody has not been mailed yet, with how many those are."""
    waiting = not_mailed(survey.pk).filter(batch__isnull=False)
    rows = waiting.values("batch").annotate(count=Count("pk"), at=Min("added_at")).order_by("-at")
    return list(rows[:LISTS])


class OneInvitationView(SurveyMixin):
    """Take somebody off the list, or stop their mails."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("surveys:invitations", self.survey.pk)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        number = request.POST.get("invitation", "")
        pk = int(number) if number.isascii() and number.isdigit() and len(number) < 16 else 0
        row = SurveyInvitation.objects.filter(survey=self.survey, pk=pk).first()
        if row is not None:
            self.act(request, row, request.POST.get("do", ""))
        return redirect("surveys:invitations", self.survey.pk)

    def act(self, request: HttpRequest, row: SurveyInvitation, do: str) -> None:
        words = {"email": row.email}
        try:
            match do:
                case "remove":
                    remove_invitation(survey_pk=self.survey.pk, pk=row.pk)
                    messages.success(request, _("%(email)s is taken off the list.") % words)
                case "quiet":
                    set_wants_no_mail(survey_pk=self.survey.pk, pk=row.pk, wants_none=True)
                    messages.success(request, _("%(email)s gets no more mails about the survey.") % words)
                case "mail":
                    set_wants_no_mail(survey_pk=self.survey.pk, pk=row.pk, wants_none=False)
                    messages.success(request, _("%(email)s gets mails about the survey again.") % words)
        except EvaluationError as refusal:
            messages.error(request, str(refusal))


class UndoListView(ActView):
    """Take a whole list away again, as far as it has not been mailed."""

    tab = "invitations"
    page_title = gettext_lazy("Undo a list")
    button = gettext_lazy("Take them off")
    is_serious = True

    @property
    def question(self) -> str:  # type: ignore[override] # it says how many
        count = not_mailed(self.survey.pk).filter(batch=self.batch).count()
        return ngettext(
            "%(count)s person who has not been mailed yet is taken off the list.",
            "%(count)s people who have not been mailed yet are taken off the list.",
            count,
        ) % {"count": count}

    @property
    def batch(self) -> UUID:
        return self.kwargs["batch"]

    @property
    def back_url(self) -> str:
        return reverse("surveys:invitations", args=[self.survey.pk])

    def act(self, request: HttpRequest, form: Any) -> HttpResponse:
        gone, kept = undo_list(survey_pk=self.survey.pk, batch=self.batch)
        said = [
            ngettext("%(count)s invitation is taken away.", "%(count)s invitations are taken away.", gone)
            % {"count": gone}
        ]
        if kept:
            said.append(
                ngettext("%(count)s has been mailed and stays.", "%(count)s have been mailed and stay.", kept)
                % {"count": kept}
            )
        messages.success(request, " ".join(said))
        return redirect(self.back_url)
