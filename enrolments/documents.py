"""What is printed for a run: badges, the sheet to sign, and what the kitchen needs to know."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from courses.models import CourseDay, CourseRun
from courses.presentation import present
from enrolments.check_in_codes import check_in_code, code_url
from enrolments.models import Enrolment
from enrolments.qr import qr_file
from enrolments.reports.sheet import SheetRow
from website.core.danish import DanishOrder, clock, period, written
from website.core.pdf import render_pdf

#: Empty rows at the end of the sign-in sheet, for those who were not expected.
BLANK_ROWS = 10
#: So many days stand beside each other with room to sign in each.
DAYS_A_SHEET = 8


def in_danish_order(enrolments: QuerySet[Enrolment]) -> QuerySet[Enrolment]:
    """Return participants as they are printed: by name the Danish way, seats without a name last."""
    named = enrolments.select_related("organisation", "registration")
    return named.order_by(DanishOrder("name"), "pk")


def badges(run: CourseRun, enrolments: Iterable[Enrolment]) -> bytes:
    """Return the badges of these participants, eight on a sheet. Seats without a name get none.

    A badge carries the participant's code for the door, which opens nothing: whoever finds one in the street
    reads a name, a course and an address that says where to hand it in.
    """
    people = [
        {
            "name": enrolment.name,
            "title": enrolment.job_title,
            "organisation": enrolment.organisation_label,
            "code": check_in_code(enrolment),
            "qr": qr_file(code_url(enrolment)),
            "qr_words": _("QR code with the code %(code)s") % {"code": check_in_code(enrolment)},
        }
        for enrolment in enrolments
        if enrolment.name
    ]
    data = {"course": run.course.title, "when": _when(run), "people": people}
    return render_pdf("badges", data, title=_("Badges: %(course)s") % {"course": run.course.title})


def sign_in_sheet(run: CourseRun, day: CourseDay, rows: Sequence[SheetRow]) -> bytes:
    """Return the sheet to sign on one day. Seats without a name come last, blank rows after them."""
    data = {
        "course": run.course.title,
        "when": " · ".join(part for part in (run.label, _day(run, day)) if part),
        "summary": _participants(len(rows)),
        "people": [_sheet_row(row) for row in rows],
        "blanks": BLANK_ROWS,
        "words": _sheet_words(),
    }
    return render_pdf("sign_in_sheet", data, title=_("Sign-in sheet: %(course)s") % {"course": run.course.title})


def sign_in_matrix(run: CourseRun, days: Sequence[CourseDay], rows: Sequence[SheetRow]) -> bytes:
    """Return the sheet of a run of many days: rows by days, so many days a page that there is room to sign."""
    parts = -(-len(days) // DAYS_A_SHEET)
    size = -(-len(days) // parts) if parts else 0
    chunks = [days[at : at + size] for at in range(0, len(days), size)] if size else []
    data = {
        "course": run.course.title,
        "when": _when(run),
        "summary": _participants(len(rows)),
        "people": [_sheet_row(row) for row in rows],
        "blanks": BLANK_ROWS // 2,
        "parts": [
            {
                "title": period(chunk[0].date, chunk[-1].date),
                "days": [
                    {
                        "date": written(day.date, "D j. M"),
                        "times": f"{clock(day.start_time)}–{clock(day.end_time)}",
                    }
                    for day in chunk
                ],
            }
            for chunk in chunks
        ],
        "words": _sheet_words(),
    }
    title = _("Sign-in sheet, all days: %(course)s") % {"course": run.course.title}
    return render_pdf("sign_in_matrix", data, title=title)


def _sheet_row(row: SheetRow) -> dict[str, Any]:
    return {"number": row.number, "name": row.name, "detail": row.detail, "organisation": row.organisation}


def _sheet_words() -> dict[str, str]:
    return {
        "number": _("No."),
        "name": _("Name"),
        "organisation": _("Organisation"),
        "came": _("Came at"),
        "left": _("Left at"),
        "signature": _("Signature"),
        "page": _("Page"),
        "after": _("Type it in afterwards from the roll call, under “Type in from paper”. The numbers are the same."),
    }


def _participants(count: int) -> str:
    return ngettext("%(count)s participant", "%(count)s participants", count) % {"count": count}


def kitchen_list(run: CourseRun, needs: Sequence[tuple[str, int]], *, count: int) -> bytes:
    """Return what the kitchen needs: how many come, and each need with how many have it. No names."""
    data = {
        "course": run.course.title,
        "when": "\n".join(_day(run, day) for day in run.ordered_days()) or _when(run),
        "place": "",
        "summary": ngettext("%(count)s participant", "%(count)s participants", count) % {"count": count},
        "needs": [[number, need] for need, number in needs],
        "printed": _("Printed %(when)s. Numbers change: print it anew close to the day.")
        % {"when": date_format(timezone.localtime(), "DATETIME_FORMAT")},
        "words": {
            "needs": _("Dietary and access needs"),
            "count": _("How many"),
            "need": _("Need"),
            "none": _("Nobody has written any."),
        },
    }
    return render_pdf("kitchen_list", data, title=_("Kitchen list: %(course)s") % {"course": run.course.title})


def _when(run: CourseRun) -> str:
    shown = present(run)
    return " · ".join(part for part in (run.label, shown.period, run.place) if part)


def _day(run: CourseRun, day: CourseDay) -> str:
    """Return a day in words: "onsdag 9. december 2026, 9.00–16.00, Herlev"."""
    venue = day.venue or run.venue
    place = venue.one_line_address if venue else run.place
    times = f"{clock(day.start_time)}–{clock(day.end_time)}"
    return ", ".join(part for part in (written(day.date, "l j. F Y"), times, place) if part)
