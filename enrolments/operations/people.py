"""People across runs: who has proven which addresses, and which enrolments are theirs.

An enrolment is somebody's when its address is one of theirs. `Enrolment.person` says so for whoever asks
later (transcripts, reports); it is put right at every sign-in and every night, for all rows in one statement.
"""

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, Subquery

from enrolments.models import Enrolment, Person, PersonAddress, Registration
from website.accounts.models import User
from website.accounts.operations import addresses_of


def knows_address(email: str) -> bool:
    """Whether somebody with this address is, or was, on a registration as participant or contact."""
    return Enrolment.objects.filter(email=email).exists() or Registration.objects.filter(contact_email=email).exists()


@transaction.atomic
def settle_person(user: User) -> Person:
    """Make the person of a user who has signed in, with their addresses, and join their enrolments."""
    person, _ = Person.objects.get_or_create(user=user)
    give_addresses(person, addresses_of(user))
    return person


@transaction.atomic
def give_addresses(person: Person, emails: list[str]) -> None:
    """Make proven addresses this person's. Who had one before loses it; nobody is left without any.

    Persons are locked in pk order: two that claim each other's addresses at once wait, and do not deadlock.
    """
    taken = PersonAddress.objects.filter(email__in=emails)
    pks = {person.pk, *taken.values_list("person_id", flat=True)}
    list(Person.objects.filter(pk__in=pks).order_by("pk").select_for_update())
    PersonAddress.objects.bulk_create(
        (PersonAddress(person=person, email=email) for email in emails), ignore_conflicts=True
    )
    taken.exclude(person=person).update(person=person)
    join_people(emails=emails)
    # Their feed's address dies with them: it led to enrolments that are somebody else's now.
    Person.objects.filter(pk__in=pks - {person.pk}, addresses=None).delete()


@transaction.atomic
def drop_address(user: User, email: str) -> None:
    """Let go of a proven address: the enrolments with it are nobody's until somebody proves it again."""
    PersonAddress.objects.filter(person__user=user, email=email).delete()
    join_people(emails=[email])


def join_people(*, emails: list[str] | None = None) -> int:
    """Point every enrolment (of these addresses, or of all) at the person who has proven its address.

    Returns how many were wrong: registered since, corrected to another address, or forgotten. Two statements.
    """
    owner = PersonAddress.objects.filter(email=OuterRef("email")).values("person")
    rows = Enrolment.objects.all() if emails is None else Enrolment.objects.filter(email__in=emails)
    joined = (
        rows.exclude(email="")
        .filter(Exists(owner))
        .filter(Q(person=None) | ~Q(person=Subquery(owner)))
        .update(person=Subquery(owner))
    )
    left = rows.filter(person__isnull=False).filter(~Exists(owner)).update(person=None)
    return joined + left


def replace_feed(user: User) -> Person:
    """Give the person's calendar feed a new address; the old one is dead at once."""
    person = settle_person(user)
    Person.objects.filter(pk=person.pk).update(link_version=F("link_version") + 1)
    person.refresh_from_db()
    return person
