"""Plan evaluations: by themselves for runs that are held, and by an organiser's hand.

A plan follows its run. What nobody has touched is set anew whenever the run's days or the standard questionnaire
change; what an organiser chose is moved by as many days as the run. A run that is not held any more stops what has
not opened, and ends what has; what an organiser chose waits for it, and opens only should it be held after all. All of
it may run twice, or be killed: the next pass finds the same.
"""

from collections.abc import Collection, Iterator
from dataclasses import fields
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from courses.enums import HELD_STATUSES
from courses.models import CourseRun
from courses.watchers import RunWatcher, run_watchers
from evaluations.enums import COURSE_MOMENTS, EvaluationStatus, Moment
from evaluations.exceptions import EvaluationError
from evaluations.models import Evaluation, Questionnaire
from evaluations.operations.opening import new_room_code
from evaluations.schedule import LATEST, Period, Times, default_times, later
from website.accounts.models import User

TIMES = [each.name for each in fields(Times)]


def plan_evaluations(*, runs: Collection[int] | None = None, at: datetime | None = None) -> int:
    """Make the plans of held runs what they should be; return how many were made or changed.

    `runs` narrows it to these. A constant number of queries, however many runs.
    """
    at = at or timezone.now()
    with transaction.atomic():
        return _stop_unheld(runs, at) + _follow(runs, at)


def _stop_unheld(runs: Collection[int] | None, at: datetime) -> int:
    """Stop what cannot open any more, and end what is open on a run that is not held.

    What an organiser chose of a run that is not held stays planned, for it to be held after all with those times:
    `opening` opens nothing of such a run, and pages say that it waits.
    """
    rows = Evaluation.objects.filter(run__isnull=False)
    rows = rows if runs is None else rows.filter(run__in=runs)
    not_held = rows.exclude(run__in=CourseRun.objects.filter(status__in=HELD_STATUSES, days__isnull=False))
    planned = not_held.filter(status=EvaluationStatus.PLANNED)
    waiting = planned.filter(is_by_hand=True, closes_at__gt=at).exclude(run__status__in=HELD_STATUSES)
    # Not by hand: a run that is held after all is asked after all.
    stopped = planned.exclude(pk__in=waiting.values("pk")).update(status=EvaluationStatus.STOPPED, is_by_hand=False)
    missed = rows.filter(status=EvaluationStatus.PLANNED, closes_at__lte=at)
    stopped += missed.update(status=EvaluationStatus.STOPPED, is_by_hand=True)
    still_open = not_held.filter(status=EvaluationStatus.OPEN, closes_at__gt=at, opens_at__lt=at)
    return stopped + still_open.update(closes_at=at)


def _follow(runs: Collection[int] | None, at: datetime) -> int:
    """Plan what held runs lack, and let plans that nobody has touched follow their run."""
    since = at - timedelta(days=settings.EVALUATION_FOLLOW_UP_DAYS) - LATEST
    held = CourseRun.objects.filter(status__in=HELD_STATUSES).with_period().filter(last_ends_at__gt=since)
    held = held if runs is None else held.filter(pk__in=runs)
    periods = {
        pk: (kind, Period(starts_at, ends_at))
        for pk, kind, starts_at, ends_at in held.values_list("pk", "course__kind", "first_starts_at", "last_ends_at")
    }
    standards = _standards()
    if not periods or not standards:
        return 0
    known = Evaluation.objects.filter(run__in=periods)
    there = set(known.values_list("run", "moment"))
    plans: dict[tuple[int | None, str], Evaluation] = {
        (each.run_id, each.moment): each
        for each in known.filter(status__in=[EvaluationStatus.PLANNED, EvaluationStatus.STOPPED], is_by_hand=False)
        .select_related("questionnaire")
        .select_for_update(no_key=True, of=("self",), skip_locked=True)
    }
    made, changed = [], []
    for pk, (kind, period) in periods.items():
        for moment in COURSE_MOMENTS:
            standard = standards.get((moment, kind)) or standards.get((moment, ""))
            times = default_times(moment, period, at=at)
            if (pk, moment) not in there:
                if standard and times:
                    made.append(_plan(pk, moment, standard, times))
            elif (plan := plans.get((pk, moment))) and times and _change(plan, standard, times):
                changed.append(plan)
    Evaluation.objects.bulk_create(made, ignore_conflicts=True)
    Evaluation.objects.bulk_update(changed, [*TIMES, "status", "questionnaire"])
    return len(made) + len(changed)


