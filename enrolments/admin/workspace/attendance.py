"""Attendance of a run on one page: who is at risk, each day's marks, and the ways to take, type in and import them."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import path, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.generic import TemplateView
from wagtail.admin.paginator import WagtailPaginator

from courses.enums import RunStatus
from courses.models import CourseDay
from enrolments.admin.workspace.attendance_import import ImportView, TemplateFileView
from enrolments.admin.workspace.tabs import RunMixin, Tab, workspace_tabs, workspace_urls
from enrolments.enums import AttendanceStatus, EnrolmentStatus, Requirement
from enrolments.permissions import may_take_all_roll_calls
from enrolments.reports.attendance_state import DayState, ParticipantState, RunState, state_of_run
from website.core.danish import clock
from website.core.exports import hours_and_minutes

PAGE_SIZE = 100
#: The order of the bar's parts, and of the figures beside it. "" is not taken.
BAR = (
    (AttendanceStatus.PRESENT, gettext_lazy("present")),
    (AttendanceStatus.LATE, gettext_lazy("late")),
    (AttendanceStatus.EXCUSED, gettext_lazy("excused")),
    (AttendanceStatus.ABSENT, gettext_lazy("absent")),
    ("", gettext_lazy("not taken")),
)
#: A sign for each mark, always beside its word.
SIGNS = {
    AttendanceStatus.PRESENT: "✓",
    AttendanceStatus.LATE: "◔",
    AttendanceStatus.ABSENT: "✕",
    AttendanceStatus.EXCUSED: "◇",
}
#: Who needs somebody's eye comes first.
URGENCY = {
    Requirement.AT_RISK: 0,
    Requirement.OUT_OF_REACH: 1,
    Requirement.ON_TRACK: 2,
    Requirement.MET: 3,
}


@dataclass(frozen=True, slots=True)
class ShownMark:
    """A participant's day as the page shows it: a sign, a word, and what more there is to say."""

    kind: str
    sign: str
    word: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ShownPerson:
    state: ParticipantState
    marks: list[ShownMark]
    standing: str
    standing_kind: str
    url: str

    @property
    def attended(self) -> str:
        return hours_and_minutes(self.state.result.minutes_attended)

    @property
    def planned(self) -> str:
        return hours_and_minutes(self.state.result.minutes_planned)

    @property
    def is_walk_in(self) -> bool:
        return self.state.enrolment.registration.is_walk_in or self.has_no_seat

    @property
    def has_no_seat(self) -> bool:
        return self.state.enrolment.status == EnrolmentStatus.WALK_IN


@dataclass(frozen=True, slots=True)
class BarPart:
    name: str
    x: str
    width: str


@dataclass(frozen=True, slots=True)
class ShownDay:
    """A day with how many are marked what, as figures and as a bar of a hundred."""

    day: CourseDay
    number: int
    times: str
    counts: list[tuple[str, int]]
    bar: list[BarPart]
    is_over: bool
    missing: int


@dataclass(frozen=True, slots=True)
class Choice:
    """A way to narrow the list: how many it leaves, and whether it is chosen."""

    name: str
    label: str | Promise
    count: int


def is_at_risk(person: ParticipantState) -> bool:
    return has_begun(person) and person.requirement == Requirement.AT_RISK


def has_begun(person: ParticipantState) -> bool:
    """Whether anything is taken of the participant: before that, missing a one-day run is everybody's risk."""
    return person.result.days_taken > 0


CHOICES: tuple[tuple[str, str | Promise, Callable[[ParticipantState], bool]], ...] = (
    ("", pgettext_lazy("people", "Everybody"), lambda _person: True),
    ("at_risk", pgettext_lazy("requirement", "At risk"), is_at_risk),
    (
        "out_of_reach",
        pgettext_lazy("requirement", "Out of reach"),
        lambda person: has_begun(person) and person.requirement == Requirement.OUT_OF_REACH,
    ),
    ("met", pgettext_lazy("requirement", "Met"), lambda person: person.requirement == Requirement.MET),
    ("no_show", gettext_lazy("No-shows"), lambda person: person.is_no_show),
    (
        "walk_in",
        gettext_lazy("Came without having registered"),
        lambda person: person.enrolment.registration.is_walk_in or person.enrolment.status == EnrolmentStatus.WALK_IN,
    ),
)


