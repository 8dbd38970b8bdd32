"""What certificates give to pages that gather from several areas: Min side, "my data", what is deleted and when."""

from collections.abc import Iterator
from datetime import date
from typing import Any, cast

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import TruncDate
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from enrolments.certificates import jobs, report_columns  # noqa: F401 - files that are ordered; columns
from enrolments.certificates.standings import outdated, runs_waiting
from enrolments.emails.certificates import download_url
from enrolments.forgetting import fate_of
from enrolments.models import Certificate
from enrolments.operations.certificates import anonymise_certificates
from enrolments.permissions import may_change_enrolments
from website.accounts.contributions import ForgetMe, Forgettable, forget_me
from website.accounts.models import User
from website.accounts.operations import addresses_of
from website.core.contributions import (
    AttentionItem,
    MyPageSection,
    RetentionCategory,
    attention_items,
    my_data,
    my_page_sections,
    retention_categories,
)
from website.core.retention import BATCH, first_due


def of_addresses(emails: list[str]) -> QuerySet[Certificate]:
    """Return the certificates of whoever has these addresses, the newest first."""
    rows = Certificate.objects.filter(enrolment__email__in=emails, anonymised_at=None).exclude(enrolment__email="")
    return rows.select_related("enrolment")


# Min side, and what we know of somebody


@my_page_sections.register("certificates", order=35)
def on_my_page(request: HttpRequest) -> MyPageSection | None:
    """The person's certificates: the newest of each course, valid or revoked. One query."""
    newest: dict[int, Certificate] = {}
    for certificate in of_addresses(addresses_of(cast(User, request.user))).order_by("-version"):
        newest.setdefault(certificate.enrolment_id, certificate)
    if not newest:
        return None
    shown = sorted(newest.values(), key=lambda certificate: certificate.issued_at, reverse=True)
    rows = [(each, "" if each.is_revoked else download_url(each)) for each in shown]
    return MyPageSection(_("Your certificates"), "enrolments/my_page/certificates.html", {"certificates": rows})


@my_data.register("certificates", order=25)
def my_certificates(user: User) -> list[dict[str, Any]]:
    return [
        {
            "code": row.code,
            "version": row.version,
            "issued": row.issued_at.isoformat(),
            "says": row.data,
            "issued_as_an_exception_because": row.exception,
            "revoked": row.revoked_at.isoformat() if row.revoked_at else None,
            "revoked_because": row.revoked_reason,
        }
        for row in of_addresses(addresses_of(user)).order_by("pk")
    ]


# Deleted when their time is over, or when somebody asks to be forgotten


def _plan(user: User, emails: list[str]) -> Iterator[Forgettable]:
    for certificate in _going(emails):
        yield Forgettable(
            _(
                "Your certificate for %(course)s. Whoever checks its code is only told that one was issued:"
                " fetch it first if you will need it."
            )
            % {"course": certificate.data["course"]}
        )


def _going(emails: list[str]) -> QuerySet[Certificate]:
    going = [enrolment.pk for enrolment in fate_of(emails).goes]
    rows = Certificate.objects.filter(enrolment__in=going, anonymised_at=None)
    return rows.select_related("enrolment").order_by("pk")


def _forget(user: User, emails: list[str]) -> None:
    anonymise_certificates(list(_going(emails).values_list("pk", flat=True)))


# Before the enrolments: those lose the addresses that they are found by.
forget_me.add("certificates", ForgetMe(plan=_plan, forget=_forget), order=15)


def _due(cutoff: date) -> QuerySet[Certificate]:
    return Certificate.objects.filter(anonymised_at=None, issued_at__date__lte=cutoff)


def _delete(cutoff: date) -> Iterator[int]:
    while pks := list(_due(cutoff).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            anonymise_certificates(pks)
        yield len(pks)


def _next_due(cutoff: date) -> tuple[date, int] | None:
    later = Certificate.objects.filter(anonymised_at=None, issued_at__date__gt=cutoff)
    return first_due(later, TruncDate("issued_at"))


retention_categories.add(
    "certificates",
    RetentionCategory(
        name="certificates",
        title=gettext_lazy("Certificates"),
        what=gettext_lazy(
            "What a certificate says: the participant's name, the course, days and hours. That a certificate with"
            " the code was issued for the course stays, without a name."
        ),
        law=gettext_lazy(
            "Kept so that whoever is shown a certificate can check it, which the participant has an interest in"
            " (GDPR articles 5 and 6)."
        ),
        trigger=gettext_lazy("The day it was issued"),
        period="certificates",
        due=lambda cutoff: _due(cutoff).count(),
        forget=_delete,
        next_due=_next_due,
    ),
    order=45,
)


# What organisers should look at


@attention_items.register("certificates", order=60)
def to_be_looked_at(user: Any) -> Iterator[AttentionItem]:
    """Yield runs with certificates that no longer say what is so, and runs where missing marks keep people waiting."""
    if not may_change_enrolments(user):
        return
    for run, count in outdated().items():
        text = ngettext(
            "%(count)s certificate no longer says what is so",
            "%(count)s certificates no longer say what is so",
            count,
        )
        yield AttentionItem(str(run), reverse("participants:certificates", args=[run.pk]), text % {"count": count})
    for run in runs_waiting(timezone.now()):
        yield AttentionItem(
            str(run),
            reverse("participants:certificates", args=[run.pk]),
            _("certificates wait: attendance has not been taken for everybody"),
        )
