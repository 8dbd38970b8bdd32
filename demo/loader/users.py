"""The sign-ins of the demo. Their password is public: they exist only here."""

from django.contrib.auth.models import Group

from courses.models import Presenter
from demo.loader.ledger import Ledger
from website.accounts.models import User
from website.accounts.operations import settle_user

PASSWORD = "demo-kun-til-test"  # noqa: S105 (public on purpose)
PRESENTER = "underviser@example.dk"
ORGANISER = "arrangoer@example.dk"
EDITOR = "redaktoer@example.dk"
#: address, first name, last name, group (none: a presenter, no staff), superuser
USERS = (
    (EDITOR, "Rikke", "Rugvang", "Redaktører", False),
    (ORGANISER, "Aksel", "Ørnesti", "Arrangører", False),
    (PRESENTER, "Maja", "Solmark", None, False),
    ("admin@example.dk", "Alma", "Dalbrink", "Administratorer", True),
)


def load_staff(ledger: Ledger) -> None:
    """Make the four users with their roles, verified addresses and a Danish admin."""
    for email, first_name, last_name, group, superuser in USERS:
        if not ledger.is_new(f"user:{email}") or User.objects.filter(email=email).exists():
            continue
        user = User.objects.create_user(
            email,
            PASSWORD,
            first_name=first_name,
            last_name=last_name,
            is_staff=group is not None,
            is_superuser=superuser,
        )
        if group:
            user.groups.add(Group.objects.get(name=group))
        settle_user(user)


def link_presenter(ledger: Ledger) -> None:
    """Give the presenter's user the presenter of the same address, whose runs they may then see."""
    if ledger.is_new("presenter-user"):
        user = User.objects.get(email=PRESENTER)
        Presenter.objects.filter(email=PRESENTER, user=None).update(user=user)
