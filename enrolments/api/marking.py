"""Mark attendance in batches: each mark by its own id, so that sending again changes nothing."""

from datetime import date
from typing import Annotated
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from ninja import Field, Router
from pydantic import AwareDatetime, BaseModel

from courses.models import CourseDay, CourseRun, Organisation
from enrolments.api.registrations import RunId
from enrolments.enums import EnrolmentStatus, MarkSource
from enrolments.exceptions import RunCancelled
from enrolments.models import Enrolment
from enrolments.operations.attendance import (
    DayRemoved,
    Mark,
    NotAPerson,
    NotMarked,
    Refusal,
    Tap,
    correct_at,
    take,
    walk_in,
)
from enrolments.permissions import may_take_roll_call, takes_all_roll_calls
from website.accounts.models import User
from website.core.api import PROBLEMS, ApiError, WrongField, token_auth
from website.core.database import Compiled

DayDate = Annotated[date, Field(description="The day's date, such as 2027-02-03")]

router = Router(auth=token_auth, tags=["attendance"])

MOST_MARKS = 1000
MOST_WALK_INS = 50
#: A clock more than this off is no clock: ten years.
MOST_OFFSET = 10 * 366 * 24 * 3600


# pydantic's own models: ninja's Schema looks into whatever it is given as if it came from the database.
class MarkFields(BaseModel):
    status: str = Field("", max_length=40, description="present, late, absent, excused; empty takes a mark back")
    minutes_late: int | None = Field(None, description="Of late: 1 to 600")
    minutes_early: int | None = Field(None, description="Of those who were there: left so long before the end")
    reason: str = Field("", description="Of excused. Written, never read back here")
    note: str = Field("", description="For staff. Written, never read back here")
    at: AwareDatetime | None = Field(None, description="When it was tapped, by the device's clock. Left out: now")


class MarkIn(MarkFields):
    id: UUID = Field(description="Your own id of this mark: sent twice is one mark")
    enrolment: int = Field(ge=1, lt=2**63, description="The participant: `id` of a registration")


class WalkInIn(MarkFields):
    id: str = Field(min_length=1, max_length=64, description="Your own id: sent twice is one person")
    name: str = Field(max_length=500)
    email: str = Field("", max_length=254, description="May be left out")
    organisation: str = Field("", max_length=4, description="The municipality's four digits")
    organisation_name: str = Field("", max_length=500, description="Another organisation, in words")
    status: str = Field("present", max_length=40, description="present or late")


class Batch(BaseModel):
    marks: list[MarkIn] = Field([], max_length=MOST_MARKS, description=f"At most {MOST_MARKS}")
    walk_ins: list[WalkInIn] = Field(
        [], max_length=MOST_WALK_INS, description=f"People who came without having registered; at most {MOST_WALK_INS}"
    )
    device: str = Field("", max_length=40, description="A name of the device's own, for the history")
    clock_offset: int = Field(
        0, ge=-MOST_OFFSET, le=MOST_OFFSET, description="How many seconds the device's clock is behind ours"
    )


class MarkResult(BaseModel):
    id: str
    outcome: str = Field(
        description="taken; superseded (a later mark stands); repeated (known already); refused (see code)"
    )
    enrolment: int | None = Field(default=None, description="Whom it stands on")
    seat: bool | None = Field(default=None, description="Of a walk-in: whether there was a seat")
    code: str | None = Field(default=None, description="Why it was refused, for programs")
    message: str | None = Field(default=None, description="Why it was refused, in words")


class Answer(BaseModel):
    taken: int
    superseded: int
    repeated: int
    refused: int
    results: list[MarkResult] = Field(description="One for each mark and walk-in, in the order they were sent")


@router.post(
    "/runs/{run_id}/days/{day}/marks", response={200: Answer, **PROBLEMS}, summary="Mark attendance on a day of a run"
)
def mark_attendance(request: HttpRequest, run_id: RunId, day: DayDate, batch: Batch) -> Answer:
    """The right marks are taken, the wrong ones answered one by one: a batch half of which is wrong is half taken.

    Per participant the later mark wins, by `at`, in whatever order they reach us. How long a day can be marked
    is the course's rule; before the day only excused. A malformed batch is refused whole, with 422.
    """
    found = _day(request, run_id, day)
    organisations = _organisations(batch)
    marked = _take(found, request, batch) if batch.marks else {}
    in_order = [marked[each.id] for each in batch.marks]
    in_order += [_walk_in(found, request, batch, person, organisations) for person in batch.walk_ins]
    counts = {
        outcome: sum(each.outcome == outcome for each in in_order)
        for outcome in ("taken", "superseded", "repeated", "refused")
    }
    return Answer(results=in_order, **counts)


def _asked_day(run: int, day: date, user: int) -> QuerySet:
    """Return what `_day` asks: the day, and whether the user takes every roll call."""
    return CourseDay.objects.filter(run=run, date=day).order_by().values_list("pk", takes_all_roll_calls(User(pk=user)))


