"""The tab "Evaluation" of a run: what is asked when, how many have answered, and the ways to change it."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.urls import path, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.generic import TemplateView

from courses.models import CourseRun
from enrolments.admin.workspace.tabs import RunMixin, Tab, workspace_tabs, workspace_urls
from evaluations.admin import planning_acts as acts
from evaluations.attention import overdue
from evaluations.enums import COURSE_MOMENTS, EvaluationStatus, Moment, Trouble
from evaluations.models import Evaluation, Voter
from evaluations.operations.electorate import voters_for
from evaluations.operations.participation import MIN_INVITED, Participation, participation
from evaluations.permissions import may_manage, may_see_all_results
from website.messaging.addresses import bounced_addresses

#: Who is asked, in the words of the page.
WHOM = {
    Moment.BEFORE: gettext_lazy("What participants expect. To those with a seat."),
    Moment.END: gettext_lazy("What they got out of it. To those who are there: in the room, and by e-mail."),
    Moment.FOLLOW_UP: gettext_lazy("What they have used, and what got in the way. To those who attended."),
}
TROUBLES = {
    Trouble.KEY_MISSING: gettext_lazy(
        "The worker has no private key, so the evaluation can neither open nor be counted. Nothing is lost: it is"
        " tried again every minute. Whoever runs the system puts EVALUATION_PRIVATE_KEYS in the worker's environment."
    ),
    Trouble.KEY_WRONG: gettext_lazy(
        "The worker has another private key than when the evaluation opened, so it cannot be counted. Nothing is"
        " lost: it is tried again every minute. Whoever runs the system puts the old key back, beside the new one."
    ),
    Trouble.FAILED: gettext_lazy(
        "The ballots could not be counted. Nothing is lost: it is tried again every minute. Whoever runs the system"
        " finds the cause in the worker's log."
    ),
}


@dataclass(slots=True)
class Act:
    """Something an organiser can do: a button that leads to it."""

    label: str | Promise
    url: str
    is_main: bool = False
    icon: str = ""


@dataclass(slots=True)
class Card:
    """One moment of the run as the page shows it. Without an evaluation nothing is planned."""

    moment: Moment
    evaluation: Evaluation | None
    participation: Participation = field(default_factory=Participation)
    standing: str = ""
    label: str | Promise = ""
    alarm: str | Promise = ""
    notes: list[str] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)

    @property
    def whom(self) -> Promise:
        return WHOM[self.moment]

    @property
    def is_asked(self) -> bool:
        """Whether there is a share of answers to show, or to say that it is hidden."""
        return self.standing in ("open", "counting", "closed")

    @property
    def times(self) -> Iterator[tuple[str | Promise, Any]]:
        """Yield what happens when, in the order in which it does."""
        each = self.evaluation
        if each is None:
            return
        yield gettext_lazy("Opened") if self.is_asked else gettext_lazy("Opens"), each.opens_at
        yield gettext_lazy("Mail with the link"), each.invites_at
        yield gettext_lazy("First reminder"), each.first_reminder_at
        yield gettext_lazy("Second reminder"), each.second_reminder_at
        is_over = self.standing in ("counting", "closed")
        yield gettext_lazy("Closed on") if is_over else gettext_lazy("Closes"), each.closed_at or each.closes_at


LABELS = {
    "": pgettext_lazy("evaluation", "Not planned"),
    "planned": EvaluationStatus.PLANNED.label,
    "open": EvaluationStatus.OPEN.label,
    "counting": gettext_lazy("Being counted"),
    "closed": EvaluationStatus.CLOSED.label,
    "stopped": EvaluationStatus.STOPPED.label,
}


class EvaluationTabView(RunMixin, TemplateView):
    """The three moments of the run. Whoever may not plan sees how it stands."""

    may = staticmethod(may_see_all_results)
    tab = "evaluation"
    page_title = gettext_lazy("Evaluation")
    template_name = "evaluations/admin/run.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = {
            each.moment: each
            for each in Evaluation.objects.filter(run=self.run)
            .select_related("questionnaire", "run")
            .defer("public_key", "sealed_key")
        }
        rates = participation(found.values())
        manages = bool(may_manage(self.request.user))
        unreachable = _unreachable(found.values())
        cards = []
        for moment in COURSE_MOMENTS:
            card = Card(moment, found.get(moment))
            if card.evaluation:
                card.participation = rates[card.evaluation.pk]
                self.describe(card, unreachable.get(card.evaluation.pk, 0))
            card.label = LABELS[card.standing]
            card.acts = list(self.acts_on(card, manages))
            cards.append(card)
        return super().get_context_data(cards=cards, few=MIN_INVITED, **kwargs)

    def describe(self, card: Card, unreachable: int) -> None:
        """Say how an evaluation stands, and what there is to know of it."""
        evaluation = card.evaluation
        if evaluation is None:
            return
        card.standing = evaluation.status
        if evaluation.status == EvaluationStatus.OPEN and evaluation.closes_at <= timezone.now():
            card.standing = "counting"
        if evaluation.waits_for_its_run:
            card.standing = "stopped"
            card.notes.append(_("It does not open while the run is not held. Should it be held, your times stand."))
            return
        if evaluation.status in (EvaluationStatus.PLANNED, EvaluationStatus.OPEN):
            card.alarm = TROUBLES.get(Trouble(evaluation.trouble)) or overdue(evaluation)
            card.notes += _on_the_electorate(evaluation, card.participation)
        if unreachable and evaluation.status == EvaluationStatus.OPEN:
            text = ngettext(
                "%(count)s of those asked has an e-mail address that takes no mail.",
                "%(count)s of those asked have an e-mail address that takes no mail.",
                unreachable,
            )
            card.notes.append(text % {"count": unreachable})

    def acts_on(self, card: Card, manages: bool) -> Iterator[Act]:
        evaluation, at = card.evaluation, [self.run.pk]
        if evaluation is None or card.standing == "stopped":
            if manages and self.is_still_to_plan(card.moment):
                url = reverse("participants:evaluation_plan", args=[*at, card.moment.value])
                yield Act(_("Plan it"), url)
            return
        about = [*at, evaluation.pk]
        if card.standing == "closed":
            yield Act(_("See the results"), reverse("participants:evaluation_results", args=about), is_main=True)
            return
        if evaluation.room_code and card.standing in ("planned", "open"):
            screen, sheet = (reverse(f"evaluations:{name}", args=at) for name in ("screen", "sheet"))
            yield Act(_("Show on the screen"), screen, is_main=True, icon="desktop")
            yield Act(_("Sheet with the QR code (PDF)"), sheet)
        if not manages or card.standing == "counting":
            return
        yield Act(_("Change"), reverse("participants:evaluation_edit", args=about))
        if card.standing == "planned":
            yield Act(_("Stop it"), reverse("participants:evaluation_stop", args=about))
        else:
            yield Act(_("Close it now"), reverse("participants:evaluation_close", args=about))

    def is_still_to_plan(self, moment: Moment) -> bool:
        """Whether there is anything to plan: expectations are asked for before the first day begins."""
        starts_at = self.run.starts_at
        if not self.run.is_held or starts_at is None:
            return False
        return moment != Moment.BEFORE or starts_at > timezone.now()


def _on_the_electorate(evaluation: Evaluation, asked: Participation) -> Iterator[str]:
    """Yield what a small number of people means, in words."""
    is_open = evaluation.status == EvaluationStatus.OPEN
    count = asked.invited if is_open else voters_for(evaluation).count()
    if not is_open and evaluation.moment == Moment.FOLLOW_UP:
        return  # nobody has attended yet
    if count == 0:
        everybody_away = evaluation.moment != Moment.BEFORE and evaluation.run.enrolments.confirmed().exists()  # type: ignore[union-attr] # of a run
        yield (
            _("Nobody can answer: all participants are marked as absent or excused.")
            if everybody_away
            else _("Nobody can answer yet: no participant has a seat.")
        )
    elif count < MIN_INVITED:
        text = ngettext(
            "Only %(count)s participant can answer. Nothing is shown until five have answered, and fewer answers are"
            " destroyed unread: no mails are sent before at least five can answer. Talk with the participant instead.",
            "Only %(count)s participants can answer. Nothing is shown until five have answered, and fewer answers are"
            " destroyed unread: no mails are sent before at least five can answer. Talk with the participants instead.",
            count,
        )
        yield text % {"count": count}


def _unreachable(evaluations: Iterable[Evaluation]) -> dict[int, int]:
    """Return of each evaluation how many on its roll cannot be mailed, by what became of other mails. Two queries.

    Not by its own: whether a mail went at all to somebody whose address is known to be bad would tell whether they
    had answered by then.
    """
    on_roll = Voter.objects.filter(evaluation__in=evaluations).exclude(enrolment__email="")
    asked = list(on_roll.order_by().values_list("evaluation", "enrolment__email"))
    bad = bounced_addresses({email for _pk, email in asked})
    return Counter(pk for pk, email in asked if email in bad)


def open_now(run: CourseRun) -> int:
    """Return how many of the run's evaluations people can answer now: beside the tab's name."""
    return Evaluation.objects.filter(run=run).taking_answers().count()


workspace_tabs.add(
    "evaluation",
    Tab("evaluation", pgettext_lazy("run", "Evaluation"), "participants:evaluation", count=open_now),
    order=60,
)
RUN = "run/<int:run_pk>/evaluation/"
workspace_urls.add(
    "evaluation",
    [
        path(RUN, EvaluationTabView.as_view(), name="evaluation"),
        path(f"{RUN}plan/<str:moment>/", acts.PlanView.as_view(), name="evaluation_plan"),
        path(f"{RUN}<int:pk>/change/", acts.EditView.as_view(), name="evaluation_edit"),
        path(f"{RUN}<int:pk>/stop/", acts.StopView.as_view(), name="evaluation_stop"),
        path(f"{RUN}<int:pk>/close/", acts.CloseView.as_view(), name="evaluation_close"),
    ],
)
