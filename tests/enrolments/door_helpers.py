"""What tests of checking in share: a day, a participant, and the forms as a visitor fills them in."""

from contextlib import contextmanager
from datetime import UTC, datetime
from unittest import mock

from bs4 import BeautifulSoup

from enrolments.door_codes import door_code
from enrolments.enums import AttendanceStatus, MarkSource
from enrolments.models import Attendance
from tests.factories import UserFactory

#: Ten to nine on a Friday in Danish summer time, at the start of a code's half minute.
BEFORE = datetime(2027, 4, 23, 6, 50, tzinfo=UTC)
PAGE = "/fremmoede/tjek-ind/"
PRESENT = (AttendanceStatus.PRESENT, None, MarkSource.SELF, None)


@contextmanager
def at(moment):
    with mock.patch("django.utils.timezone.now", return_value=moment):
        yield


def soup(response):
    return BeautifulSoup(response.content, "html.parser")


def text(response):
    return soup(response).find("main").get_text(" ", strip=True)


def error(response):
    return soup(response).select_one(".form-error-message").get_text(" ", strip=True)


def digits_of(day, moment):
    return door_code(day, moment).digits


def permit_in(response):
    return soup(response).find("input", {"name": "permit"})["value"]


def get_permit(client, day, moment):
    with at(moment):
        return permit_in(client.post(PAGE, {"digits": digits_of(day, moment)}))


def say(client, permit, who, moment):
    with at(moment):
        return client.post(PAGE, {"permit": permit, "who": who})


def sign_in(client, **who):
    with at(BEFORE):  # or the session would have run out long before
        client.force_login(UserFactory(**who))


def mark_of(enrolment):
    found = Attendance.objects.filter(enrolment=enrolment).first()
    return (found.status, found.minutes_late, found.source, found.marked_by) if found else None
