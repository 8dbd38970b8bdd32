"""May this person do this, and why not: each function answers with a Verdict."""

from django.utils.translation import gettext as _

from courses.permissions import ALLOWED, Verdict
from evaluations.models import Evaluation
from website.accounts.typing import AnyUser


def may_manage(user: AnyUser) -> Verdict:
    """Whether the person plans evaluations and decides what is asked: organisers and administrators do."""
    if user.has_perm("evaluations.change_evaluation") and user.has_perm("evaluations.change_questionnaire"):
        return ALLOWED
    return Verdict(False, _("Only organisers plan evaluations."))


def may_see_all_results(user: AnyUser) -> Verdict:
    """Whether the person sees the results of every evaluation, moderates texts and compares: organisers do."""
    if user.has_perm("evaluations.view_evaluation"):
        return ALLOWED
    return Verdict(False, _("Only organisers and the presenters of the run see what people answered."))


def may_see_results(user: AnyUser, evaluation: Evaluation) -> Verdict:
    """Whether the person sees what was released: organisers all of it, presenters that of their own runs.

    Presenters do not see what was said of one another: that is left out where their results are read.
    """
    if Evaluation.objects.visible_to(user).filter(pk=evaluation.pk).exists():
        return ALLOWED
    return Verdict(False, _("Only organisers and the presenters of the run see what people answered."))