def _standards() -> dict[tuple[str, str], Questionnaire]:
    """Return the standard questionnaires by moment and kind of course ("" for every kind)."""
    found = Questionnaire.objects.filter(is_standard=True).defer("questions")
    return {(each.moment, each.course_kind): each for each in found}


def _plan(run_pk: int, moment: str, questionnaire: Questionnaire, times: Times) -> Evaluation:
    plan = Evaluation(run_id=run_pk, moment=moment, questionnaire=questionnaire)
    _set_times(plan, times)
    # The sheet for the room is printed before the day.
    plan.room_code = new_room_code() if moment == Moment.END else None
    return plan


def _change(plan: Evaluation, standard: Questionnaire | None, times: Times) -> bool:
    """Set the plan's times, status and questionnaire; return whether any of it is new. Does not save."""
    before = (plan.status, plan.questionnaire_id, times_of(plan))
    if plan.moment == Moment.BEFORE and plan.opens_at <= times.opens_at and plan.closes_at == times.closes_at:
        # Planned late, so it opens at once: the next pass does not put it off by a minute.
        times = times_of(plan)
    _set_times(plan, times)
    plan.status = EvaluationStatus.PLANNED
    if standard and not _is_newer_version(plan.questionnaire, standard):
        plan.questionnaire = standard
    return before != (plan.status, plan.questionnaire_id, times)


def _is_newer_version(chosen: Questionnaire, standard: Questionnaire) -> bool:
    """Whether staff put plans on a version of the standard that comes after it."""
    return chosen.family == standard.family and chosen.version > standard.version


def times_of(evaluation: Evaluation) -> Times:
    return Times(**{name: getattr(evaluation, name) for name in TIMES})


def _set_times(evaluation: Evaluation, times: Times) -> None:
    for name in TIMES:
        setattr(evaluation, name, getattr(times, name))


# --- a run that is changed --------------------------------------------------------------------


def _period_of(run: CourseRun) -> Period | None:
    found = CourseRun.objects.filter(pk=run.pk).with_period().values_list("first_starts_at", "last_ends_at").first()
    return Period(*found) if found and found[0] else None


def _run_changed(run: CourseRun, before: Period | None, _user: User) -> None:
    """Let what an organiser chose, and what is open, move along with the run's days; then plan the rest."""
    now = timezone.now()
    after = _period_of(run)
    if before and after:
        starts, ends = after.first_day - before.first_day, after.last_day - before.last_day
        statuses = [EvaluationStatus.PLANNED, *([EvaluationStatus.OPEN] if run.is_held else [])]
        rows = Evaluation.objects.filter(run=run, status__in=statuses).select_for_update(no_key=True)
        for each in rows.order_by("pk"):
            days = starts.days if each.moment == Moment.BEFORE else ends.days
            if days and _moved_along(each, days, now):
                each.save(update_fields=TIMES)
    plan_evaluations(runs=[run.pk], at=now)


def _moved_along(evaluation: Evaluation, days: int, now: datetime) -> bool:
    """Move what is still to come by so many days; return whether there was anything. Does not save."""
    if evaluation.status == EvaluationStatus.PLANNED:
        if not evaluation.is_by_hand:
            return False
        _set_times(evaluation, times_of(evaluation).shifted(days))
        return True
    if evaluation.moment == Moment.FOLLOW_UP:
        return False  # people have been asked, and three months are three months
    for name in TIMES[1:]:
        moment = getattr(evaluation, name)
        if moment and moment > now:
            setattr(evaluation, name, max(later(moment, days), now))
    return True


run_watchers.add("evaluations", RunWatcher(before=_period_of, after=_run_changed), order=60)


# --- by an organiser's hand ---------------------------------------------------------------------


