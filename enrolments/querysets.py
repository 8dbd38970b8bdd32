"""Sets of registrations, enrolments and marks, as verbs. Reports and exports start from `visible_to`."""

from datetime import date
from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from courses.models import CourseRun
from enrolments.enums import (
    ACTIVE_STATUSES,
    ATTENDED_STATUSES,
    ENDED_STATUSES,
    IN_LINE_STATUSES,
    ON_THE_ROLL,
    EnrolmentStatus,
)
from website.accounts.typing import AnyUser
from website.core.danish import DanishOrder


def municipalities_of(user: AnyUser) -> models.QuerySet:
    """Return, as a subquery, the organisations whose people `user` sees as a training contact."""
    from enrolments.models import TrainingContact

    return TrainingContact.objects.of(user).values("organisation")


class RegistrationQuerySet(models.QuerySet):
    def visible_to(self, user: AnyUser) -> Self:
        """Registrations that `user` may see: all for organisers; for training contacts their own municipality's.

        A registration that also seats people from elsewhere is not a training contact's to see.
        """
        if user.has_perm("enrolments.view_enrolment"):
            return self
        from enrolments.models import Enrolment

        elsewhere = Enrolment.objects.filter(registration=OuterRef("pk")).exclude(
            organisation__isnull=False, organisation=OuterRef("organisation")
        )
        return self.filter(~Exists(elsewhere), organisation__in=municipalities_of(user))


class EnrolmentQuerySet(models.QuerySet):
    def active(self) -> Self:
        return self.filter(status__in=ACTIVE_STATUSES)

    def confirmed(self) -> Self:
        return self.filter(status=EnrolmentStatus.CONFIRMED)

    def waiting(self) -> Self:
        """Those who wait for a seat, in the line's order."""
        return self.filter(status=EnrolmentStatus.WAITING).order_by("line_order", "pk")

    def in_line(self) -> Self:
        """Those in line, in its order: who waits, and who has been offered a seat and has not answered."""
        return self.filter(status__in=IN_LINE_STATUSES).order_by("line_order", "pk")

    def visible_to(self, user: AnyUser) -> Self:
        """Enrolments that `user` may see: all for organisers; for presenters those of their own runs.

        A training contact sees their own municipality's people, whatever run they are on. Seeing a row here lets
        nobody into a roll call or a page of the run: those ask who presents (`permissions`).
        """
        if user.has_perm("enrolments.view_enrolment"):
            return self
        return self.filter(
            Q(run__in=CourseRun.objects.presented_by(user)) | Q(organisation__in=municipalities_of(user))
        )

    def of_municipality(self, organisation_pk: int) -> Self:
        """Those who took part for this employer: what somebody took while employed elsewhere is not among them."""
        return self.filter(organisation=organisation_pk)


class AttendanceQuerySet(models.QuerySet):
    def taken(self) -> Self:
        return self.exclude(status="")

    def attended(self) -> Self:
        return self.filter(status__in=ATTENDED_STATUSES)


class RollEntryQuerySet(models.QuerySet):
    def visible_to(self, user: AnyUser) -> Self:
        """Entries that `user` may see: all for organisers; for presenters those of their own runs.

        For training contacts those of their own municipality's people.
        """
        if user.has_perm("enrolments.view_enrolment"):
            return self
        return self.filter(
            Q(day__run__in=CourseRun.objects.presented_by(user))
            | Q(enrolment__organisation__in=municipalities_of(user))
        )

    def expected(self) -> Self:
        """Those who count: the confirmed, and those no longer coming who were marked all the same."""
        return self.filter(
            Q(enrolment__status__in=ON_THE_ROLL) | Q(enrolment__status__in=ENDED_STATUSES, attendance__status__gt="")
        )

    def in_danish_order(self, *before: str) -> Self:
        """By these fields and then by participant, the Danish way."""
        return self.order_by(*before, DanishOrder("enrolment__name"), "enrolment_id")


class TrainingContactQuerySet(models.QuerySet):
    def in_force(self, on: date | None = None) -> Self:
        """Those who have access on a day (default: today, in Denmark)."""
        on = on or timezone.localdate()
        return self.filter(Q(expires_on__isnull=True) | Q(expires_on__gte=on), ended_at__isnull=True)

    def of(self, user: AnyUser) -> Self:
        """What a user has access to now: nothing for whoever is not signed in or whose sign-in is closed."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.in_force().filter(user=user)
