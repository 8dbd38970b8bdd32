"""People who sign in, and what the outbox would send them."""

from collections.abc import Callable

import pytest
from django.core.cache import caches
from django.test import Client

from website.accounts.models import User
from website.accounts.operations import create_staff
from website.accounts.roles import ADMINISTRATOR, EDITOR, ORGANISER
from website.messaging.models import OutboxMessage
from website.messaging.registry import Mail, mail_kinds

PASSWORD = "en-lang-adgangskode"


@pytest.fixture(autouse=True)
def _nobody_has_tried_before(db: None) -> None:
    caches["throttle"].clear()


@pytest.fixture
def editor() -> User:
    return create_staff(email="redaktoer@example.dk", role=EDITOR, password=PASSWORD, first_name="Rie")


@pytest.fixture
def organiser() -> User:
    return create_staff(email="arrangoer@example.dk", role=ORGANISER, password=PASSWORD, first_name="Arne")


@pytest.fixture
def administrator() -> User:
    return create_staff(email="admin@example.dk", role=ADMINISTRATOR, password=PASSWORD, first_name="Ada")


@pytest.fixture
def last_mail() -> Callable[[], Mail]:
    """Render the newest mail in the outbox."""

    def render() -> Mail:
        message = OutboxMessage.objects.latest("pk")
        return mail_kinds.get(message.kind).render(message.context)

    return render


def sign_in_with_password(client: Client, user: User, password: str = PASSWORD, **extra: str):
    return client.post("/konto/login/", {"login": user.email, "password": password}, **extra)
