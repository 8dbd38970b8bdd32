"""May this person do this to this object, and why not.

Each function answers with a `Verdict`: truthy when allowed, with the reason in words when not.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.utils.translation import gettext as _

from courses.enums import RunStatus
from courses.models import AttendanceRule, CancellationTerms, CourseDay, CoursePage, CourseRun
from website.core.danish import listed
from website.core.protection import NAMED, Use, what_protects

#: Who may let a presenter sign in, and so see the participants of the presenter's runs.
GIVES_SIGN_IN = "enrolments.change_attendance"


@dataclass(frozen=True)
class Verdict:
    allowed: bool
    reason: str = ""
    uses: tuple[Use, ...] = ()

    def __bool__(self) -> bool:
        return self.allowed

    def enforce(self) -> None:
        """Raise PermissionDenied with the reason unless it is allowed: a view answers 403 in these words."""
        if not self.allowed:
            raise PermissionDenied(self.reason)


ALLOWED = Verdict(True)


def in_words(uses: Iterable[Use]) -> str:
    """Return uses in words: "2 runs and 1 day"."""
    return listed(f"{use.count} {use.label}" for use in uses)


def may_delete(obj: Model) -> Verdict:
    """Whether anything still needs `obj`; the reason tells what and how many."""
    uses = what_protects(obj)
    if isinstance(obj, AttendanceRule):
        if obj.is_default:
            return Verdict(
                False,
                _("“%(object)s” cannot be deleted: courses without a rule of their own follow it. Mark another first.")
                % {"object": obj},
            )
        # PostgreSQL would let it go and leave the courses to the default: nobody asked for that.
        courses = CoursePage.objects.filter(attendance_rule=obj)
        if count := courses.count():
            uses.append(Use(CoursePage, count, list(courses[:NAMED])))
    return _unless_used(uses, _("“%(object)s” cannot be deleted: it is used by %(uses)s."), object=obj)


def may_remove_day(day: CourseDay) -> Verdict:
    """Whether the day has nothing hanging on it, such as attendance."""
    return _unless_used(what_protects(day), _("%(day)s cannot be removed: there is %(uses)s on it."), day=day)


def may_move_day(day: CourseDay) -> Verdict:
    """Whether the day may get another date. Its times may change: marks keep the times they were taken under."""
    reason = _("The date %(day)s cannot change: there is %(uses)s on it. Its times may.")
    return _unless_used(what_protects(day), reason, day=day)


def may_change_terms(terms: CancellationTerms) -> Verdict:
    """Whether nobody can have read these terms yet: no registration accepted them, and no run but drafts shows them."""
    uses = what_protects(terms, ignore=[CourseRun])
    shown = terms.runs.exclude(status=RunStatus.DRAFT)
    if count := shown.count():
        uses.append(Use(CourseRun, count, list(shown.select_related("course")[:5])))
    reason = _("“%(terms)s” are in use (%(uses)s) and cannot change. Make a new version instead.")
    return _unless_used(uses, reason, terms=terms)


def _unless_used(uses: Iterable[Use], reason: str, **objects: Model) -> Verdict:
    """Allow what has no uses; else refuse with `reason`, told of what and by how many."""
    if not (uses := tuple(uses)):
        return ALLOWED
    return Verdict(False, reason % {**objects, "uses": in_words(uses)}, uses)
