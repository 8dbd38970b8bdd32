"""May this person do this, and why not: each function answers with a Verdict."""

from django.utils.translation import gettext as _

from courses.models import CourseRun
from courses.permissions import ALLOWED, Verdict
from website.accounts.typing import AnyUser


def may_take_all_roll_calls(user: AnyUser) -> Verdict:
    """Whether the person takes attendance on any run: organisers and administrators do."""
    if user.has_perm("enrolments.change_attendance"):
        return ALLOWED
    return Verdict(False, _("Only organisers take attendance on every run."))


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
