"""What is printed for a run: badges, the list at the door, and what the kitchen needs to know."""

from collections.abc import Iterable, Sequence

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from courses.models import CourseDay, CourseRun
from courses.presentation import present
from enrolments.models import Enrolment
from website.core.danish import DanishOrder, clock
from website.core.pdf import render_pdf

#: Empty rows at the end of the list at the door, for those who were not expected.
BLANK_ROWS = 10


def in_danish_order(enrolments: QuerySet[Enrolment]) -> QuerySet[Enrolment]:
    """Return participants as they are printed: by name the Danish way, seats without a name last."""
    named = enrolments.select_related("organisation", "registration")
    return named.order_by(DanishOrder("name"), "pk")


def badges(run: CourseRun, enrolments: Iterable[Enrolment]) -> bytes:
    """Return the badges of these participants, eight on a sheet. Seats without a name get none.

    A badge carries no link and no code: whoever finds one in the street can do nothing with it.
    """
    people = [
        {
            "name": enrolment.name,
            "title": enrolment.job_title,
            "organisation": enrolment.organisation_label,
        }
        for enrolment in enrolments
        if enrolment.name
    ]
    data = {"course": run.course.title, "when": _when(run), "people": people}
    return render_pdf("badges", data, title=_("Badges: %(course)s") % {"course": run.course.title})


def door_list(run: CourseRun, day: CourseDay | None, enrolments: Sequence[Enrolment]) -> bytes:
    """Return the list to sign at the door on one day. Seats without a name come last, blank rows after them."""
    named = [enrolment for enrolment in enrolments if enrolment.name]
    unnamed = [enrolment for enrolment in enrolments if not enrolment.name]
    people = [{"name": e.name, "detail": _detail(e), "organisation": e.organisation_label} for e in named] + [
        {
            "name": _("Name to follow"),
            "detail": _("registered by %(contact)s") % {"contact": e.registration.contact_name},
            "organisation": e.organisation_label,
        }
        for e in unnamed
    ]
    data = {
        "course": run.course.title,
        "when": _day(run, day) if day else _when(run),
        "summary": ngettext("%(count)s participant", "%(count)s participants", len(people)) % {"count": len(people)},
        "people": people,
        "blanks": BLANK_ROWS,
        "words": {
            "number": _("No."),
            "name": _("Name"),
            "organisation": _("Organisation"),
            "time": _("Came at"),
            "signature": _("Signature"),
            "page": _("Page"),
        },
    }
    return render_pdf("door_list", data, title=_("Door list: %(course)s") % {"course": run.course.title})


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
    return ", ".join(part for part in (date_format(day.date, "l j. F Y"), times, place) if part)


def _detail(enrolment: Enrolment) -> str:
    return ", ".join(part for part in (enrolment.job_title, enrolment.department) if part)
