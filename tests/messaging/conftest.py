"""Staff who look after mails."""

import pytest
from django.test import Client

from website.accounts.models import User
from website.accounts.operations import create_staff
from website.accounts.roles import EDITOR, ORGANISER


@pytest.fixture
def organiser(db: None) -> User:
    return create_staff(email="arrangoer@example.dk", role=ORGANISER, password="en-lang-adgangskode")


@pytest.fixture
def editor(db: None) -> User:
    return create_staff(email="redaktoer@example.dk", role=EDITOR, password="en-lang-adgangskode")


@pytest.fixture
def organisers_client(organiser: User) -> Client:
    client = Client()
    client.force_login(organiser, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def editors_client(editor: User) -> Client:
    client = Client()
    client.force_login(editor, backend="django.contrib.auth.backends.ModelBackend")
    return client