class AttendanceView(RunMixin, TemplateView):
    """Participants by days, with minutes and the requirement: who is at risk first."""

    tab = "attendance"
    template_name = "enrolments/admin/workspace/attendance.html"
    page_title = gettext_lazy("Attendance")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        now = timezone.now()
        state = state_of_run(self.run, at=now)
        query = self.request.GET
        by_name = query.get("sort") == "name"
        narrowed = {name: keep for name, _label, keep in CHOICES}
        chosen = query.get("show", "") if query.get("show", "") in narrowed else ""
        people = [person for person in state.expected if narrowed[chosen](person)]
        if not by_name:
            # Who is nearest the edge first; stable, so that those alike stand by name, the Danish way.
            people.sort(key=lambda person: (not has_begun(person), URGENCY[person.requirement], person.result.percent))
        page = WagtailPaginator(people, PAGE_SIZE).get_page(query.get("p"))
        days = shown_days(state, now)
        kept = "&".join(f"{name}={value}" for name, value in (("show", chosen), ("sort", "name" * by_name)) if value)
        return super().get_context_data(
            state=state,
            days=days,
            legend=BAR,
            people=[shown_person(person, state, now) for person in page],
            page=page,
            elided_page_range=page.paginator.get_elided_page_range(page.number),
            query=kept,
            former=[shown_person(person, state, now) for person in state.former],
            late_cancellations=sum(person.is_late_cancellation for person in state.participants),
            no_shows=sum(person.is_no_show for person in state.participants),
            choices=[
                Choice(name, label, sum(keep(person) for person in state.expected)) for name, label, keep in CHOICES
            ],
            chosen=chosen,
            by_name=by_name,
            untaken_days=[day for day in days if day.is_over and day.missing],
            is_cancelled=self.run.status == RunStatus.CANCELLED,
            may_import=bool(may_take_all_roll_calls(self.request.user)),
            rule_url=rule_url(state),
            **kwargs,
        )


def rule_url(state: RunState) -> str:
    """Return where the rule in force is read; nothing for the one that stands nowhere."""
    return reverse("wagtailsnippets_courses_attendancerule:inspect", args=[state.rule.pk]) if state.rule.pk else ""


def shown_days(state: RunState, now: Any) -> list[ShownDay]:
    """Return each day with how the expected are marked on it."""
    found = []
    for number, day in enumerate(state.days):
        counts = Counter(person.days[number].status for person in state.expected)
        total = sum(counts.values())
        bar, x = [], 0.0
        for status, _word in BAR:
            # Of a day to come nothing is missing yet.
            if counts[status] and (status or day.ends_at <= now):
                width = 100 * counts[status] / total
                bar.append(BarPart(status or "untaken", f"{x:.2f}", f"{width:.2f}"))
                x += width
        found.append(
            ShownDay(
                day=day,
                number=number + 1,
                times=f"{clock(day.start_time)}–{clock(day.end_time)}",
                counts=[(str(word), counts[status]) for status, word in BAR],
                bar=bar,
                is_over=day.ends_at <= now,
                missing=sum(not person.days[number].is_taken for person in state.expected if was_expected(person, day)),
            )
        )
    return found


def was_expected(person: ParticipantState, day: CourseDay) -> bool:
    """Whether somebody could be marked on the day: who came to the door later could not."""
    return not person.enrolment.registration.is_walk_in or person.enrolment.created_at <= day.ends_at


def shown_person(person: ParticipantState, state: RunState, now: Any) -> ShownPerson:
    """Return a participant as a row."""
    marks = [shown_mark(mark, day, state, now) for mark, day in zip(person.days, state.days, strict=True)]
    if not person.is_expected:
        label, kind = str(EnrolmentStatus(person.enrolment.status).label), "former"
    elif not has_begun(person) and not any(day.ends_at <= now for day in state.days):
        label, kind = _("Not begun"), "not-begun"
    else:
        label, kind = str(person.requirement.label), person.requirement.value.replace("_", "-")
    url = reverse("participants:participant", args=[state.run.pk, person.pk])
    return ShownPerson(person, marks, label, kind, url)


def shown_mark(mark: DayState, day: CourseDay, state: RunState, now: Any) -> ShownMark:
    """Return a mark in a sign and a word; a day to come has neither."""
    if not mark.is_taken:
        if day.ends_at > now:
            return ShownMark("coming", "·", _("to come"))
        return ShownMark("untaken", "–", _("not taken"))
    word = {status: str(label) for status, label in BAR}[mark.status]
    details = []
    if mark.mark.minutes_late:
        details.append(_("%(minutes)s min. late") % {"minutes": mark.mark.minutes_late})
    if mark.mark.minutes_early:
        details.append(_("left %(minutes)s min. early") % {"minutes": mark.mark.minutes_early})
    if mark.status == AttendanceStatus.LATE and not mark.minutes and state.rule.absent_after:
        details.append(_("counts as absent"))
    return ShownMark(mark.status, SIGNS[AttendanceStatus(mark.status)], word, ", ".join(details))


workspace_tabs.add(
    "attendance", Tab("attendance", pgettext_lazy("attendance", "Attendance"), "participants:attendance"), order=25
)
workspace_urls.add(
    "attendance",
    [
        path("run/<int:run_pk>/attendance/", AttendanceView.as_view(), name="attendance"),
        path("run/<int:run_pk>/attendance/import/", ImportView.as_view(), name="attendance_import"),
        path(
            "run/<int:run_pk>/attendance/import/template.<str:form>",
            TemplateFileView.as_view(),
            name="attendance_template",
        ),
    ],
)
