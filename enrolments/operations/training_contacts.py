"""Who sees a municipality's own people: staff give the access until a day, and end it at once.

Access is asked for at every page (`TrainingContact.objects.of`), so ending it needs no session to be ended.
"""

from datetime import date

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils import timezone

from courses.models import Organisation
from enrolments.emails.training_contacts import queue_access_given
from enrolments.exceptions import AlreadyTrainingContact, SignInClosed
from enrolments.models import TrainingContact
from website.accounts.models import User
from website.accounts.operations import ensure_user_for_address


@transaction.atomic
def give_access(
    *, email: str, organisation: Organisation, by: User, name: str = "", expires_on: date | None = None
) -> TrainingContact:
    """Let whoever has this address see the municipality's people until that day, and mail them how.

    A user is made where there is none: they sign in by mailed code. Raises AlreadyTrainingContact for who has
    access already, SignInClosed where an administrator has closed the address's sign-in.
    """
    # Locked, so that two organisers who give the same access at once give it once.
    user = User.objects.select_for_update(no_key=True).get(pk=_user_of(email, name).pk)
    if not user.is_active:
        raise SignInClosed(user.email)
    standing = TrainingContact.objects.filter(user=user, organisation=organisation, ended_at=None)
    if standing.in_force().exists():
        raise AlreadyTrainingContact
    # What ran out by itself stays in the list as ended.
    standing.update(ended_at=timezone.now())
    contact = TrainingContact.objects.create(user=user, organisation=organisation, granted_by=by, expires_on=expires_on)
    queue_access_given(contact)
    return contact


@transaction.atomic
def change_expiry(*, contact: TrainingContact, expires_on: date | None) -> None:
    """Let access last until another day. Nothing is said: whoever has it notices nothing."""
    TrainingContact.objects.filter(pk=contact.pk, ended_at=None).update(expires_on=expires_on)


@transaction.atomic
def end_access(*, contact: TrainingContact) -> bool:
    """End access at once. Return whether there was any left to end."""
    return bool(TrainingContact.objects.filter(pk=contact.pk, ended_at=None).update(ended_at=timezone.now()))


@transaction.atomic
def take_over_access(*, user: User, emails: list[str]) -> None:
    """Move access that was given to other sign-ins of the same person, which are about to go, to this one."""
    others = TrainingContact.objects.in_force().filter(user__email__in=emails).exclude(user=user)
    own = TrainingContact.objects.filter(user=user, ended_at=None)
    held = set(own.in_force().values_list("organisation", flat=True))
    for contact in others.order_by("pk").select_for_update(of=("self",)):
        if contact.organisation_id not in held:
            held.add(contact.organisation_id)
            # What ran out by itself gives way to access that has not.
            own.filter(organisation=contact.organisation_id).update(ended_at=timezone.now())
            TrainingContact.objects.filter(pk=contact.pk).update(user=user)


def _user_of(email: str, name: str) -> User:
    """Return whose proven address it is, also when they sign in with another; else its user, made if missing."""
    email = email.strip().casefold()
    proven = EmailAddress.objects.filter(email__iexact=email, verified=True).select_related("user").first()
    return proven.user if proven else ensure_user_for_address(email, name)
