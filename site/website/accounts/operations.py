"""Users and roles, kept right across rows."""

from collections.abc import Iterable

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.management import create_contenttypes
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from wagtail.models import Collection, GroupCollectionPermission, GroupPagePermission, Page
from wagtail.users.models import UserProfile

from website.accounts.contributions import address_added, address_removed, forget_me
from website.accounts.exceptions import AddressRefused
from website.accounts.models import User
from website.accounts.my_page_emails import FORGOTTEN
from website.accounts.roles import ROLES, Role
from website.messaging.operations import queue_mail

STAFF_LANGUAGE = "da"


@transaction.atomic
def ensure_roles() -> None:
    """Make the groups of `website.accounts.roles` and give them what they lack. Safe to repeat.

    It only adds: what an administrator gives a group besides stays. Runs after every `migrate` and
    must be called again by whoever builds a new page tree, since permissions on pages hang on its root.
    """
    named = frozenset().union(*(role.models | role.files for role in ROLES))
    permissions = _permissions(named | {f"wagtailcore.{codename}" for role in ROLES for codename in role.pages})
    root_page = Page.get_first_root_node()
    root_collection = Collection.get_first_root_node()
    for role in ROLES:
        group, _ = Group.objects.get_or_create(name=role.name)
        group.permissions.add(*(permissions[name] for name in role.models))
        if root_page is not None:
            GroupPagePermission.objects.bulk_create(
                [
                    GroupPagePermission(group=group, page=root_page, permission=permissions[f"wagtailcore.{codename}"])
                    for codename in sorted(role.pages)
                ],
                ignore_conflicts=True,
            )
        if root_collection is not None:
            GroupCollectionPermission.objects.bulk_create(
                [
                    GroupCollectionPermission(group=group, collection=root_collection, permission=permissions[name])
                    for name in sorted(role.files)
                ],
                ignore_conflicts=True,
            )


@transaction.atomic
def create_staff(
    *, email: str, role: Role, password: str | None = None, first_name: str = "", last_name: str = ""
) -> User:
    """Create a member of staff in a role; without a password they choose one by "forgotten password"."""
    user = User.objects.create_user(email, password, first_name=first_name, last_name=last_name, is_staff=True)
    user.groups.add(Group.objects.get(name=role.name))
    return user


@transaction.atomic
def ensure_user_for_address(email: str, name: str) -> User:
    """Return the user of that address, created without a password (sign-in by mailed code) if missing.

    A name that is there already stays; so do roles and password.
    """
    user = User.objects.filter(email=email.strip().casefold()).first()
    if user is None:
        first_name, _, last_name = name.strip().rpartition(" ")
        if not first_name:
            first_name, last_name = last_name, ""
        try:
            with transaction.atomic():
                return User.objects.create_user(email, first_name=first_name[:150], last_name=last_name[:150])
        except IntegrityError:
            # Somebody made the user in the same moment: theirs is ours.
            return User.objects.get(email=email.strip().casefold())
    settle_user(user)
    return user


def settle_user(user: User) -> None:
    """Make what hangs on a user agree with the row: a verified address, a Danish admin.

    Nobody signs up by themselves, so an address we were given is an address we trust; without this
    row allauth would ask for a confirmation first. The address they had before goes; those that they
    have proven besides stay.
    """
    EmailAddress.objects.filter(user=user, primary=True).exclude(email=user.email).delete()
    EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
    UserProfile.objects.get_or_create(user=user, defaults={"preferred_language": STAFF_LANGUAGE})


def addresses_of(user: User) -> list[str]:
    """Return the addresses that are the user's: their name, and those they have proven besides."""
    proven = EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
    return list(dict.fromkeys([user.email, *(email.casefold() for email in proven)]))


