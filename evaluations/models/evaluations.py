"""One putting of a questionnaire to people: of a run at one moment, or of a survey."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from courses.models import CourseRun
from evaluations.enums import COURSE_MOMENTS, EvaluationStatus, Moment, Trouble
from evaluations.querysets import EvaluationQuerySet
from website.core.constraints import choices_check


class Evaluation(models.Model):
    """A questionnaire put to the participants of a run at one moment, or to a survey's audience.

    The worker opens it (makes its key pair, freezes `subjects`, writes the roll) and closes it (counts and destroys
    the ballots). It is open for answers while `status` is open and the clock is between `opens_at` and `closes_at`.
    """

    run = models.ForeignKey(
        CourseRun,
        verbose_name=_("run"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="evaluations",
        help_text="Deleting the run is refused while anything was answered: what hangs on an evaluation protects it",
    )
    survey = models.OneToOneField(
        "evaluations.Survey",
        verbose_name=_("survey"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="evaluation",
    )
    moment = models.CharField(_("when"), max_length=10, choices=Moment)
    questionnaire = models.ForeignKey(
        "evaluations.Questionnaire",
        verbose_name=_("questionnaire"),
        on_delete=models.PROTECT,
        related_name="evaluations",
    )
    status = models.CharField(_("status"), max_length=10, choices=EvaluationStatus, default=EvaluationStatus.PLANNED)
    opens_at = models.DateTimeField(_("opens"))
    closes_at = models.DateTimeField(_("closes"))
    invites_at = models.DateTimeField(_("mail with the link"), null=True, blank=True, help_text=_("Empty: none"))
    first_reminder_at = models.DateTimeField(_("first reminder"), null=True, blank=True, help_text=_("Empty: none"))
    second_reminder_at = models.DateTimeField(_("second reminder"), null=True, blank=True, help_text=_("Empty: none"))
    is_by_hand = models.BooleanField(
        default=False, help_text="An organiser planned it, chose its times or stopped it: the plan leaves it as it is"
    )
    room_code = models.CharField(
        max_length=12, unique=True, null=True, blank=True, help_text="Random; /evaluering/rum/<code>/"
    )

    # Written when it opens; the web has the public key only.
    public_key = models.BinaryField(null=True, editable=False)
    sealed_key = models.BinaryField(
        null=True, editable=False, help_text="The private key, sealed to the worker's. Destroyed when it closes"
    )
    ballot_size = models.PositiveIntegerField(
        null=True, editable=False, help_text="Bytes of every ballot before sealing: short and long answers look alike"
    )
    subjects = models.JSONField(
        default=list, editable=False, help_text='[{"key": "p12", "about": "presenter", "id": 12, "label": "…"}]'
    )
    trouble = models.CharField(max_length=20, choices=Trouble, default=Trouble.NONE, blank=True, editable=False)

    # Written when it closes.
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True, editable=False)
    invited = models.PositiveIntegerField(_("invited"), null=True, editable=False)
    answered = models.PositiveIntegerField(_("answered"), null=True, editable=False)
    in_box = models.PositiveIntegerField(
        _("ballots"), null=True, editable=False, help_text="As many as answered, unless rows were written past us"
    )
    spoiled = models.PositiveIntegerField(
        _("unreadable"), default=0, editable=False, help_text="Ballots that no key opened: forged or damaged"
    )

    is_public = models.BooleanField(
        _("summary on the course page"), default=False, help_text=_("What may be published is shown to everyone")
    )
    changes_made = models.TextField(
        _("what we changed"), max_length=2000, blank=True, help_text=_("Told to those who were asked, in a few words")
    )
    changes_told_at = models.DateTimeField(_("told at"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = EvaluationQuerySet.as_manager()

    class Meta:
        verbose_name = _("evaluation")
        verbose_name_plural = _("evaluations")
        ordering = ["-opens_at", "-pk"]
        constraints = [
            choices_check("moment", Moment, name="evaluation_moment_known"),
            choices_check("status", EvaluationStatus, name="evaluation_status_known"),
            choices_check("trouble", Trouble, name="evaluation_trouble_known"),
            models.UniqueConstraint(fields=["run", "moment"], name="evaluation_once_at_each_moment"),
            models.CheckConstraint(
                condition=Q(run__isnull=False, survey__isnull=True, moment__in=COURSE_MOMENTS)
                | Q(run__isnull=True, survey__isnull=False, moment=Moment.SURVEY),
                name="evaluation_of_run_or_survey",
            ),
            models.CheckConstraint(condition=Q(closes_at__gt=F("opens_at")), name="evaluation_closes_after_it_opens"),
            models.CheckConstraint(
                condition=~Q(status=EvaluationStatus.OPEN)
                | Q(public_key__isnull=False, sealed_key__isnull=False, ballot_size__gt=0),
                name="evaluation_open_with_key",
            ),
            models.CheckConstraint(
                condition=~Q(status=EvaluationStatus.CLOSED)
                | Q(sealed_key__isnull=True, invited__isnull=False, answered__isnull=False, closed_at__isnull=False),
                name="evaluation_closed_without_key",
            ),
        ]
        indexes = [models.Index(fields=["status", "closes_at"], name="evaluation_due")]

    def __str__(self) -> str:
        return f"{self.get_moment_display()}: {self.run or self.survey}"

    def takes_answers(self, at: datetime | None = None) -> bool:
        """Whether answers are taken at that instant (default: now)."""
        at = at or timezone.now()
        return self.status == EvaluationStatus.OPEN and self.opens_at <= at < self.closes_at

    @property
    def is_box_right(self) -> bool:
        """Whether as many ballots lay in the box as people were ticked off on the roll; True until it is closed."""
        return self.in_box is None or self.in_box == self.answered

    @property
    def waits_for_its_run(self) -> bool:
        """Whether it is planned on a run that is not held: it opens only should the run be held after all."""
        return self.status == EvaluationStatus.PLANNED and self.run is not None and not self.run.is_held

    @property
    def is_closed(self) -> bool:
        return self.status == EvaluationStatus.CLOSED