def plan_by_hand(
    *, run: CourseRun, moment: str, questionnaire: Questionnaire, times: Times, at: datetime | None = None
) -> Evaluation:
    """Plan an evaluation of a run, or plan again one that was stopped.

    Raises EvaluationError when there is one already, or when the run, the questionnaire or the times do not allow it.
    """
    at = at or timezone.now()
    if not run.is_held:
        raise EvaluationError(_("Only a run that is open or closed for registration is evaluated."))
    _check(moment, questionnaire, times, at)
    with transaction.atomic():
        CourseRun.objects.select_for_update(no_key=True).get(pk=run.pk)
        standing = Evaluation.objects.select_for_update(no_key=True).filter(run=run, moment=moment).first()
        if standing is not None and standing.status != EvaluationStatus.STOPPED:
            raise EvaluationError(_("The run has this evaluation already."))
        plan = standing or Evaluation(run=run, moment=moment)
        plan.questionnaire, plan.status, plan.is_by_hand = questionnaire, EvaluationStatus.PLANNED, True
        _set_times(plan, times)
        if moment == Moment.END and not plan.room_code:
            plan.room_code = new_room_code()
        plan.save()
    return plan


def shift(
    *, pk: int, times: Times, questionnaire: Questionnaire | None = None, at: datetime | None = None
) -> Evaluation:
    """Give a planned evaluation other times, and another questionnaire; an open one other times for what is to come.

    Raises EvaluationError for one that is closed or stopped, and when the times or the questionnaire do not do.
    """
    at = at or timezone.now()
    with transaction.atomic():
        evaluation = _locked(pk, EvaluationStatus.PLANNED, EvaluationStatus.OPEN)
        is_open = evaluation.status == EvaluationStatus.OPEN
        if is_open:
            if questionnaire is not None and questionnaire.pk != evaluation.questionnaire_id:
                raise EvaluationError(_("People are answering: the questionnaire can no longer be changed."))
            times = Times(evaluation.opens_at, *times.all()[1:])  # type: ignore[arg-type] # closes_at stands first
        asked = questionnaire or evaluation.questionnaire
        _check(evaluation.moment, asked, times, at)
        evaluation.questionnaire, evaluation.is_by_hand = asked, True
        _set_times(evaluation, times)
        evaluation.save(update_fields=[*TIMES, "questionnaire", "is_by_hand"])
    return evaluation


def stop(*, pk: int) -> Evaluation:
    """Call off an evaluation before anybody is asked. Raises EvaluationError once it has opened."""
    with transaction.atomic():
        evaluation = _locked(pk, EvaluationStatus.PLANNED)
        evaluation.status, evaluation.is_by_hand = EvaluationStatus.STOPPED, True
        evaluation.save(update_fields=["status", "is_by_hand"])
    return evaluation


def close_now(*, pk: int, at: datetime | None = None) -> Evaluation:
    """End an open evaluation before its time: from now on nobody answers, and the worker counts within a minute.

    Raises EvaluationError when it is not open.
    """
    at = at or timezone.now()
    with transaction.atomic():
        evaluation = _locked(pk, EvaluationStatus.OPEN)
        if evaluation.closes_at > at:
            evaluation.closes_at = max(at, evaluation.opens_at + timedelta(microseconds=1))
            evaluation.save(update_fields=["closes_at"])
    return evaluation


def _locked(pk: int, *statuses: EvaluationStatus) -> Evaluation:
    rows = Evaluation.objects.select_for_update(no_key=True, of=("self",)).select_related("questionnaire")
    evaluation = rows.filter(pk=pk, run__isnull=False).first()
    if evaluation is None or evaluation.status not in statuses:
        raise EvaluationError(_("The evaluation has changed meanwhile. See how it stands now."))
    return evaluation


def _check(moment: str, questionnaire: Questionnaire, times: Times, at: datetime) -> None:
    if questionnaire.moment != moment:
        raise EvaluationError(_("The questionnaire is made for another moment."))
    if times.closes_at <= max(times.opens_at, at):
        raise EvaluationError(_("It must close after it opens, and not in the past."))
    mails = list(_mails(times))
    if any(not times.opens_at <= each < times.closes_at for each in mails):
        raise EvaluationError(_("Mails can only be sent while it is open."))
    if mails != sorted(mails) or (mails and times.invites_at is None):
        raise EvaluationError(_("The mail with the link comes first, then the first reminder, then the second."))


def _mails(times: Times) -> Iterator[datetime]:
    for each in (times.invites_at, times.first_reminder_at, times.second_reminder_at):
        if each is not None:
            yield each
