"""Registration from a list, in three steps: paste or upload it, check it cell by cell, then contact and payment.

Nothing is kept between the steps: each page carries what was typed in the others as hidden fields.
"""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import ngettext

from enrolments.forms.fields import BILLING_FIELDS
from enrolments.forms.participants import MAX_LISTED, ROW, ListedFormSet
from enrolments.forms.registration import RegistrationForm
from enrolments.importing import ImportedList, ListRefused, read_list
from enrolments.importing.reading import too_large
from enrolments.links import registration_link
from enrolments.operations.registering import registered_addresses
from enrolments.views.registration import RegisterView

#: The steps by the name of the button that leads to them. `step` says where a post comes from.
READ, CHECK, DETAILS = "read", "check", "details"
#: So many files may be sent along with the contact's own answers.
FILES_ALONG = 3
#: Buttons that change the table and show it again.
TABLE_ACTIONS = ("add_participant", "remove_participant", "show_payers", "unnamed_rest", "carry_over", "back")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table: a field and its heading."""

    name: str
    label: str


class ListView(RegisterView):
    formset_class = ListedFormSet
    most = MAX_LISTED
    url_name = "enrolments:register_list"

    def is_far_too_large(self) -> bool:
        """Whether the post says that it holds more than a list, and files that the contact may send along."""
        length = self.request.META.get("CONTENT_LENGTH") or "0"
        files = FILES_ALONG * settings.ANSWER_FILE_MAX_MB * 1024 * 1024
        return length.isdigit() and int(length) > 2 * settings.LIST_MAX_BYTES + files

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.first_page()

    def post(self, request: HttpRequest) -> HttpResponse:
        data = request.POST
        if READ in data:
            return self.read(data)
        if any(action in data for action in TABLE_ACTIONS):
            return self.table_page(self.with_table_changed(data))
        if not self.is_ours():
            return self.table_page(data, stale=True)
        if "save_draft" in data:
            return self.save(data)
        form, formset = self.bound(data)
        formset_valid = self.check(formset)
        if data.get("step") != DETAILS or not formset_valid:
            return self.details_page(data) if formset_valid else self.table_page(data, formset)
        if not form.is_valid():
            return self.details_page(data, form)
        registration = self.register(form, formset)
        if registration is not None:
            return redirect("enrolments:registration", token=registration_link.token(registration))
        if any(row.errors for row in formset):
            return self.table_page(data, formset)
        return self.details_page(data, form)

    def open_at(self, data: QueryDict) -> HttpResponse:
        """Show a list that was put aside, at the step where it was."""
        if data.get("step") == DETAILS:
            return self.details_page(data)
        if data.get("step") == CHECK:
            return self.table_page(data)
        return self.first_page(text=data.get("list", ""))

    # --- step 1 ---------------------------------------------------------------------------------

    def read(self, data: QueryDict) -> HttpResponse:
        file = self.request.FILES.get("file")
        try:
            if file is not None and file.size > settings.LIST_MAX_BYTES:
                raise ListRefused(too_large(settings.LIST_MAX_BYTES))
            found = read_list(
                text=data.get("list", ""),
                content=file.read() if file else None,
                limit=MAX_LISTED,
                max_bytes=settings.LIST_MAX_BYTES,
            )
        except ListRefused as refusal:
            # A file cannot be shown again; what was pasted can, unless it is what was too large.
            return self.first_page(text=data.get("list", "")[:200_000], problem=str(refusal), in_file=file is not None)
        return self.table_page(self.as_posted(found, data), found=found)

    def as_posted(self, found: ImportedList, data: QueryDict) -> QueryDict:
        """Return the imported rows as if they had been typed in the table."""
        typed = QueryDict(mutable=True)
        typed["step"] = CHECK
        typed["participants-TOTAL_FORMS"] = str(len(found.rows))
        for at, row in enumerate(found.rows):
            for field, value in row.values.items():
                typed[f"participants-{at}-{field}"] = value
            if not self.run.is_free and any(row.values.get(field) for field in BILLING_FIELDS):
                typed["separate_payers"] = "on"
        if data.get("draft"):
            typed["draft"] = data["draft"]
        return typed

    def too_large(self) -> HttpResponse:
        return self.first_page(problem=too_large(settings.LIST_MAX_BYTES), status=413)

    def first_page(
        self, *, text: str = "", problem: str = "", in_file: bool = False, status: int = 200
    ) -> HttpResponse:
        context = self.context(RegistrationForm(run=self.run, questions=[])) | {
            "text": text,
            "problem": problem,
            "in_file": in_file,
            "max_megabytes": settings.LIST_MAX_BYTES // 1024 // 1024,
        }
        return TemplateResponse(self.request, "enrolments/list.html", context, status=status)

    # --- step 2 ---------------------------------------------------------------------------------

    def with_table_changed(self, data: QueryDict) -> QueryDict:
        """Return the post with a row more or less, or the payers' columns; nothing is checked yet."""
        rows = self.rows(data)
        if "add_participant" in data and len(rows) < self.most:
            rows.append({})
        elif "remove_participant" in data:
            rows = [row for at, row in enumerate(rows) if str(at) != data["remove_participant"]]
        elif "unnamed_rest" in data:
            rows = [row if row.get("name") else row | {"unnamed": "on"} for row in rows]
        changed = data.copy()
        for key in [key for key in changed if ROW.fullmatch(key)]:
            del changed[key]
        changed["participants-TOTAL_FORMS"] = str(len(rows) or 1)
        for at, row in enumerate(rows):
            for field, value in row.items():
                changed[f"participants-{at}-{field}"] = value
        if "show_payers" in data:
            changed["separate_payers"] = data["show_payers"]
        return changed

    def check(self, formset: Any) -> bool:
        """Whether every row can be registered as it stands; what is wrong is at its cell."""
        formset.is_valid()
        if taken := registered_addresses(self.run.pk, formset.addresses):
            formset.add_already_registered(taken)
        return formset.is_valid()

    def table_page(
        self, data: QueryDict, formset: Any = None, *, found: ImportedList | None = None, stale: bool = False
    ) -> HttpResponse:
        """Show the rows as a table. `found`: as they were read just now, with what is wrong at which cell."""
        if formset is None:
            formset = self.formset_class(data, form_kwargs=self.of_each(data))
            self.check(formset)
        if found:
            for form, row in zip(formset, found.rows, strict=False):
                for field, problem in row.problems.items():
                    if field in form.fields:
                        form.errors.pop(field, None)
                        form.add_error(field, problem)
        bad = sum(bool(form.errors) for form in formset)
        nameless = sum(not form["name"].value() and not form["unnamed"].value() for form in formset)
        context = self.context(RegistrationForm(run=self.run, questions=[])) | {
            "formset": formset,
            "columns": self.columns(formset),
            "carried": carried(data, rows=False),
            "notes": found.notes if found else [],
            "good": len(formset.forms) - bad,
            "bad": bad,
            "counted": counted(len(formset.forms) - bad, bad),
            "nameless": nameless,
            "stale": stale,
            "shows_payers": bool(data.get("separate_payers")),
            "has_typed": True,
        }
        return TemplateResponse(self.request, "enrolments/list_check.html", context, status=403 if stale else 200)

    def columns(self, formset: Any) -> list[Column]:
        return [
            Column(name, field.label) for name, field in formset.empty_form.fields.items() if not field.widget.is_hidden
        ]

    # --- step 3 ---------------------------------------------------------------------------------

    def details_page(self, data: QueryDict, form: RegistrationForm | None = None) -> HttpResponse:
        """Show what is asked of the contact; the rows are carried along."""
        if form is None:
            form, _formset = self.typed(data, rows=[])
        count = len([row for row in self.rows(data) if row.get("email") or row.get("name") or row.get("unnamed")])
        context = self.context(form) | {
            "carried": carried(data, rows=True),
            "count": count,
            "has_typed": True,
            "asks_questions": bool(self.once),
            "shows_payers": bool(data.get("separate_payers")),
        }
        return TemplateResponse(self.request, "enrolments/list_details.html", context)


def carried(data: QueryDict, *, rows: bool) -> list[tuple[str, str]]:
    """Return the fields that a page does not show itself: the rows, or all that is asked of the contact."""
    actions = (*TABLE_ACTIONS, "save_draft", "step", "draft", "csrfmiddlewaretoken", "list", CHECK, READ)
    shown_in_details = ("separate_payers",) if rows else ()
    return [
        (key, value)
        for key, values in data.lists()
        for value in values
        if key not in actions
        and (
            key in shown_in_details
            or (key.startswith("participants-") if rows else not key.startswith("participants-"))
        )
    ]


def counted(good: int, bad: int) -> str:
    """Say how many rows are ready, and how many are to be put right."""
    ready = ngettext("%(count)s row is ready.", "%(count)s rows are ready.", good) % {"count": good}
    if not bad:
        return ready
    wrong = ngettext("%(count)s row must be put right.", "%(count)s rows must be put right.", bad) % {"count": bad}
    return f"{ready} {wrong}"
