"""Questions of a course's or a run's own, and what people answered.

A question hangs on a course or a run, never on a page's revision: answers do, and publishing touches none of it.
"""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from enrolments.enums import AskedOf, QuestionKind
from website.core.constraints import choices_check
from website.storage import private


class Question(models.Model):
    """Something asked at registration, of each participant or once of the contact."""

    course = models.ForeignKey(
        "courses.CoursePage",
        verbose_name=_("course"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="questions",
        help_text=_("Asked on all runs of the course"),
    )
    run = models.ForeignKey(
        "courses.CourseRun",
        verbose_name=_("run"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="questions",
        help_text=_("Asked on this run only"),
    )
    text = models.CharField(_("question"), max_length=200)
    help_text = models.CharField(_("help"), max_length=300, blank=True)
    kind = models.CharField(_("kind of answer"), max_length=10, choices=QuestionKind, default=QuestionKind.TEXT)
    choices = models.TextField(_("answers to choose from"), blank=True, help_text=_("One per line"))
    asked_of = models.CharField(_("asked of"), max_length=12, choices=AskedOf, default=AskedOf.PARTICIPANT)
    required = models.BooleanField(_("must be answered"), default=False)
    shown_if = models.ForeignKey(
        "self",
        verbose_name=_("only shown after"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="dependents",
        help_text=_("Another question with answers to choose from, or a yes or no"),
    )
    shown_if_answer = models.CharField(_("when the answer is"), max_length=200, blank=True)
    for_presenters = models.BooleanField(
        _("in the presenters' brief"), default=False, help_text=_("Answers are shown to presenters without names")
    )
    is_sensitive = models.BooleanField(
        _("health data"), default=False, help_text=_("Answers are deleted after the last day, like dietary needs")
    )
    is_active = models.BooleanField(_("asked now"), default=True, help_text=_("Untick instead of deleting"))
    sort_order = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        ordering = ["sort_order", "pk"]
        constraints = [
            choices_check("kind", QuestionKind, name="question_kind_known"),
            choices_check("asked_of", AskedOf, name="question_asked_of_known"),
            models.CheckConstraint(
                condition=models.Q(course__isnull=False, run__isnull=True)
                | models.Q(course__isnull=True, run__isnull=False),
                name="question_of_course_or_run",
                violation_error_message=_("Choose a course or a run, not both."),
            ),
        ]

    def __str__(self) -> str:
        return self.text

    def clean(self) -> None:
        super().clean()
        errors = {}
        if self.kind == QuestionKind.CHOICE and len(self.choice_list) < 2:
            errors["choices"] = _("Write at least two answers to choose from, one per line.")
        if self.shown_if_id and not self.shown_if_answer:
            errors["shown_if_answer"] = _("Write which answer shows this question.")
        if self.shown_if_id and self.shown_if_id == self.pk:
            errors["shown_if"] = _("A question cannot depend on itself.")
        if errors:
            raise ValidationError(errors)

    @property
    def choice_list(self) -> list[str]:
        return [line.strip() for line in self.choices.splitlines() if line.strip()]


class Answer(models.Model):
    """One answer. Of a participant, or (without enrolment) of the registration as a whole."""

    question = models.ForeignKey(Question, verbose_name=_("question"), on_delete=models.PROTECT, related_name="answers")
    registration = models.ForeignKey(
        "enrolments.Registration", verbose_name=_("registration"), on_delete=models.CASCADE, related_name="answers"
    )
    enrolment = models.ForeignKey(
        "enrolments.Enrolment",
        verbose_name=_("participant"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="answers",
    )
    value = models.TextField(
        _("answer"),
        blank=True,
        help_text=_("As written; a date as YYYY-MM-DD; yes or no as “yes” or “no”; of a file its name"),
    )
    file = models.FileField(_("file"), upload_to="answers/%Y/%m/", storage=private, blank=True)

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        ordering = ["question__sort_order", "question_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["question", "enrolment"],
                condition=models.Q(enrolment__isnull=False),
                name="answer_once_per_participant",
            ),
            models.UniqueConstraint(
                fields=["question", "registration"],
                condition=models.Q(enrolment__isnull=True),
                name="answer_once_per_registration",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.question_id}: {self.value[:40]}"
