"""What evaluations give to Min side, to "my data" and to "forget me": a person's own, and nobody else's.

Nobody can look up what somebody answered, so it can neither be shown nor deleted. On the roll stands that somebody
was asked; whether they answered stands there until the evaluation closes, so that it counts once.
"""

from collections.abc import Iterator
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from courses.models import CourseRun
from evaluations.enums import EvaluationStatus, Moment
from evaluations.links import answer_link
from evaluations.models import Evaluation, SurveyInvitation, Voter
from evaluations.operations.locking import share_box
from website.accounts.contributions import ForgetMe, Forgettable, forget_me
from website.accounts.models import User
from website.accounts.operations import addresses_of
from website.core.contributions import MyPageSection, my_data, my_page_sections


def entries_of(emails: list[str]) -> QuerySet[Voter]:
    """Return where whoever has these addresses stands on a roll."""
    own = Q(enrolment__email__in=emails) | Q(invitation__email__in=emails)
    return Voter.objects.filter(own).select_related("evaluation__run__course", "evaluation__survey")


@my_page_sections.register("evaluations", order=8)
def to_answer(request: HttpRequest) -> MyPageSection | None:
    """Lead to what somebody is asked now and has not answered: one query."""
    now = timezone.now()
    user = request.user
    if not isinstance(user, User):
        return None
    waiting = entries_of(addresses_of(user)).filter(
        has_answered=False,
        evaluation__status=EvaluationStatus.OPEN,
        evaluation__opens_at__lte=now,
        evaluation__closes_at__gt=now,
    )
    # On a survey's list stands who has been mailed. Whoever answered before they were would never be, and stand out.
    waiting = waiting.exclude(invitation__isnull=False, mails=0)
    found = [
        {"evaluation": each.evaluation, "title": title_of(each.evaluation), "url": answer_link.url(each)}
        for each in waiting.order_by("evaluation__closes_at", "pk")
    ]
    if not found:
        return None
    return MyPageSection(_("Evaluations"), "evaluations/my_page/to_answer.html", {"evaluations": found})


@my_page_sections.register("evaluation-screens", order=6)
def screens(request: HttpRequest) -> MyPageSection | None:
    """Lead presenters to the big screen of their runs that are evaluated today."""
    if not hasattr(request.user, "presenter"):
        return None
    today = timezone.localdate()
    runs = CourseRun.objects.presented_by(request.user).filter(
        evaluations__moment=Moment.END,
        evaluations__status__in=[EvaluationStatus.PLANNED, EvaluationStatus.OPEN],
        evaluations__opens_at__date=today,
    )
    found = list(runs.select_related("course").order_by("pk"))
    if not found:
        return None
    return MyPageSection(_("Evaluation in the room today"), "evaluations/my_page/screens.html", {"runs": found})


def title_of(evaluation: Evaluation) -> str:
    return str(evaluation.run.course.title if evaluation.run else evaluation.survey)


@my_data.register("evaluations", order=40)
def evaluations_data(user: User) -> list[dict[str, Any]]:
    """Say what somebody was asked. What they answered nobody can find: it is kept with nobody's name."""
    return [
        {
            "about": title_of(each.evaluation),
            "when": str(Moment(each.evaluation.moment).label),
            "closes": each.evaluation.closes_at.isoformat(),
            "has_answered": each.has_answered,
        }
        for each in entries_of(addresses_of(user)).order_by("pk")
    ]


# --- forget me --------------------------------------------------------------------------------


def _going_and_staying(emails: list[str]) -> tuple[QuerySet[Voter], QuerySet[Voter]]:
    """Return the entries that go, and those that stay until their evaluation closes: they hold that it counts once."""
    entries = entries_of(emails)
    stay = Q(has_answered=True, evaluation__status=EvaluationStatus.OPEN)
    return entries.exclude(stay), entries.filter(stay)


def plan(user: User, emails: list[str]) -> Iterator[Forgettable]:
    gone, stays = _going_and_staying(emails)
    if count := gone.count():
        text = ngettext(
            "That you were asked in %(count)s evaluation", "That you were asked in %(count)s evaluations", count
        )
        yield Forgettable(text % {"count": count})
    for entry in stays:
        yield Forgettable(
            _("That you have answered the evaluation of %(course)s") % {"course": title_of(entry.evaluation)},
            kept_until=timezone.localdate(entry.evaluation.closes_at),
            why=_(
                "It stands on the list until the evaluation closes, so that your answer counts once. What you answered"
                " nobody can find: it is kept with nobody's name."
            ),
        )


def forget(user: User, emails: list[str]) -> None:
    """Take somebody off the rolls and lists, in the caller's transaction; keep what `plan` says stays.

    Should they answer at the same moment, in another tab, the tick stays: else a ballot would lie in the box that
    nobody was ticked off for, and closing would tell of a box that is not right.
    """
    for pk in sorted(set(entries_of(emails).values_list("evaluation", flat=True))):
        share_box(pk)  # before any row: then no vote, no stirring and no closing waits in a circle
    gone, stays = _going_and_staying(emails)
    # Whoever votes meanwhile is waited for, and seen; whoever comes after waits, and finds no row.
    list(entries_of(emails).select_related(None).only("pk").order_by("pk").select_for_update(of=("self",)))
    Voter.objects.filter(pk__in=list(gone.values_list("pk", flat=True))).delete()
    kept = list(stays.exclude(invitation=None).values_list("invitation", flat=True))
    SurveyInvitation.objects.filter(email__in=emails).exclude(pk__in=kept).delete()


forget_me.add("evaluations", ForgetMe(plan=plan, forget=forget), order=10)
