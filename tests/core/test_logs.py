"""No log line holds personal data or a secret link (invariant 10)."""

import logging

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction

from enrolments.models import Registration
from tests.enrolments.helpers import sign_up
from tests.factories import CourseRunFactory
from website.core.logs import MaskSecrets


def line(record: logging.LogRecord) -> str:
    """Return what a handler of ours would write."""
    MaskSecrets().filter(record)
    return logging.Formatter(settings.LOGGING["formatters"]["line"]["format"]).format(record)


def test_every_handler_masks():
    assert all("mask_secrets" in handler["filters"] for handler in settings.LOGGING["handlers"].values())


def test_a_secret_link_and_an_address_are_masked():
    record = logging.makeLogRecord({"msg": "Not Found: %s for %s", "args": ("/tilmelding/min/1-abc/", "anna@a.dk")})
    assert line(record).endswith("Not Found: /tilmelding/min/…/ for …@…")


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/evaluering/9ix-0123abc/", "/evaluering/…/"),
        ("/evaluering/9ix-0123abc/?sprog=en", "/evaluering/…/?sprog=en"),
        ("/evaluering/rum/k7mx2p/", "/evaluering/rum/…/"),
        ("/evaluering/rum/9ix-0123abc/", "/evaluering/rum/…/"),
        ("/evaluering/tak/", "/evaluering/tak/"),
        ("/evaluering/skaerm/12/ark/", "/evaluering/skaerm/12/ark/"),
        ("/evaluering/resultater/12/", "/evaluering/resultater/12/"),
        ("/evaluering/takkekort/", "/evaluering/…/"),
    ],
)
def test_the_way_to_an_evaluation_is_masked_and_what_is_no_secret_can_be_read(path, shown):
    assert line(logging.makeLogRecord({"msg": "Not Found: %s", "args": (path,)})).endswith(f"Not Found: {shown}")


@pytest.mark.django_db
def test_a_traceback_names_nobody_although_postgresql_quotes_the_row():
    registration = sign_up(CourseRunFactory(), "Anna")
    try:
        with transaction.atomic():
            Registration.objects.filter(pk=registration.pk).update(price=-1)
    except IntegrityError as error:
        assert "Bente Holm" in str(error)
        written = line(logging.makeLogRecord({"msg": "refused", "exc_info": (type(error), error, error.__traceback__)}))
    assert "registration_price_not_negative" in written
    assert "Bente Holm" not in written
