"""After the deadline a wish goes to the organiser, who grants it (and it is done) or refuses it with a reply."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from courses.models import CourseRun
from enrolments.emails import changes
from enrolments.enums import ActorKind, EventKind, RequestKind, RequestStatus
from enrolments.exceptions import AlreadyAsked, AlreadySettled, NoLongerActive, NotAMove, TooLate
from enrolments.models import ChangeRequest, Enrolment, EnrolmentEvent
from enrolments.operations.cancelling import cancel
from enrolments.operations.correcting import FIELDS
from enrolments.operations.details import ParticipantDetails
from enrolments.operations.moving import move
from enrolments.operations.replacing import replace
from enrolments.operations.seats import lock_run
from website.accounts.models import User
from website.core.database import violated_constraint

ONE_OPEN_CONSTRAINT = "request_open_once_per_kind"


def ask(
    *,
    enrolment: Enrolment,
    kind: RequestKind,
    actor: ActorKind,
    message: str = "",
    details: ParticipantDetails | None = None,
    to_run: CourseRun | None = None,
    at: datetime | None = None,
) -> ChangeRequest:
    """Ask the organiser for what the deadline no longer lets people do themselves; the organiser gets a mail.

    `details`: the colleague (replace); `to_run`: where to (move). Raises NoLongerActive, TooLate (the run is
    over) and AlreadyAsked (the same was asked and is not answered yet).
    """
    at = at or timezone.now()
    data: dict[str, Any] = {}
    if details is not None:
        data["details"] = {name: getattr(details, name) for name in FIELDS}
    if to_run is not None:
        data["run"] = to_run.pk
    try:
        with transaction.atomic():
            run = lock_run(enrolment.run_id)
            row = Enrolment.objects.active().select_related("registration").filter(pk=enrolment.pk).first()
            if row is None:
                raise NoLongerActive
            ends_at = run.ends_at
            if ends_at is not None and at >= ends_at:
                raise TooLate
            request = ChangeRequest.objects.create(enrolment=row, kind=kind, data=data, message=message, actor=actor)
            EnrolmentEvent.objects.create(
                enrolment=row, kind=EventKind.REQUESTED, actor=actor, data={"kind": RequestKind(kind).value}
            )
            changes.queue_request(row.registration, run, request)
            return request
    except IntegrityError as error:
        if violated_constraint(error) == ONE_OPEN_CONSTRAINT:
            raise AlreadyAsked from error
        raise


def grant(*, request: ChangeRequest, user: User, waive_fee: bool = False, at: datetime | None = None) -> ChangeRequest:
    """Do what was asked, on the organiser's word: those concerned hear of it by the mails of the change itself.

    The fee is what the accepted terms say, unless it is waived. What the request held of the colleague is
    emptied. Raises AlreadySettled, and what the change itself raises (then the request is still open).
    """
    at = at or timezone.now()
    with transaction.atomic():
        row = _open(request)
        kind, data, enrolment = row.kind, row.data, row.enrolment
        _settle(row, RequestStatus.GRANTED, EventKind.REQUEST_GRANTED, user=user, at=at)
        if kind == RequestKind.CANCEL:
            cancelled = cancel(
                registration=enrolment.registration,
                enrolment_pks=[enrolment.pk],
                actor=ActorKind.STAFF,
                user=user,
                waive_fee=waive_fee,
                at=at,
            )
            if not cancelled:
                raise NoLongerActive
        elif kind == RequestKind.REPLACE:
            details = ParticipantDetails(**data["details"])
            replace(enrolment=enrolment, details=details, actor=ActorKind.STAFF, user=user, at=at)
        else:
            to_run = CourseRun.objects.filter(pk=data["run"]).first()
            if to_run is None:
                raise NotAMove
            move(enrolments=[enrolment], to_run=to_run, actor=ActorKind.STAFF, user=user, waive_fee=waive_fee, at=at)
        return row


def refuse(*, request: ChangeRequest, user: User, reply: str, at: datetime | None = None) -> ChangeRequest:
    """Refuse a request with a reply to whoever asked. Raises AlreadySettled."""
    at = at or timezone.now()
    with transaction.atomic():
        row = _open(request)
        row.reply = reply
        _settle(row, RequestStatus.REFUSED, EventKind.REQUEST_REFUSED, user=user, at=at)
        changes.queue_refused(row.enrolment.registration, lock_run(row.enrolment.run_id), row)
        return row


def _open(request: ChangeRequest) -> ChangeRequest:
    """Lock what the request touches, runs first and in pk order as everywhere; return it if it is open."""
    touched = CourseRun.objects.filter(pk__in={request.enrolment.run_id, request.data.get("run")} - {None})
    # The run they wish may have been deleted: then they are refused, or stay.
    for pk in touched.order_by("pk").values_list("pk", flat=True):
        lock_run(pk)
    rows = ChangeRequest.objects.select_for_update(of=["self"])
    row = rows.select_related("enrolment__registration__terms", "enrolment__run").get(pk=request.pk)
    if row.status != RequestStatus.OPEN:
        raise AlreadySettled
    return row


def _settle(row: ChangeRequest, status: RequestStatus, kind: EventKind, *, user: User, at: datetime) -> None:
    row.status, row.handled_at, row.handled_by, row.data = status, at, user, {}
    row.save(update_fields=["status", "handled_at", "handled_by", "data", "reply"])
    EnrolmentEvent.objects.create(
        enrolment=row.enrolment, kind=kind, actor=ActorKind.STAFF, user=user, data={"kind": row.kind}
    )
