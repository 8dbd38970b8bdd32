"""One thing done to many participants of a run: in one transaction, refusals named, the others done all the same."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from django.db import transaction

from courses.models import CourseRun
from enrolments.enums import ActorKind, EnrolmentStatus
from enrolments.exceptions import EnrolmentError
from enrolments.models import Enrolment
from enrolments.operations.cancelling import cancel
from enrolments.operations.moving import move
from enrolments.operations.offers import serve_line
from enrolments.operations.seating import seat_from_line
from enrolments.operations.seats import lock_run
from website.accounts.models import User


@dataclass
class Outcome:
    """How it went: whom it was done to, and who was refused with the reason why."""

    done: list[Enrolment] = field(default_factory=list)
    refused: list[tuple[list[Enrolment], EnrolmentError]] = field(default_factory=list)


def cancel_many(
    *, run_pk: int, enrolment_pks: Collection[int], user: User, reason: str = "", waive_fee: bool = False
) -> Outcome:
    """Cancel these participants of a run. Who has been cancelled meanwhile is left alone.

    The line is served once, with all the seats: one by one, those behind would pass a group they all suffice for.
    """

    def work(group: Sequence[Enrolment]) -> list[Enrolment]:
        return cancel(
            registration=group[0].registration,
            enrolment_pks=[enrolment.pk for enrolment in group],
            actor=ActorKind.STAFF,
            user=user,
            reason=reason,
            waive_fee=waive_fee,
            serves=False,
        )

    with transaction.atomic():
        run = lock_run(run_pk)
        outcome = _each(_by_registration(run_pk, enrolment_pks), work)
        serve_line(run)
        return outcome


def move_many(
    *,
    run_pk: int,
    to_run: CourseRun,
    enrolment_pks: Collection[int],
    user: User,
    reason: str = "",
    waive_fee: bool = False,
) -> Outcome:
    """Move these participants to another run of the course, each registration whole or not at all."""

    def work(group: Sequence[Enrolment]) -> list[Enrolment]:
        move(
            enrolments=group,
            to_run=to_run,
            actor=ActorKind.STAFF,
            user=user,
            reason=reason,
            waive_fee=waive_fee,
            serves=False,
        )
        return list(group)

    with transaction.atomic():
        runs = {pk: lock_run(pk) for pk in sorted({run_pk, to_run.pk})}
        outcome = _each(_by_registration(run_pk, enrolment_pks), work)
        serve_line(runs[run_pk])
        return outcome


def seat_many(*, run_pk: int, enrolment_pks: Collection[int], user: User, reason: str = "") -> Outcome:
    """Give these participants in line their seats, in the line's order, as far as there are seats.

    A group that stays together is seated whole or refused.
    """

    def work(group: Sequence[Enrolment]) -> list[Enrolment]:
        return seat_from_line(
            run_pk=run_pk, enrolment_pks=[enrolment.pk for enrolment in group], user=user, reason=reason
        )

    with transaction.atomic():
        lock_run(run_pk)
        in_line = (
            Enrolment.objects.in_line().filter(run=run_pk, pk__in=enrolment_pks).select_related("registration__terms")
        )
        groups: list[list[Enrolment]] = []
        for enrolment in in_line:
            together = enrolment.registration.keep_together or enrolment.status == EnrolmentStatus.OFFERED
            if together and groups and groups[-1][0].registration_id == enrolment.registration_id:
                groups[-1].append(enrolment)
            else:
                groups.append([enrolment])
        return _each(groups, work)


def _by_registration(run_pk: int, enrolment_pks: Collection[int]) -> list[list[Enrolment]]:
    active = (
        Enrolment.objects.active()
        .filter(run=run_pk, pk__in=enrolment_pks)
        .select_related("registration__terms", "registration__organisation", "payer")
        .order_by("registration_id", "form_order", "pk")
    )
    return [list(members) for _, members in groupby(active, key=lambda enrolment: enrolment.registration_id)]


def _each(groups: Sequence[list[Enrolment]], work: Callable[[Sequence[Enrolment]], list[Enrolment]]) -> Outcome:
    """Do the work for each group within the transaction; what one is refused undoes nothing of the others."""
    outcome = Outcome()
    for group in groups:
        try:
            with transaction.atomic():
                outcome.done.extend(work(group))
        except EnrolmentError as error:
            outcome.refused.append((group, error))
    return outcome
