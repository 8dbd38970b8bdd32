"""Who stands on the sign-in sheet, in which order and under which number: the same on paper and in the grid.

Numbers are given in the order people came onto the run, so that one stays whoever comes or cancels between the
printing and the typing. The rows stand by name, the Danish way; seats without a name come last.
"""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from courses.models import CourseRun
from enrolments.enums import ON_THE_ROLL, EnrolmentStatus
from enrolments.models import Enrolment
from website.core.danish import DanishOrder


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One participant on the sheet."""

    pk: int
    number: int
    name: str
    detail: str
    organisation: str
    is_walk_in: bool


def sheet_rows(run: CourseRun) -> list[SheetRow]:
    """Return the rows of the run's sheet (two queries)."""
    numbers = sheet_numbers(run)
    people = list(
        Enrolment.objects.filter(run=run, status__in=ON_THE_ROLL)
        .select_related("organisation", "registration")
        .order_by(DanishOrder("name"), "pk")
    )
    return [
        SheetRow(
            pk=person.pk,
            number=numbers[person.pk],
            name=person.name or _("Name to follow"),
            detail=_detail(person),
            organisation=person.organisation_label,
            is_walk_in=person.status == EnrolmentStatus.WALK_IN or person.registration.is_walk_in,
        )
        for person in sorted(people, key=lambda person: not person.name)
    ]


def sheet_numbers(run: CourseRun) -> dict[int, int]:
    """Return everybody's number on the run, from 1, by enrolment."""
    pks = Enrolment.objects.filter(run=run).order_by("pk").values_list("pk", flat=True)
    return {pk: number for number, pk in enumerate(pks, start=1)}


def _detail(person: Enrolment) -> str:
    if not person.name:
        return _("registered by %(contact)s") % {"contact": person.registration.contact_name}
    return ", ".join(part for part in (person.job_title, person.department) if part)
