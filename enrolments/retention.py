"""The kinds of personal data that enrolments keep: why, how long, and how each goes."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Greatest, TruncDate
from django.utils.translation import gettext_lazy as _
from wagtail.models import ModelLogEntry

from enrolments.models import Enrolment, GroupDraft, Person, PersonAddress, Registration, TrainingContact
from enrolments.operations import people
from enrolments.operations.retention import CONTACT, COURSE, NEEDS, PAYMENT, Sweep, next_due
from website.accounts.models import User
from website.core.contributions import RetentionCategory, retention_categories
from website.core.retention import BATCH, first_due

LAST_DAY = _("The last day of the run")


def _due(sweeps: tuple[Sweep, ...]) -> Callable[[date], int]:
    return lambda cutoff: sum(sweep.due(cutoff) for sweep in sweeps)


def _forget(sweeps: tuple[Sweep, ...]) -> Callable[[date], Iterator[int]]:
    def forget(cutoff: date) -> Iterator[int]:
        for sweep in sweeps:
            yield from sweep.forget(cutoff)

    return forget


def _category(name: str, sweeps: tuple[Sweep, ...], *, order: int, **words: Any) -> None:
    category = RetentionCategory(
        name=name,
        trigger=words.pop("trigger", LAST_DAY),
        period=name,
        due=words.pop("due", _due(sweeps)),
        forget=words.pop("forget", _forget(sweeps)),
        next_due=lambda cutoff: next_due(sweeps, cutoff),
        **words,
    )
    retention_categories.add(name, category, order=order)


_category(
    "needs",
    NEEDS,
    order=10,
    title=_("Dietary and access needs, answers on health, reasons for absence"),
    what=_(
        "What participants wrote of food, allergies and access; answers to questions marked as health data; why"
        " somebody was excused from a day. That they were excused stays."
    ),
    law=_("Health data is kept only while the run is held (GDPR article 9)."),
    trigger=_("The last day of the run, or when somebody cancels"),
)


def _log_entries(cutoff: date) -> QuerySet[ModelLogEntry]:
    return ModelLogEntry.objects.filter(content_type__app_label="enrolments", timestamp__date__lte=cutoff)


def _forget_contact(cutoff: date) -> Iterator[int]:
    yield from _forget(CONTACT)(cutoff)
    yield _log_entries(cutoff).delete()[0]
    people.join_people()


_category(
    "contact",
    CONTACT,
    order=20,
    title=_("Contact data"),
    what=_(
        "E-mail addresses and telephone numbers of contacts and participants; requests, messages, notes and reasons;"
        " notes at marks and which device took them. The contact of a registration with a price is a payment record."
    ),
    law=_("Kept while somebody may still ask about the course, or be asked what they use of it (GDPR article 5)."),
    due=lambda cutoff: _due(CONTACT)(cutoff) + _log_entries(cutoff).count(),
    forget=_forget_contact,
)

_category(
    "course",
    COURSE,
    order=30,
    title=_("Course data"),
    what=_(
        "Names, titles and departments of participants, and their answers with files. The row stays as"
        " “Deltager 123” with its municipality, status and attendance, so that reports still add up."
    ),
    law=_("Kept about four months for certificates, reports and the follow-up (GDPR article 5)."),
)

_category(
    "payment",
    PAYMENT,
    order=40,
    title=_("Payment records"),
    what=_("Contact, reference person and order number on registrations that somebody was to pay for."),
    law=_("The Danish bookkeeping act: five years from the end of the financial year."),
)


def _drafts(cutoff: date) -> QuerySet[GroupDraft]:
    """Return the drafts that were last saved no later than `cutoff`."""
    return GroupDraft.objects.filter(updated_at__date__lte=cutoff)


def _forget_drafts(cutoff: date) -> Iterator[int]:
    while pks := list(_drafts(cutoff).values_list("pk", flat=True)[:BATCH]):
        yield GroupDraft.objects.filter(pk__in=pks).delete()[0]


def _next_drafts(cutoff: date) -> tuple[date, int] | None:
    return first_due(GroupDraft.objects.filter(updated_at__date__gt=cutoff), TruncDate("updated_at"))


retention_categories.add(
    "drafts",
    RetentionCategory(
        name="drafts",
        title=_("Half-finished registrations"),
        what=_("What a contact has filled in and not sent."),
        law=_("Kept so that the contact can come back to it (GDPR article 5)."),
        trigger=_("When it was last saved"),
        period="drafts",
        due=lambda cutoff: _drafts(cutoff).count(),
        forget=_forget_drafts,
        next_due=_next_drafts,
    ),
    order=50,
)


def _idle_people() -> QuerySet[Person]:
    """Return people who only take part and whose addresses stand on no registration any more."""
    registered = Q(addresses__email__in=Enrolment.objects.exclude(email="").values("email")) | Q(
        addresses__email__in=Registration.objects.exclude(contact_email="").values("contact_email")
    )
    plain = Q(user=None) | Q(
        user__is_staff=False,
        user__is_superuser=False,
        user__password__startswith="!",  # noqa: S106 - no usable password
        user__groups=None,
        user__presenter=None,
        user__authenticator=None,
    )
    busy = Person.objects.filter(registered).values("pk")
    # Who sees a municipality's people needs the sign-in as long as that lasts.
    contacts = TrainingContact.objects.in_force().values("user")
    return Person.objects.filter(plain).exclude(pk__in=busy).exclude(user__in=contacts)


def _idle_since(cutoff: date) -> QuerySet[Person]:
    return _with_last_seen().filter(seen__lte=cutoff)


def _with_last_seen() -> QuerySet[Person]:
    return _idle_people().annotate(seen=TruncDate(Greatest("created_at", "user__last_login")))


def _forget_sign_ins(cutoff: date) -> Iterator[int]:
    while rows := list(_idle_since(cutoff).values_list("pk", "user")[:BATCH]):
        PersonAddress.objects.filter(person__in=[pk for pk, _user in rows]).delete()
        Person.objects.filter(pk__in=[pk for pk, _user in rows]).delete()
        User.objects.filter(pk__in=[user for _pk, user in rows if user]).delete()
        yield len(rows)


def _next_sign_ins(cutoff: date) -> tuple[date, int] | None:
    return first_due(_with_last_seen().filter(seen__gt=cutoff), F("seen"))


retention_categories.add(
    "sign_ins",
    RetentionCategory(
        name="sign_ins",
        title=_("Sign-ins of participants"),
        what=_("The sign-in and addresses of people who stand on no registration any more."),
        law=_("Kept while somebody may still want to see their courses (GDPR article 5)."),
        trigger=_("The last sign-in"),
        period="sign_ins",
        due=lambda cutoff: _idle_since(cutoff).count(),
        forget=_forget_sign_ins,
        next_due=_next_sign_ins,
    ),
    order=60,
)
