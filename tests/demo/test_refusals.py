from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from wagtail.models import Page

from tests.factories import RegistrationFactory
from website.home.management.commands.load_demo import Command as RefusingCommand

pytestmark = pytest.mark.django_db


def test_a_database_with_real_registrations_is_left_alone() -> None:
    RegistrationFactory()
    pages = Page.objects.count()

    with pytest.raises(CommandError, match="a database of its own"):
        call_command("load_demo", verbosity=0)

    assert Page.objects.count() == pages


def test_settings_other_than_the_demos_are_refused_in_words(settings) -> None:
    settings.INSECURE_HTTP = False

    with pytest.raises(CommandError, match="password is public"):
        call_command("load_demo", verbosity=0)
    with pytest.raises(CommandError, match="password is public"):
        RefusingCommand(stdout=StringIO()).handle()
