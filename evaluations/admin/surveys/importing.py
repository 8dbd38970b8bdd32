"""Invite by list: paste it or choose a file, see what was read, mend what is wrong at its row, then invite.

Nothing is kept between the steps: the page carries the rows it read, and they are checked anew before they count.
"""

import json
from collections.abc import Sequence
from io import BytesIO
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import View
from wagtail.admin import messages

from enrolments.importing import ListRefused
from enrolments.importing.reading import too_large
from evaluations.admin.surveys.base import SurveyMixin, SurveysMixin
from evaluations.enums import EvaluationStatus
from evaluations.importing import FIELDS, LIMIT, InvitationRow, check, read_invitations
from evaluations.operations.survey_invitations import Invitee, TakesNoInvitations, invite
from website.core.exports import CSV_CONTENT_TYPE, XLSX_CONTENT_TYPE, Column, csv_records, open_workbook, write_sheet

#: So many wrong rows are mended on the page, and so many right ones are shown; the rest is counted.
MENDED, SHOWN = 100, 100
LABELS = {
    "name": gettext_lazy("Name"),
    "email": gettext_lazy("E-mail"),
    "municipality": gettext_lazy("Municipality"),
}
TEXT_SHOWN_AGAIN = 200_000


class InviteView(SurveyMixin):
    tab = "invitations"
    template_name = "evaluations/admin/surveys/invite.html"
    page_title = gettext_lazy("Invite")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.takes_invitations:
            return redirect(self.home_url)
        return self.first_page()

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "read" in request.POST:
            return self.read(request)
        try:
            rows = self.carried(request)
        except (ValueError, RecursionError):
            return self.first_page(_("The page was damaged on its way. Choose the file once more."))
        checked = check(rows, self.survey)
        wrong = any(not row.is_good for row in checked)
        if "invite_good" in request.POST or ("invite_all" in request.POST and not wrong):
            return self.invite(request, checked)
        return self.preview(checked)

    # --- reading --------------------------------------------------------------------------------

    def read(self, request: HttpRequest) -> HttpResponse:
        file, text = request.FILES.get("file"), request.POST.get("list", "")
        most = settings.LIST_MAX_BYTES
        try:
            if file is not None and (file.size or 0) > most:
                raise ListRefused(too_large(most))
            rows, notes = read_invitations(text=text, content=file.read() if file else None, max_bytes=most)
        except ListRefused as refusal:
            return self.first_page(str(refusal), text=text[:TEXT_SHOWN_AGAIN])
        return self.preview(check(rows, self.survey), notes=notes)

    def carried(self, request: HttpRequest) -> list[InvitationRow]:
        """Return the rows that the page carried, as mended on it. Raises ValueError."""
        data = json.loads(request.POST.get("rows", ""))
        if not isinstance(data, list) or len(data) > LIMIT:
            raise ValueError("no rows")
        rows = []
        for place, one in enumerate(data):
            row = InvitationRow.from_json(one)
            for name in FIELDS:
                if (mended := request.POST.get(f"r-{place}-{name}")) is not None:
                    row.values[name] = mended.strip()[:300]
            if request.POST.get(f"r-{place}-out") != "on":
                rows.append(row)
        return rows

    # --- inviting -------------------------------------------------------------------------------

    def invite(self, request: HttpRequest, checked: Sequence[InvitationRow]) -> HttpResponse:
        people = [
            Invitee(row.email, row.values["name"], row.organisation.pk if row.organisation else None)
            for row in checked
            if row.is_new
        ]
        try:
            _batch, count = invite(survey_pk=self.survey.pk, people=people)
        except TakesNoInvitations as refusal:
            messages.error(request, str(refusal))
            return redirect(self.home_url)
        said = [ngettext("%(count)s person is invited.", "%(count)s people are invited.", count) % {"count": count}]
        if self.evaluation.status == EvaluationStatus.OPEN:
            said.append(_("The mails go within a few minutes."))
        else:
            said.append(_("The mails go when the survey opens."))
        messages.success(request, " ".join(said))
        return redirect("surveys:invitations", self.survey.pk)

    # --- pages ----------------------------------------------------------------------------------

    def first_page(self, problem: str = "", *, text: str = "") -> HttpResponse:
        context = self.get_context_data(problem=problem, text=text)
        return self.render_to_response(context, status=422 if problem else 200)

    def preview(self, checked: Sequence[InvitationRow], *, notes: Sequence[str] = ()) -> HttpResponse:
        wrong = [(place, row) for place, row in enumerate(checked) if not row.is_good]
        new = [row for row in checked if row.is_new]
        context = self.get_context_data(
            is_preview=True,
            notes=notes,
            rows=json.dumps([row.to_json() for row in checked], ensure_ascii=False, separators=(",", ":")),
            wrong=[mendable(place, row) for place, row in wrong[:MENDED]],
            wrong_count=len(wrong),
            more_wrong=max(0, len(wrong) - MENDED),
            new=new[:SHOWN],
            new_count=len(new),
            more_new=max(0, len(new) - SHOWN),
            known_count=sum(row.is_good and row.is_invited for row in checked),
            without_municipality=sum(row.organisation is None for row in new),
        )
        return self.render_to_response(context, status=422 if wrong else 200)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = {
            "limit": LIMIT,
            "max_megabytes": settings.LIST_MAX_BYTES // 1024 // 1024,
            "back_url": reverse("surveys:invitations", args=[self.survey.pk]),
        }
        return super().get_context_data(**(context | kwargs))


def mendable(place: int, row: InvitationRow) -> dict[str, Any]:
    """Return a wrong row as the page shows it: a field for each of its cells, with what is wrong beside it."""
    return {
        "number": row.number,
        "out": f"r-{place}-out",
        "cells": [
            {
                "id": f"r-{place}-{name}",
                "label": LABELS[name],
                "value": row.values[name],
                "error": row.problems.get(name, ""),
            }
            for name in FIELDS
        ],
    }


class TemplateFileView(SurveysMixin, View):
    """A file to fill in: the headings, and one row that shows how."""

    columns = (
        Column("name", LABELS["name"], "", width=28),
        Column("email", LABELS["email"], "", width=32),
        Column("municipality", LABELS["municipality"], "", width=24),
    )

    def get(self, request: HttpRequest, pk: int, form: str) -> HttpResponse:
        rows = [("Anna Hansen", "anna@example.dk", "Aarhus Kommune")]
        if form == "csv":
            answer = HttpResponse(b"".join(csv_records(self.columns, rows)), content_type=CSV_CONTENT_TYPE)
        elif form == "xlsx":
            output = BytesIO()
            with open_workbook(output) as workbook:
                write_sheet(workbook, _("Invited"), self.columns, rows)
            answer = HttpResponse(output.getvalue(), content_type=XLSX_CONTENT_TYPE)
        else:
            raise Http404
        answer["Content-Disposition"] = f'attachment; filename="inviterede.{form}"'
        return answer
