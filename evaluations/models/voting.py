"""The electoral roll and the ballot box. They share no key, no time and no sequence.

The roll knows *that* somebody answered, never *what*; the box what was answered, never by whom. No page, report,
export or admin shows a person's row of the roll. See operations/casting.py and operations/closing.py.
"""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from enrolments.models import Enrolment


class Voter(models.Model):
    """Somebody who may answer an evaluation, once. Their secret link is derived from the row (evaluations.links).

    `has_answered` is empty once the evaluation is closed: then it has no more use, and the roll is written anew.
    """

    evaluation = models.ForeignKey("evaluations.Evaluation", on_delete=models.PROTECT, related_name="voters")
    enrolment = models.ForeignKey(Enrolment, on_delete=models.CASCADE, null=True, related_name="+")
    invitation = models.ForeignKey(
        "evaluations.SurveyInvitation", on_delete=models.CASCADE, null=True, related_name="+"
    )
    link_version = models.PositiveSmallIntegerField(default=1)
    mails = models.PositiveSmallIntegerField(
        default=0, help_text="How many were sent: the invitation, the first reminder, the second"
    )
    has_answered = models.BooleanField(null=True, default=False)

    # Wagtail's index of references would keep rows of its own about each, numbered in the order of saving.
    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("entry of the electoral roll")
        verbose_name_plural = _("electoral roll")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["evaluation", "enrolment"], name="voter_enrolment_once"),
            models.UniqueConstraint(fields=["evaluation", "invitation"], name="voter_invitation_once"),
            models.CheckConstraint(
                condition=Q(enrolment__isnull=False, invitation__isnull=True)
                | Q(enrolment__isnull=True, invitation__isnull=False),
                name="voter_enrolment_or_invitation",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class Ballot(models.Model):
    """One sealed answer. Its number is random, its size that of every other, and it is destroyed at closing."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    evaluation = models.ForeignKey("evaluations.Evaluation", on_delete=models.PROTECT, related_name="ballots")
    sealed = models.BinaryField()

    # As above: an entry for each ballot would keep the order of voting.
    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("ballot")
        verbose_name_plural = _("ballot box")
        default_permissions = ()

    def __str__(self) -> str:
        return "ballot"
