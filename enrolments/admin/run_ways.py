"""How organisers come to the pages on a run's fate: from its form, after saving it, and from what needs attention."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from courses.enums import HELD_STATUSES, RunStatus
from courses.models import CourseDay, CourseRun
from courses.watchers import NextStep, after_saving, run_buttons, status_pages
from enrolments.admin.run_changes import page_url
from enrolments.enums import RunChangeStatus
from enrolments.models import RunChange
from enrolments.operations import run_decisions
from enrolments.operations.run_changes import pending_change
from enrolments.permissions import may_decide_run
from website.accounts.models import User
from website.core.contributions import AttentionItem, attention_items


@run_buttons.register("enrolments")
def decision_buttons(run: CourseRun, user: User) -> Iterator[NextStep]:
    """Lead from the run's form to the decisions on it."""
    if not may_decide_run(user):
        return
    if run.status == RunStatus.CANCELLED:
        yield NextStep(_("Hold the run after all"), page_url("reopen_run", run), "undo")
        return
    if run.status in HELD_STATUSES and not run.confirmed_at:
        yield NextStep(_("Confirm the run"), page_url("confirm_run", run), "check")
    yield NextStep(_("Cancel the run"), page_url("cancel_run", run), "cross")


@after_saving.register("enrolments")
def tell_next(run: CourseRun, user: User) -> NextStep | None:
    """Lead on to telling, when an edit has changed something for those who come."""
    if not may_decide_run(user) or pending_change(run) is None:
        return None
    return NextStep(
        _("Tell participants"),
        page_url("tell", run),
        text=_("Participants have not been told of what you changed."),
    )


@status_pages.register("enrolments")
def page_for_status(run: CourseRun, wanted: str) -> NextStep | None:
    """A run is cancelled, and held after all, on a page that says what it means for its people."""
    if wanted == RunStatus.CANCELLED and (run.status in HELD_STATUSES or run.enrolments.active().exists()):
        return NextStep(
            _("Cancel the run"),
            page_url("cancel_run", run),
            text=_("The run is saved but not cancelled yet: see what it means, and cancel it here."),
        )
    if run.status == RunStatus.CANCELLED and wanted != RunStatus.CANCELLED:
        return NextStep(
            _("Hold the run after all"),
            page_url("reopen_run", run),
            text=_("The run is saved and still cancelled: see what it means, and open it here."),
        )
    return None


@attention_items.register("run-changes", order=15)
def undecided_changes(user: User) -> Iterator[AttentionItem]:
    """Yield changes nobody has been told of, and runs to be decided on (two queries)."""
    if not may_decide_run(user):
        return
    to_come = CourseDay.objects.from_today().values("run")
    pending = RunChange.objects.filter(status=RunChangeStatus.PENDING, run__in=to_come)
    for change in pending.select_related("run__course"):
        yield AttentionItem(
            str(change.run),
            page_url("tell", change.run),
            _("has changed, and participants have not been told"),
            urgent=True,
        )
    for run in run_decisions.undecided():
        yield AttentionItem(str(run), page_url("changes", run), _("is to be decided on: is it held?"), urgent=True)
