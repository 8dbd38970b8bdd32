"""A municipality's training year as a report: the rows that leave the house with its training contact.

Which columns there are is what a training contact needs: who, where they work, what, when, how it went, and what it
cost. E-mail addresses are not among them. The municipality knows its own people by name, title and department, and
has their addresses; a file of them would be a mailing list that nobody asked the participants about. Nor are reasons
of the excused, dietary needs and notes, which no report reads.
"""

from collections.abc import Sequence
from datetime import date

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy

from courses.models import Organisation
from enrolments.models import Enrolment
from enrolments.reports import enrolment_results
from enrolments.reports.kinds import Choices, ReportKind, register
from website.accounts.typing import AnyUser
from website.core.danish import DanishOrder
from website.core.exports import Column

NAME = "training_year"

_NAMES = (
    *("department", "participant", "job_title", "course", "run", "first_date", "last_date", "enrolment_status"),
    *("late_cancellation", "days_planned", "days_attended", "minutes_attended", "share", "no_show", "spend"),
)


def columns() -> Sequence[Column]:
    """Return the columns, and the certificate where there is one."""
    known = dict(enrolment_results.columns.items())
    return [known[name] for name in (*_NAMES, *(name for name in known if "certificate" in name)) if name in known]


def rows(user: AnyUser, choices: Choices) -> QuerySet[Enrolment]:
    """Return what the page of the year shows, but for those in line: who had a seat, came, or owes a fee."""
    found = enrolment_results.enrolments(user, choices)
    counts = Q(booking__is_booked=True) | Q(booking__spend__gt=0) | Q(result__minutes_attended__gt=0)
    return found.filter(counts).order_by(DanishOrder("department"), DanishOrder("name"), "booking__first_date", "pk")


def choices_for(organisation: Organisation, year: int, departments: Sequence[str] = ()) -> Choices:
    """Return the choices that are this municipality's year; of these departments, as people wrote them."""
    return Choices(
        start=date(year, 1, 1),
        end=date(year, 12, 31),
        organisations=(organisation.pk,),
        departments=tuple(departments),
    )


kind = register(
    ReportKind(
        name=NAME,
        title=gettext_lazy("Training year"),
        description=gettext_lazy(
            "Who from a municipality has been on which courses: dates, hours, no-shows and spend, by department."
            " No e-mail addresses, so it may be given to the municipality."
        ),
        columns=columns,
        rows=rows,
    ),
    order=55,
)