def _asked_presenter(run: int, user: int) -> QuerySet:
    """Return what `_day` asks of who does not: whether they present on the run."""
    return CourseRun.objects.presented_by(User(pk=user)).filter(pk=run).order_by().values_list("pk")


DAY = Compiled(_asked_day, run=-101, day=date(1, 1, 1), user=-102)
PRESENTER = Compiled(_asked_presenter, run=-101, user=-102)


def _day(request: HttpRequest, run_id: int, day: date) -> CourseDay:
    """Return the day if the token's user takes attendance on its run. Raises ApiError 404 and 403.

    One query for who takes every roll call, two for presenters.
    """
    user = request.user
    found = DAY.one(run=run_id, day=day, user=user.pk)
    if found is not None:
        pk, takes_all = found
        if takes_all or user.is_superuser or PRESENTER.one(run=run_id, user=user.pk):
            return CourseDay(pk=pk, run_id=run_id, date=day)
    run = CourseRun.objects.filter(pk=run_id).first()
    if run is None:
        raise ApiError(404, _("There is no run %(id)s.") % {"id": run_id})
    allowed = may_take_roll_call(user, run)
    if not allowed:
        raise ApiError(403, allowed.reason)
    text = _("The run has no day on %(date)s. It may have been moved: ask for its attendance.")
    raise ApiError(404, text % {"date": date_format(day)})


def _take(day: CourseDay, request: HttpRequest, batch: Batch) -> dict[UUID, MarkResult]:
    """Take the marks; return what became of each, by its id."""
    now = timezone.now()
    taken = take(
        day=day,
        taps=[
            Tap(each.id, each.enrolment, _mark(each), correct_at(each.at, batch.clock_offset) if each.at else now)
            for each in batch.marks
        ],
        by=request.user,
        source=MarkSource.API,
        device=batch.device,
        clock_offset=batch.clock_offset,
        received_at=now,
    )
    outcomes = dict.fromkeys(taken.repeated, "repeated")
    outcomes |= {change.mark_id: "taken" if change.is_applied else "superseded" for change in taken.changes}
    results = {
        each.id: MarkResult(id=str(each.id), outcome=outcomes[each.id], enrolment=each.enrolment)
        for each in batch.marks
        if each.id in outcomes
    }
    for refused in taken.refused:
        results[refused.mark_id] = _refused(str(refused.mark_id), refused.reason_code, refused.text)
    return results


def _refused(its_id: str, code: str, message: object) -> MarkResult:
    return MarkResult(id=its_id, outcome="refused", code=code, message=str(message))


def _walk_in(
    day: CourseDay,
    request: HttpRequest,
    batch: Batch,
    person: WalkInIn,
    organisations: dict[str, Organisation],
) -> MarkResult:
    try:
        enrolment: Enrolment = walk_in(
            day=day,
            # Two programs may number their people alike.
            submission=f"api:{request.user.pk}:{day.pk}:{person.id}",
            name=person.name,
            email=person.email,
            organisation=organisations.get(person.organisation),
            organisation_name=person.organisation_name,
            by=request.user,
            at=correct_at(person.at, batch.clock_offset) if person.at else None,
            mark=_mark(person),
            source=MarkSource.API,
            device=batch.device,
            clock_offset=batch.clock_offset,
        )
    except NotAPerson as error:
        return _refused(person.id, error.field, error.message)
    except NotMarked as error:
        return _refused(person.id, error.refusal.value, error.refusal.label)
    except DayRemoved:
        return _refused(person.id, Refusal.DAY_REMOVED.value, Refusal.DAY_REMOVED.label)
    except RunCancelled:
        return _refused(person.id, "run_cancelled", _("The run is cancelled."))
    return MarkResult(
        id=person.id,
        outcome="taken",
        enrolment=enrolment.pk,
        seat=enrolment.status == EnrolmentStatus.CONFIRMED,
    )


def _organisations(batch: Batch) -> dict[str, Organisation]:
    """Return the municipalities that are named, by code. Raises ApiError 422 for a code nobody has."""
    wanted = {person.organisation for person in batch.walk_ins if person.organisation}
    if not wanted:
        return {}
    found = {each.code: each for each in Organisation.objects.filter(code__in=wanted)}
    errors = [
        WrongField(
            field=f"body.walk_ins.{n}.organisation",
            value=person.organisation,
            message=_("No municipality has this code."),
        )
        for n, person in enumerate(batch.walk_ins)
        if person.organisation and person.organisation not in found
    ]
    if errors:
        raise ApiError(422, _("Something is wrong in what was sent. Nothing was done."), errors=errors)
    return found


def _mark(given: MarkFields) -> Mark:
    return Mark(given.status, given.minutes_late, given.minutes_early, given.reason, given.note)
