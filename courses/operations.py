"""Rules that span rows in courses. Each runs in one transaction; none knows of a request."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from courses.enums import RunStatus
from courses.models import AttendanceRule, CancellationTerms, CancellationTier, CourseDay, CourseRun, Presenter
from website.accounts.operations import ensure_user_for_address


class CourseError(Exception):
    """Something the rules of courses refuse. The message is for people."""


#: What a repetition takes over; days, dates, status and label are its own.
REPEATED_FIELDS = (
    "course_id",
    "venue_id",
    "online_link",
    "capacity",
    "minimum",
    "price",
    "terms_id",
    "waiting_list",
    "line_rule",
    "asks_dietary",
    "practical",
    "notes",
    "responsible_id",
    "fixed_costs",
    "cost_per_participant",
)


@transaction.atomic
def repeat_run(*, run: CourseRun, first_date: date, label: str = "") -> CourseRun:
    """Make a draft like `run` whose first day is `first_date`, and return it.

    Days keep their distances and clock times, with hosts, presenters and programme; deadlines move
    by as many days as the first day does, at the same clock time. Raises CourseError when the run
    has no days to move, or already begins on that date.
    """
    days = list(
        CourseDay.objects.filter(run=run).prefetch_related("hosts", "presenters").order_by("date", "start_time")
    )
    if not days:
        raise CourseError(_("The run has no days to repeat."))
    shift = first_date - days[0].date
    if not shift:
        raise CourseError(_("The run already begins on that date. Choose another."))
    repeated = CourseRun(
        **{name: getattr(run, name) for name in REPEATED_FIELDS},
        label=label,
        status=RunStatus.DRAFT,
        decision_date=run.decision_date and run.decision_date + shift,
        registration_opens_at=_shifted(run.registration_opens_at, shift),
        registration_deadline=_shifted(run.registration_deadline, shift),
    )
    repeated.full_clean()
    repeated.save()
    for day in days:
        copy = CourseDay(
            run=repeated,
            date=day.date + shift,
            start_time=day.start_time,
            end_time=day.end_time,
            title=day.title,
            programme=day.programme,
            venue_id=day.venue_id,
        )
        copy.hosts.set(day.hosts.all())
        copy.presenters.set(day.presenters.all())
        copy.save()
    return repeated


#: What a new version of the terms takes over from the one before.
TERMS_FIELDS = ("text", "cancel_until", "move_until", "move_fee", "replace_until")


def _shifted(instant: datetime | None, shift: timedelta) -> datetime | None:
    """Return the instant moved by whole days on the Danish clock: 12.00 stays 12.00 across summer time."""
    if instant is None:
        return None
    local = timezone.localtime(instant)
    return timezone.make_aware(local.replace(tzinfo=None) + shift)


@transaction.atomic
def new_terms_version(*, terms: CancellationTerms) -> CancellationTerms:
    """Make the next version of `terms` with the same text and tiers, free to be edited, and return it."""
    versions = CancellationTerms.objects.select_for_update().filter(name=terms.name).order_by("-version")
    latest = versions.first() or terms
    fresh = CancellationTerms.objects.create(
        name=terms.name, version=latest.version + 1, **{name: getattr(terms, name) for name in TERMS_FIELDS}
    )
    CancellationTier.objects.bulk_create(
        CancellationTier(
            terms=fresh,
            days_before=tier.days_before,
            kind=tier.kind,
            value=tier.value,
            minimum_fee=tier.minimum_fee,
        )
        for tier in CancellationTier.objects.filter(terms=terms)
    )
    return fresh


@transaction.atomic
def use_terms_for_new_runs(*, terms: CancellationTerms) -> None:
    """Make `terms` those that new runs begin with; the former ones no longer are."""
    CancellationTerms.objects.filter(is_default=True).exclude(pk=terms.pk).update(is_default=False)
    CancellationTerms.objects.filter(pk=terms.pk).update(is_default=True)
    terms.is_default = True


@transaction.atomic
def use_rule_for_all_courses(*, rule: AttendanceRule) -> None:
    """Make `rule` that of courses without one of their own; the former one no longer is.

    All rules are locked first, in one order, so that two who do it at once end with one default.
    """
    list(AttendanceRule.objects.select_for_update().order_by("pk").values_list("pk", flat=True))
    AttendanceRule.objects.filter(is_default=True).exclude(pk=rule.pk).update(is_default=False)
    AttendanceRule.objects.filter(pk=rule.pk).update(is_default=True)
    rule.is_default = True


@transaction.atomic
def link_presenter_to_user(*, presenter: Presenter) -> None:
    """Let the presenter sign in with their address, or no longer when it was taken away. Saves `presenter`.

    Raises CourseError when the address is another presenter's.
    """
    if not presenter.email:
        presenter.user = None
    elif presenter.user is None or presenter.user.email != presenter.email:
        user = ensure_user_for_address(presenter.email, presenter.name)
        if Presenter.objects.filter(user=user).exclude(pk=presenter.pk).exists():
            raise CourseError(_("Another presenter signs in with %(email)s.") % {"email": presenter.email})
        presenter.user = user
    presenter.save(update_fields=["user"])
