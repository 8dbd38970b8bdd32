"""What training contacts and course histories add to other pages: Min side, "my data", forgetting, retention."""

from collections.abc import Iterator
from datetime import date
from typing import Any, cast

from django.db.models import F, QuerySet
from django.db.models.functions import Least, TruncDate
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enrolments.models import TrainingContact
from enrolments.operations.training_contacts import take_over_access
from enrolments.reports.transcripts import history_of
from website.accounts.contributions import ForgetMe, Forgettable, address_added, forget_me
from website.accounts.models import User
from website.accounts.operations import addresses_of
from website.core.contributions import (
    MyPageSection,
    RetentionCategory,
    my_data,
    my_page_sections,
    retention_categories,
)
from website.core.retention import BATCH, first_due


@my_page_sections.register("municipality", order=3)
def municipality(request: HttpRequest) -> MyPageSection | None:
    """Lead a training contact to their municipality's training year."""
    found = list(TrainingContact.objects.of(request.user).select_related("organisation").order_by("organisation__name"))
    if not found:
        return None
    return MyPageSection(_("Your municipality's courses"), "enrolments/my_page/municipality.html", {"contacts": found})


@my_page_sections.register("history", order=55)
def history(request: HttpRequest) -> MyPageSection | None:
    """Lead to what somebody has taken, once there is something."""
    transcript = history_of(addresses_of(cast(User, request.user)))
    if not transcript.courses:
        return None
    context = {"transcript": transcript, "url": reverse("enrolments:course_history")}
    return MyPageSection(_("Your course history"), "enrolments/my_page/history.html", context)


@my_data.register("training_contact", order=25)
def training_contact_data(user: User) -> list[dict[str, Any]]:
    rows = TrainingContact.objects.filter(user=user).select_related("organisation").order_by("pk")
    return [
        {
            "municipality": str(row.organisation),
            "since": row.granted_at.isoformat(),
            "until": row.expires_on.isoformat() if row.expires_on else None,
            "ended": row.ended_at.isoformat() if row.ended_at else None,
        }
        for row in rows
    ]


def _plan(user: User, emails: list[str]) -> Iterator[Forgettable]:
    for row in TrainingContact.objects.filter(user=user).select_related("organisation").order_by("pk"):
        yield Forgettable(
            _("That you see %(municipality)s's courses as its training contact (since %(date)s)")
            % {"municipality": row.organisation, "date": date_format(row.granted_at, "DATE_FORMAT")}
        )


def _forget_user(user: User, emails: list[str]) -> None:
    TrainingContact.objects.filter(user=user).delete()


forget_me.add("training_contacts", ForgetMe(plan=_plan, forget=_forget_user), order=30)


@address_added.register("training_contacts")
def take_over(user: User, *emails: str) -> None:
    """Keep the access of a sign-in that becomes part of this one."""
    take_over_access(user=user, emails=list(emails))


def _with_last_day() -> QuerySet[TrainingContact]:
    """Return contacts with the last day on which they had access; null while they have it without an end."""
    return TrainingContact.objects.annotate(last_day=Least(TruncDate("ended_at"), F("expires_on")))


def _over(cutoff: date) -> QuerySet[TrainingContact]:
    return _with_last_day().filter(last_day__lte=cutoff)


def _forget(cutoff: date) -> Iterator[int]:
    while rows := list(_over(cutoff).values_list("pk", "user")[:BATCH]):
        TrainingContact.objects.filter(pk__in=[pk for pk, _user in rows]).delete()
        # Sign-ins that were made for the access alone and never used; those used go by their own period.
        User.objects.filter(
            pk__in={user for _pk, user in rows},
            is_staff=False,
            is_superuser=False,
            password__startswith="!",  # noqa: S106 - no usable password
            last_login=None,
            groups=None,
            user_permissions=None,
            presenter=None,
            authenticator=None,
            person=None,
            training_contacts=None,
        ).delete()
        yield len(rows)


def _next(cutoff: date) -> tuple[date, int] | None:
    return first_due(_with_last_day().filter(last_day__gt=cutoff), F("last_day"))


retention_categories.add(
    "training_contacts",
    RetentionCategory(
        name="training_contacts",
        title=gettext_lazy("Training contacts"),
        what=gettext_lazy("Who had access to a municipality's participants, and who gave it."),
        law=gettext_lazy("Kept while somebody may ask who saw what (GDPR article 5)."),
        trigger=gettext_lazy("When access ended or ran out"),
        period="sign_ins",
        due=lambda cutoff: _over(cutoff).count(),
        forget=_forget,
        next_due=_next,
    ),
    order=65,
)
