"""Sets of questionnaires and evaluations, as verbs."""

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Case, Value, When
from django.utils import timezone

from courses.models import CourseRun
from evaluations.enums import EvaluationStatus
from website.accounts.typing import AnyUser

if TYPE_CHECKING:
    from evaluations.models import Questionnaire


class QuestionnaireQuerySet(models.QuerySet["Questionnaire"]):
    def standard_for(self, moment: str, course_kind: str) -> "Questionnaire | None":
        """Return what runs of that kind use by default: the kind's own, else the one for every kind."""
        own_first = Case(When(course_kind=course_kind, then=Value(0)), default=Value(1))
        standards = self.filter(is_standard=True, moment=moment, course_kind__in=["", course_kind])
        return standards.order_by(own_first).first()


class EvaluationQuerySet(models.QuerySet):
    def visible_to(self, user: AnyUser) -> Self:
        """Evaluations whose results `user` may see: all for organisers; for presenters those of their own runs."""
        if user.has_perm("evaluations.view_evaluation"):
            return self
        return self.of_presenter(user)

    def of_presenter(self, user: AnyUser) -> Self:
        """Evaluations of the runs on which `user` hosts or presents a day."""
        return self.filter(run__in=CourseRun.objects.presented_by(user))

    def taking_answers(self, at: datetime | None = None) -> Self:
        at = at or timezone.now()
        return self.filter(status=EvaluationStatus.OPEN, opens_at__lte=at, closes_at__gt=at)

    def to_open(self, at: datetime | None = None) -> Self:
        at = at or timezone.now()
        return self.filter(status=EvaluationStatus.PLANNED, opens_at__lte=at, closes_at__gt=at)

    def to_close(self, at: datetime | None = None) -> Self:
        return self.filter(status=EvaluationStatus.OPEN, closes_at__lte=at or timezone.now())

    def closed(self) -> Self:
        return self.filter(status=EvaluationStatus.CLOSED)
