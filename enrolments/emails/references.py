"""What mails about enrolments are about, for the staff's list of mails that leave."""

from collections.abc import Collection

from django.urls import reverse

from courses.models import CourseRun
from enrolments.models import Enrolment, GroupDraft, Offer, Registration
from website.messaging.references import About, references


def _about(run: CourseRun, *, number: str = "") -> About:
    label = f"{number} · {run}" if number else str(run)
    return About(label, reverse("participants:run", args=[run.pk]))


@references.register("registration")
def registrations(pks: Collection[int]) -> dict[int, About]:
    rows = Registration.objects.filter(pk__in=pks).select_related("run__course")
    return {row.pk: _about(row.run, number=row.number) for row in rows}


@references.register("enrolment")
def enrolments(pks: Collection[int]) -> dict[int, About]:
    rows = Enrolment.objects.filter(pk__in=pks).select_related("run__course", "registration")
    return {row.pk: _about(row.run, number=row.registration.number) for row in rows}


@references.register("offer")
def offers(pks: Collection[int]) -> dict[int, About]:
    rows = Offer.objects.filter(pk__in=pks).select_related("run__course", "registration")
    return {row.pk: _about(row.run, number=row.registration.number) for row in rows}


@references.register("draft")
def drafts(pks: Collection[int]) -> dict[int, About]:
    rows = GroupDraft.objects.filter(pk__in=pks).select_related("run__course")
    return {row.pk: _about(row.run) for row in rows}


@references.register("run")
def runs(pks: Collection[int]) -> dict[int, About]:
    return {row.pk: _about(row) for row in CourseRun.objects.filter(pk__in=pks).select_related("course")}
