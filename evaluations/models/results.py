"""What was answered, counted: only what at least five people answered is ever written."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from courses.models import Organisation, Presenter

#: Fewer answers than this are destroyed unread: nobody ever sees them, and no figure holds them.
MIN_ANSWERS = 5


class QuestionResult(models.Model):
    """The counted answers to one question of one evaluation (to one subject, one row of a matrix, one municipality).

    `counts[i]` is how many chose value i: 0 to 10 of a number, else the option of that place, from 0. Texts have
    no counts. Numbers are random: nothing here tells in which order anything was answered.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    evaluation = models.ForeignKey("evaluations.Evaluation", on_delete=models.PROTECT, related_name="results")
    question = models.CharField(_("question"), max_length=50, help_text="Its short name")
    subject = models.CharField(max_length=20, blank=True, help_text='"p12", "d2026-04-23"; empty: the whole course')
    presenter = models.ForeignKey(Presenter, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    row = models.PositiveSmallIntegerField(_("row"), null=True, blank=True, help_text="Of a matrix, from 0")
    group = models.ForeignKey(
        Organisation,
        verbose_name=_("municipality"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Of surveys; empty: everyone",
    )
    answered = models.PositiveIntegerField(_("answers"), help_text="People who answered, without “no opinion”")
    no_opinion = models.PositiveIntegerField(_("no opinion"), default=0)
    counts = ArrayField(models.PositiveIntegerField(), default=list, blank=True)

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("result")
        verbose_name_plural = _("results")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["evaluation", "question", "subject", "row", "group"],
                name="question_result_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=models.Q(answered__gte=MIN_ANSWERS), name="question_result_of_five_or_more"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.question} {self.subject}".strip()


class TextAnswer(models.Model):
    """One text, of five or more to the same question. In random order; texts of one person are not held together."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    result = models.ForeignKey(QuestionResult, on_delete=models.CASCADE, related_name="texts")
    text = models.TextField(_("text"))
    is_hidden = models.BooleanField(_("hidden"), default=False)
    is_flagged = models.BooleanField(_("flagged"), default=False)
    reply = models.TextField(_("reply"), max_length=1000, blank=True)
    moderated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    moderated_at = models.DateTimeField(null=True, blank=True)

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("text answer")
        verbose_name_plural = _("text answers")
        ordering = ["id"]
        default_permissions = ("view", "change")

    def __str__(self) -> str:
        return f"{self.pk}"
