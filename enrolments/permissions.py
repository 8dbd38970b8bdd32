"""May this person do this, and why not: each function answers with a Verdict."""

from datetime import datetime, timedelta

from django.contrib.auth.models import Group, Permission
from django.db.models import Exists, Q, Value
from django.db.models.expressions import BaseExpression
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from courses.models import CourseDay, CourseRun
from courses.permissions import ALLOWED, Verdict
from enrolments.operations.attendance.windows import AHEAD, TAKES_ALL, midnight, window
from website.accounts.models import User
from website.accounts.typing import AnyUser


def may_take_all_roll_calls(user: AnyUser) -> Verdict:
    """Whether the person takes attendance on any run: organisers and administrators do."""
    if user.has_perm(TAKES_ALL):
        return ALLOWED
    return Verdict(False, _("Only organisers take attendance on every run."))


def takes_all_roll_calls(user: AnyUser) -> BaseExpression:
    """The same answer for a query that is asked anyway: a program that checks people in asks it for each."""
    if user.is_superuser:
        return Value(True)
    label, _dot, codename = TAKES_ALL.partition(".")
    # Looked for one beside the other: tables joined in a row take PostgreSQL longer to plan than to read.
    own = User.user_permissions.through.objects.filter(user=user.pk)
    by_groups = Group.permissions.through.objects.filter(group__user=user.pk)
    held = Q(pk__in=own.values("permission")) | Q(pk__in=by_groups.values("permission"))
    return Exists(Permission.objects.filter(held, content_type__app_label=label, codename=codename))


def may_take_roll_call(user: AnyUser, run: CourseRun, *, presents: bool | None = None) -> Verdict:
    """Whether the person takes attendance on this run: organisers, and who hosts or presents on one of its days.

    `presents`: whether they do, where the caller has asked PostgreSQL already.
    """
    if not user.is_authenticated or not user.is_active:
        return Verdict(False, _("You must sign in to take attendance."))
    if presents is None:
        presents = CourseRun.objects.presented_by(user).filter(pk=run.pk).exists()
    if presents or may_take_all_roll_calls(user):
        return ALLOWED
    return Verdict(
        False,
        _(
            "Only organisers and the presenters of this run can take attendance."
            " Ask an organiser to put you on the run."
        ),
    )


def may_mark(
    user: AnyUser,
    day: CourseDay,
    *,
    presents: bool | None = None,
    at: datetime | None = None,
    status: str | None = None,
) -> Verdict:
    """Whether the person may take and correct marks of this day at `at` (default: now).

    Who takes attendance on the run may, from the day's first minute (Danish time) until the rule of its course says
    it is too late: `presenters_correct_days` for presenters, `organisers_correct_days` for organisers. Before
    the day only who has called off can be marked: ask with `status` "excused" (or "", to take that back).
    `presents` as in `may_take_roll_call`.
    """
    allowed = may_take_roll_call(user, day.run, presents=presents)
    if not allowed:
        return allowed
    at = at or timezone.now()
    if timezone.localdate(at) == day.date:
        return ALLOWED
    if at < midnight(day.date):
        if status is not None and status in AHEAD:
            return ALLOWED
        return Verdict(False, _("Before the day, only “excused” can be marked."))
    closes = window(user, day.run, day.date).closes
    if closes is None or at < closes:
        return ALLOWED
    last = date_format(timezone.localdate(closes) - timedelta(days=1))
    if may_take_all_roll_calls(user):
        return Verdict(False, _("Marks of this day could be corrected until %(date)s.") % {"date": last})
    return Verdict(
        False, _("You could correct marks of this day until %(date)s. Ask an organiser to do it.") % {"date": last}
    )


def may_see_reports(user: AnyUser) -> Verdict:
    """Whether the person sees the reports on participants: organisers and administrators do."""
    if user.has_perm("enrolments.view_enrolment"):
        return ALLOWED
    return Verdict(False, _("Only organisers see the reports on participants."))


def may_see_enrolments(user: AnyUser) -> Verdict:
    """Whether the person sees who is registered: organisers and administrators do."""
    if user.has_perm("enrolments.view_enrolment"):
        return ALLOWED
    return Verdict(False, _("Only organisers see who is registered."))


def may_change_enrolments(user: AnyUser) -> Verdict:
    """Whether the person seats people from the line and cancels participants."""
    if user.has_perm("enrolments.change_enrolment"):
        return ALLOWED
    return Verdict(False, _("Only organisers change registrations."))


def may_decide_run(user: AnyUser) -> Verdict:
    """Whether the person cancels and confirms runs, and tells their people of changes."""
    if user.has_perm("courses.change_courserun") and user.has_perm("enrolments.change_enrolment"):
        return ALLOWED
    return Verdict(False, _("Only organisers decide whether a run is held and write to its participants."))


def may_give_access(user: AnyUser) -> Verdict:
    """Whether the person decides who sees a municipality's people: organisers and administrators do."""
    if user.has_perm("enrolments.add_trainingcontact") and user.has_perm("enrolments.view_enrolment"):
        return ALLOWED
    return Verdict(False, _("Only organisers give training contacts access."))
