"""Runs as pages show them: every text worked out here, so that templates only show.

Give it runs fetched by `CourseRunQuerySet.for_display()`; then nothing here asks the database.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Prefetch, Value
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from courses.enums import TAKES_REGISTRATIONS, RegistrationState, VatCode
from courses.models import CourseDay, CoursePage, CourseRun, Presenter
from courses.querysets import CourseRunQuerySet
from website.core.danish import DanishOrder, clock, dates, kroner, listed, period, week

#: The colour of a state's label (templates/components/tag.html).
LABEL_KINDS = {
    RegistrationState.OPEN: "mint",
    RegistrationState.FEW_SEATS: "sun",
    RegistrationState.LINE: "coral",
    RegistrationState.FULL: "coral",
    RegistrationState.CANCELLED: "error",
}
#: What pages show of a presenter: never the address.
PRESENTER_FIELDS = ("name", "title", "organisation")
PROGRAMME_LINE = re.compile(r"^(?:kl\.\s*)?(\d{1,2}[.:]\d{2}(?:\s*[–-]\s*\d{1,2}[.:]\d{2})?)\s+(.+)$")


def price_text(price: Decimal) -> str:
    return kroner(price) if price else str(_("Free of charge"))


def vat_text(vat_code: str, price: Decimal) -> str:
    """Return the words about VAT that stand beside a price; none beside no price."""
    if not price:
        return ""
    return str(_("excl. VAT") if vat_code == VatCode.STANDARD else _("free of VAT"))


def moment(at: datetime) -> str:
    return date_format(timezone.localtime(at), "DATETIME_FORMAT")


def names(presenters: Iterable[Presenter]) -> list[str]:
    """Return their bylines, each once, in the order met."""
    return list(dict.fromkeys(presenter.byline for presenter in presenters))


@dataclass
class DayView:
    """One day as a page shows it. Hosts and presenters stand here once `with_people` has read them."""

    day: CourseDay
    hosts: list[Presenter] = field(default_factory=list)
    presenters: list[Presenter] = field(default_factory=list)

    @property
    def date(self) -> date:
        return self.day.date

    @property
    def date_text(self) -> str:
        """Such as "torsdag 4. marts 2027"."""
        return f"{date_format(self.day.date, 'l')} {date_format(self.day.date, 'DATE_FORMAT')}"

    @property
    def week(self) -> str:
        return week(self.day.date)

    @property
    def times(self) -> str:
        return str(_("at %(start)s–%(end)s") % {"start": clock(self.day.start_time), "end": clock(self.day.end_time)})

    @property
    def other_place(self) -> str:
        """The day's own venue; nothing where it is the run's."""
        return self.day.venue.one_line_address if self.day.venue else ""

    @property
    def programme(self) -> list[tuple[str, str]]:
        """Return (clock time, what) a line; the time is empty where a line does not begin with one."""
        lines = [line.strip() for line in self.day.programme.splitlines() if line.strip()]
        found = [PROGRAMME_LINE.match(line) for line in lines]
        return [match.groups() if match else ("", line) for match, line in zip(found, lines, strict=True)]


class RunView:
    """One run as a page shows it at one moment."""

    def __init__(self, run: CourseRun, at: datetime) -> None:
        self.run = run
        self.pk = run.pk
        self.course = run.course
        self.label = run.label
        self.state = run.registration_state(at)
        self.takes_registrations = self.state in TAKES_REGISTRATIONS
        self.days = [DayView(day) for day in run.ordered_days()]
        self.at = at

    @property
    def begun(self) -> bool:
        return bool(self.days) and self.days[0].day.starts_at <= self.at

    @property
    def under_way(self) -> bool:
        """Begun, not over and not cancelled."""
        return self.begun and self.state not in (RegistrationState.PAST, RegistrationState.CANCELLED)

    @property
    def first(self) -> date | None:
        return self.days[0].date if self.days else None

    @property
    def period(self) -> str:
        return period(self.days[0].date, self.days[-1].date) if self.days else str(_("The dates are not set yet"))

    @property
    def when(self) -> str:
        """The period, and how many days where there are several."""
        count = len(self.days)
        if count < 2:
            return self.period
        return f"{self.period} ({self.day_count})"

    @property
    def dates(self) -> str:
        """Every day: "4. marts, 18. marts og 8. april 2027", "4.–5. marts 2027"."""
        return dates(day.date for day in self.days) or self.period

    @property
    def day_count(self) -> str:
        return ngettext("%(count)s day", "%(count)s days", len(self.days)) % {"count": len(self.days)}

    @property
    def weeks(self) -> str:
        numbers = list(dict.fromkeys(str(day.date.isocalendar().week) for day in self.days))
        if len(numbers) < 2:
            return self.days[0].week if numbers else ""
        return str(_("weeks %(weeks)s") % {"weeks": listed(numbers)})

    @property
    def times(self) -> str:
        """The clock times, where all days have the same."""
        found = {day.times for day in self.days}
        return found.pop() if len(found) == 1 else ""

    @property
    def place(self) -> str:
        return self.run.place

    @property
    def address(self) -> str:
        return self.run.venue.one_line_address if self.run.venue else self.run.place

    @property
    def directions(self) -> str:
        return self.run.venue.directions if self.run.venue else ""

    @property
    def price(self) -> str:
        return price_text(self.run.effective_price)

    @property
    def vat(self) -> str:
        return vat_text(self.course.vat_code, self.run.effective_price)

    @property
    def hosts(self) -> list[str]:
        return names(host for day in self.days for host in day.hosts)

    @property
    def presenters(self) -> list[str]:
        return names(presenter for day in self.days for presenter in day.presenters)

    @property
    def has_programme(self) -> bool:
        return any(day.day.programme or day.day.title for day in self.days)

    @property
    def seats_left(self) -> int | None:
        """What a newcomer can take now; None without a limit."""
        return self.run.seats.left

    @property
    def seats_text(self) -> str:
        """What the label says: free seats, few seats, waiting list, or why nobody can register."""
        left = self.seats_left
        if self.state == RegistrationState.OPEN and left is not None:
            return ngettext("%(count)s free seat", "%(count)s free seats", left) % {"count": left}
        if self.state == RegistrationState.FEW_SEATS:
            return ngettext("Few seats: %(count)s left", "Few seats: %(count)s left", left) % {"count": left}
        return str(self.state.label)

    @property
    def label_kind(self) -> str:
        return LABEL_KINDS.get(self.state, "")

    @property
    def registration_text(self) -> str:
        """One sentence on when one can register, or why not."""
        match self.state:
            case RegistrationState.NOT_YET:
                return str(_("Registration opens on %(when)s.") % {"when": moment(self.run.registration_opens_at)})
            case RegistrationState.CLOSED:
                return str(_("Registration is closed."))
            case RegistrationState.CANCELLED:
                return str(_("This run has been cancelled."))
            case RegistrationState.FULL:
                return str(_("All seats are taken, and there is no waiting list."))
            case RegistrationState.LINE:
                return str(_("All seats are taken. You can join the waiting list until %(when)s.") % self._closes)
            case RegistrationState.PAST:
                return ""
        return str(_("Register by %(when)s.") % self._closes)

    @property
    def _closes(self) -> dict[str, str]:
        return {"when": moment(self.run.closes_at)}

    @property
    def action_text(self) -> str:
        return str(_("Join the waiting list") if self.state == RegistrationState.LINE else _("Register"))

    @property
    def register_url(self) -> str:
        return registration_path(self.pk) if self.takes_registrations else ""


def registration_path(run_id: int) -> str:
    """Return the path of a run's registration form (an address of the enrolments app)."""
    try:
        return reverse("enrolments:register", args=[run_id])
    except NoReverseMatch:
        return f"/tilmelding/{run_id}/"


