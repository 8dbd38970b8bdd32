"""The words of the mails about runs: whole by themselves, and shown to staff on real data."""

from datetime import date
from typing import Any

import pytest

from tests.factories import CourseRunFactory, RegistrationFactory
from website.messaging.registry import mail_kinds
from website.messaging.texts import PLACEHOLDER, check_words, render

pytestmark = pytest.mark.django_db

KINDS = [
    "enrolments.run_changed",
    "enrolments.run_cancelled",
    "enrolments.run_reopened",
    "enrolments.run_confirmed",
    "enrolments.run_message",
    "enrolments.run_day",
    "enrolments.decision",
]


@pytest.mark.parametrize("name", KINDS)
class TestEachKind:
    def test_our_own_words_hold_what_they_must_and_nothing_unknown(self, name):
        kind = mail_kinds.get(name).text

        check_words(kind, subject=str(kind.subject), body=str(kind.body))

    def test_the_preview_on_real_data_leaves_no_placeholder_unfilled(self, name):
        run = CourseRunFactory(first_day=date(2031, 1, 15), minimum=5, with_days=2)
        RegistrationFactory(run=run, participants=1)
        kind = mail_kinds.get(name).text

        mail = render(kind, kind.sample())

        assert not PLACEHOLDER.search(mail.subject + mail.text)
        assert run.course.title in mail.text + mail.subject

    def test_without_data_there_is_no_preview_and_no_error(self, name):
        assert mail_kinds.get(name).text.sample() is None


def told(**to: Any) -> str:
    """Return the text of a message to somebody who is this to a run."""
    run = CourseRunFactory(venue=None, online_link="https://example.dk/hemmelig")
    RegistrationFactory(run=run, participants=1)
    kind = mail_kinds.get("enrolments.run_message").text
    context = kind.sample()
    context["to"] |= to
    return render(kind, context | {"message": "{hold}\n\n{link}\n\n{navn}"}).text


def test_the_online_link_is_for_those_who_may_see_it():
    assert "hemmelig" in told(may_see_link=True)
    assert "hemmelig" not in told(may_see_link=False)


def test_a_contact_gets_the_link_to_each_registration_and_a_participant_their_own():
    rows = [{"pk": 7, "link_version": 1}, {"pk": 8, "link_version": 1}]

    to_contact = told(registrations=rows)
    to_participant = told(registrations=[])

    assert "Se tilmeldingen (T000007):" in to_contact
    assert "Se tilmeldingen (T000008):" in to_contact
    assert "/tilmelding/min/" in to_contact
    assert "/tilmelding/deltager/" in to_participant


def test_what_a_person_is_called_is_never_read_as_a_placeholder():
    assert "{link}" in told(name="{link}")