def is_plain(user: User) -> bool:
    """Whether the user is only somebody who takes part: no staff, no role, no password, no second factor."""
    return not (
        user.is_staff
        or user.is_superuser
        or user.has_usable_password()
        or user.groups.exists()
        or user.user_permissions.exists()
        or hasattr(user, "presenter")
        or Authenticator.objects.filter(user=user).exists()
    )


@transaction.atomic
def add_address(*, user: User, email: str) -> None:
    """Make a proven address one of the user's; the sign-in it had becomes part of this one.

    Raises AddressRefused when either sign-in is that of staff or a presenter: theirs is what an administrator
    gave them.
    """
    email = email.strip().casefold()
    # In pk order, so that two people who claim each other's address at once do not wait for each other.
    owners = Q(pk=user.pk) | Q(email=email) | Q(emailaddress__email__iexact=email, emailaddress__verified=True)
    pks = User.objects.filter(owners).values("pk")
    users = list(User.objects.filter(pk__in=pks).order_by("pk").select_for_update())
    others = [other for other in users if other.pk != user.pk]
    if not all(is_plain(each) for each in users) or any(not other.is_active for other in others):
        raise AddressRefused
    emails = [email, *(address for other in others for address in addresses_of(other))]
    for contribute in address_added:
        contribute(user, *dict.fromkeys(emails))
    for other in others:
        other.delete()
    EmailAddress.objects.filter(email__in=emails).exclude(user=user).delete()
    for each in dict.fromkeys(emails):
        EmailAddress.objects.update_or_create(
            user=user, email=each, defaults={"verified": True, "primary": each == user.email}
        )


@transaction.atomic
def remove_address(*, user: User, email: str) -> bool:
    """Let go of an address that was proven besides the user's name. Return whether it was there."""
    found = EmailAddress.objects.filter(user=user, email=email).exclude(email=user.email)
    removed, _ = found.delete()
    if removed:
        for contribute in address_removed:
            contribute(user, email)
    return bool(removed)


@transaction.atomic
def forget(user: User) -> None:
    """Delete what we know about somebody, but for what must be kept; end their sessions and mail a receipt.

    Somebody who only takes part loses their user; staff and presenters keep theirs.
    """
    emails = addresses_of(user)
    for app in forget_me:
        app.forget(user, emails)
    end_sessions(user)
    queue_mail(kind=FORGOTTEN, to=user.email, context={})
    if is_plain(user):
        user.delete()
    else:
        EmailAddress.objects.filter(user=user).exclude(email=user.email).delete()


def end_sessions(user: User) -> None:
    """Delete every session of the user. The sessions' own words are all that tell whose they are."""
    pk = str(user.pk)
    theirs = [
        session.pk
        for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator()
        if session.get_decoded().get(SESSION_KEY) == pk
    ]
    Session.objects.filter(pk__in=theirs).delete()


def _permissions(names: Iterable[str]) -> dict[str, Permission]:
    """Return permissions by "app.codename".

    Django makes them after migrating all apps; where a test or a loader comes earlier, they are made
    here. Raises KeyError for a name that no app defines, so that a role cannot silently lack it.
    """
    names = set(names)
    found = _existing_permissions(names)
    for app_label in {name.partition(".")[0] for name in names - found.keys()}:
        app_config = apps.get_app_config(app_label)
        create_contenttypes(app_config, verbosity=0)
        create_permissions(app_config, verbosity=0)
    if len(found) < len(names):
        found = _existing_permissions(names)
    unknown = names - found.keys()
    if unknown:
        raise KeyError(f"no app defines the permissions {sorted(unknown)}")
    return found


def _existing_permissions(names: set[str]) -> dict[str, Permission]:
    rows = Permission.objects.filter(
        content_type__app_label__in={name.partition(".")[0] for name in names},
        codename__in={name.partition(".")[2] for name in names},
    ).select_related("content_type")
    by_name = {f"{row.content_type.app_label}.{row.codename}": row for row in rows}
    return {name: by_name[name] for name in names if name in by_name}