def present(run: CourseRun, at: datetime | None = None) -> RunView:
    """Return `run` as a page shows it at `at` (default: now)."""
    return RunView(run, at or timezone.now())


def with_days(runs: CourseRunQuerySet) -> CourseRunQuerySet:
    """Fetch what a course page shows of its runs. `with_people` gives the days their hosts and presenters."""
    days = CourseDay.objects.select_related("venue")
    return runs.select_related("venue", "seats").prefetch_related(Prefetch("days", days))


def with_people(runs: list[RunView]) -> list[RunView]:
    """Give the days of `runs` their hosts and presenters, in one query for both; return `runs`."""
    days = {day.day.pk: day for run in runs for day in run.days}
    people = (
        through.objects.filter(courseday__in=list(days))
        .annotate(role=Value(role), order=DanishOrder("presenter__name"))
        .values_list("role", "courseday_id", "order", *(f"presenter__{name}" for name in PRESENTER_FIELDS))
        for role, through in (("hosts", CourseDay.hosts.through), ("presenters", CourseDay.presenters.through))
    )
    for role, day_id, _order, *values in next(people).union(next(people), all=True).order_by("order"):
        getattr(days[day_id], role).append(Presenter(**dict(zip(PRESENTER_FIELDS, values, strict=True))))
    return runs


@dataclass(frozen=True)
class CourseFacts:
    """A course's facts in words, as far as they are known."""

    duration: str
    price: str
    vat: str


def course_facts(course: CoursePage, coming: list[RunView]) -> CourseFacts:
    """Return the facts of `course` that depend on its coming runs."""
    prices = {run.run.effective_price for run in coming if run.state != RegistrationState.CANCELLED}
    if not prices and course.price is not None:
        prices = {course.price}
    lowest = min(prices, default=None)
    price = "" if lowest is None else price_text(lowest)
    if len(prices) > 1:
        price = str(_("from %(price)s") % {"price": kroner(lowest) if lowest else kroner(Decimal(0))})
    lengths = sorted({len(run.days) for run in coming})
    duration = coming[0].day_count if len(lengths) == 1 else ""
    if len(lengths) > 1:
        duration = str(_("%(fewest)s to %(most)s days") % {"fewest": lengths[0], "most": lengths[-1]})
    return CourseFacts(duration=duration, price=price, vat=vat_text(course.vat_code, max(prices, default=Decimal(0))))
