"""What a page shows of a seat: how it stands, what one may do with it, and what has been asked for."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from courses.enums import RunStatus
from courses.models import CourseRun
from enrolments.enums import EnrolmentStatus, RequestKind, RequestStatus
from enrolments.links import offer_link, participant_link, registration_link
from enrolments.models import ChangeRequest, Enrolment
from enrolments.operations.ending import is_in_time
from enrolments.operations.line import positions
from enrolments.views.doors import Door


@dataclass(frozen=True, slots=True)
class Action:
    """Something one may do with a seat, by a link."""

    label: str
    url: str


#: What each change is called while people do it themselves, and when they have to ask.
def _labels() -> dict[RequestKind, tuple[str, str]]:
    return {
        RequestKind.REPLACE: (_("Put a colleague in"), _("Ask to put a colleague in")),
        RequestKind.MOVE: (_("Move"), _("Ask to move")),
        RequestKind.CANCEL: (_("Cancel the seat"), _("Ask to cancel the seat")),
    }


def show_seats(door: Door, enrolments: Sequence[Enrolment]) -> None:
    """Give each enrolment what its row shows: `place`, `offer_url`, `actions`, `asked` and links.

    A constant number of queries, however many participants there are.
    """
    active = [enrolment for enrolment in enrolments if enrolment.is_active]
    places = positions(door.run, active)
    asked: dict[int, list[str]] = {}
    for request in ChangeRequest.objects.filter(enrolment__in=active, status=RequestStatus.OPEN):
        asked.setdefault(request.enrolment_id, []).append(request.kind)
    has_others = has_other_runs(door.run) if active else False
    for enrolment in enrolments:
        enrolment.place = places.get(enrolment.pk)
        offer = enrolment.place.offer if enrolment.place else None
        enrolment.offer_url = offer_link.url(offer) if offer else ""
        wishes = asked.get(enrolment.pk, [])
        enrolment.asked = [RequestKind(kind).label for kind in wishes]
        enrolment.actions = _actions(door, enrolment, wishes, has_others) if enrolment.is_active else []
        enrolment.seat_url = participant_link.url(enrolment) if enrolment.is_active and enrolment.is_unnamed else ""


def moved_to(enrolments: Sequence[Enrolment], *, for_contact: bool) -> dict[int, str]:
    """Return where those who have moved are now, by pk: a link of the kind the reader may open.

    A participant's old link leads on only while the seat has the address that the old link was sent to.
    """
    ended = {enrolment.pk: enrolment.email for enrolment in enrolments if enrolment.status == EnrolmentStatus.MOVED}
    if not ended:
        return {}
    return {
        row.moved_from_id: registration_link.url(row.registration) if for_contact else participant_link.url(row)
        for row in Enrolment.objects.filter(moved_from__in=ended).select_related("registration")
        if for_contact or row.email == ended[row.moved_from_id]
    }


def has_other_runs(run: CourseRun) -> bool:
    """Whether the course has another run that is to come."""
    return CourseRun.objects.upcoming().filter(course=run.course_id).exclude(pk=run.pk).exists()


def is_over(run: CourseRun) -> bool:
    ends_at = run.ends_at
    return ends_at is not None and timezone.now() >= ends_at


def _actions(door: Door, enrolment: Enrolment, wishes: Sequence[str], has_others: bool) -> list[Action]:
    """Return what one may do with an active seat, in the order of how often it is wanted."""
    run = door.run
    actions = []
    if not is_over(run):
        label = _("Fill in the seat") if enrolment.is_unnamed else _("Correct")
        actions.append(Action(label, door.address("correct", enrolment)))
    for kind, (do, ask) in _labels().items():
        if kind in wishes:
            continue
        if kind == RequestKind.REPLACE and (run.status == RunStatus.CANCELLED or enrolment.is_unnamed):
            continue
        if kind == RequestKind.MOVE and not has_others:
            continue
        in_time = is_in_time(kind, door.registration, run, [enrolment], timezone.now())
        if in_time or not is_over(run):
            actions.append(Action(do if in_time else ask, door.address(str(kind.value), enrolment)))
    return actions
