"""People who come without having registered: added in the roll call, by script or by the plain form."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from courses.models import CourseDay, Organisation
from enrolments.exceptions import EnrolmentError, RunCancelled
from enrolments.models import Enrolment
from enrolments.operations import attendance
from enrolments.operations.attendance import NotAPerson, NotMarked, correct_at
from enrolments.views.roll_call.forms import BadInput, read_instant
from website.accounts.models import User


def take_walk_ins(
    *, day: CourseDay, people: Iterable[Mapping[str, Any]], by: User, device: str, offset: int | None
) -> tuple[dict[str, int], list[dict[str, str]]]:
    """Add people a device has kept; return {submission: enrolment's number} and those refused, in words."""
    made: dict[str, int] = {}
    refused = []
    for one in people:
        submission = str(one.get("submission", ""))
        at = read_instant(one.get("at"))
        try:
            made[submission] = add_walk_in(
                day=day,
                fields=one,
                by=by,
                at=correct_at(at, offset) if at else None,
                device=device,
                clock_offset=offset,
            ).pk
        except (BadInput, EnrolmentError) as error:
            refused.append({"id": submission, "code": "walk_in", "text": walk_in_text(error)})
    return made, refused


def add_walk_in(*, day: CourseDay, fields: Mapping[str, Any], by: User, **marked: Any) -> Enrolment:
    """Add one person from what was filled in. Raises BadInput, and what `attendance.walk_in` raises."""
    said = {name: str(fields.get(name) or "").strip() for name in ("submission", "name", "email", "organisation")}
    if not said["submission"]:
        raise BadInput(_("The form was not filled in right. Reload the page. Nothing was saved."))
    organisation = named_organisation(said["organisation"])
    return attendance.walk_in(
        day=day,
        submission=said["submission"][:200],
        name=said["name"],
        email=said["email"],
        organisation=organisation,
        organisation_name="" if organisation else said["organisation"],
        by=by,
        **marked,
    )


def named_organisation(text: str) -> Organisation | None:
    """Return the organisation of that name, long or short, however it is written; None when we know none."""
    if not text or "\0" in text:
        return None
    return (
        Organisation.objects.annotate(low=Lower("name"), low_official=Lower("official_name"))
        .filter(Q(low=text.lower()) | Q(low_official=text.lower()))
        .order_by("pk")
        .first()
    )


def walk_in_text(error: Exception) -> str:
    """Return in words why somebody was not added."""
    match error:
        case BadInput():
            return str(error)
        case NotAPerson():
            return error.message
        case NotMarked():
            return str(error.refusal.label)
        case RunCancelled():
            return _("The run is cancelled, so nobody can be added to it.")
        case attendance.DayRemoved():
            return _("The day has been removed or moved. Nothing was saved.")
    return _("This person could not be added. Write them on paper and ask an organiser.")
