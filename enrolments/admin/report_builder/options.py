"""What may be chosen in the report builder: courses, runs, municipalities, and the departments of those chosen."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from courses.models import CoursePage, CourseRun, Organisation
from enrolments.forms.reports import ReportForm
from enrolments.models import Enrolment
from website.core.danish import DanishOrder, written

#: More departments than these are not listed: fewer municipalities give fewer.
MOST_DEPARTMENTS = 500


@dataclass(frozen=True)
class Option:
    value: str
    label: str
    is_chosen: bool
    belongs_to: str = ""


@dataclass(frozen=True)
class Group:
    """The choices of one field. `hint` says what to do when there are none."""

    name: str
    label: str
    options: list[Option]
    errors: list[str]
    hint: str = ""

    @property
    def chosen(self) -> int:
        return sum(option.is_chosen for option in self.options)


def groups_of(user: Any, form: ReportForm) -> list[Group]:
    """Return the choices the form draws as lists: four queries, however many there are."""
    enrolments = Enrolment.objects.visible_to(user)
    courses = CoursePage.objects.filter(Exists(CourseRun.objects.filter(course=OuterRef("pk"))))
    runs = (
        CourseRun.objects.filter(Exists(enrolments.filter(run=OuterRef("pk"))))
        .with_period()
        .select_related("course")
        .order_by("-first_starts_at", "-pk")
    )
    organisations = Organisation.objects.filter(Exists(enrolments.filter(organisation=OuterRef("pk"))))
    return [
        _group(form, "kursus", [(course.pk, course.title, "") for course in courses.order_by(DanishOrder("title"))]),
        _group(form, "hold", [(run.pk, run_label(run), str(run.course_id)) for run in runs]),
        _group(form, "kommune", [(each.pk, str(each), "") for each in organisations.order_by(DanishOrder("name"))]),
        _group(
            form,
            "afdeling",
            [(name, name, "") for name in _departments(enrolments, form)],
            hint=_("Choose a municipality and show the report; then its departments stand here."),
        ),
    ]


def run_label(run: CourseRun) -> str:
    begins = written(timezone.localtime(run.first_starts_at), "j. b Y") if run.first_starts_at else _("no days")
    return f"{run} ({begins})"


def _group(form: ReportForm, name: str, found: list[tuple[Any, str, str]], *, hint: str = "") -> Group:
    chosen = {str(value) for value in form[name].value() or ()}
    options = [Option(str(value), label, str(value) in chosen, belongs) for value, label, belongs in found]
    options.sort(key=lambda option: not option.is_chosen)  # stable: the chosen first, each in its order
    return Group(name, str(form.fields[name].label), options, list(form.errors.get(name, [])), hint)


def _departments(enrolments: Any, form: ReportForm) -> list[str]:
    chosen = [value for value in form["afdeling"].value() or () if value]
    organisations = [int(pk) for pk in form["kommune"].value() or () if pk.isascii() and pk.isdigit() and len(pk) < 19]
    if not organisations:
        return list(dict.fromkeys(chosen))
    found = (
        enrolments.filter(organisation__in=organisations)
        .exclude(department="")
        .order_by(DanishOrder("department"))
        .values_list("department", flat=True)
        .distinct()
    )
    return list(dict.fromkeys([*chosen, *found[:MOST_DEPARTMENTS]]))
