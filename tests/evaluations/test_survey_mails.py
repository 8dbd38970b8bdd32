"""Who on a survey's list is mailed when."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from evaluations.emails_surveys import KINDS
from evaluations.enums import Audience
from evaluations.models import Survey, SurveyInvitation
from evaluations.operations.casting import cast
from evaluations.operations.reminding import tend_rolls
from tests.evaluations.factories import paper
from tests.evaluations.survey_helpers import NOON, put_on_list, survey
from website.messaging.models import OutboxMessage
from website.messaging.registry import mail_kinds, private_kinds

pytestmark = pytest.mark.django_db


def day(number: int):
    return NOON + timedelta(days=number)


def sent() -> Counter:
    return Counter(OutboxMessage.objects.values_list("kind", flat=True))


@pytest.fixture
def made() -> Survey:
    return survey(people=5, opens_at=NOON)


def test_everyone_on_the_list_is_invited_once_when_it_opens(made):
    assert tend_rolls(at=day(1)) == 5
    assert tend_rolls(at=day(2)) == 0

    assert sent() == {KINDS[0]: 5}


def test_nobody_is_mailed_at_night(made):
    assert tend_rolls(at=NOON + timedelta(hours=15)) == 0


def test_reminders_go_to_those_only_who_have_not_answered(made):
    tend_rolls(at=day(1))
    first, second, *others = made.evaluation.voters.order_by("pk")
    cast(voter=first, paper=paper(("use", 0)), at=day(2))

    assert tend_rolls(at=day(8)) == 4
    cast(voter=second, paper=paper(("use", 0)), at=day(9))
    assert tend_rolls(at=day(15)) == 3
    assert tend_rolls(at=day(16)) == 0

    assert sent() == {KINDS[0]: 5, KINDS[1]: 4, KINDS[2]: 3}
    last = OutboxMessage.objects.filter(kind=KINDS[2]).values_list("to", flat=True)
    assert set(last) == {voter.invitation.email for voter in others}


@pytest.mark.parametrize("kind", KINDS)
def test_no_staff_page_on_mails_shows_whom_a_survey_was_mailed_to(kind):
    assert kind in private_kinds()


def test_a_list_of_fewer_than_five_is_not_mailed_since_nothing_they_say_could_be_shown():
    survey(people=4, opens_at=NOON)

    assert tend_rolls(at=day(1)) == 0


def test_somebody_put_on_the_list_late_is_invited_and_spared_the_reminders_that_are_over(made):
    tend_rolls(at=day(1))
    tend_rolls(at=day(8))
    put_on_list(made, 1, start=9)

    assert tend_rolls(at=day(9)) == 1
    assert tend_rolls(at=day(9)) == 0
    assert OutboxMessage.objects.filter(to="person9@example.dk").get().kind == KINDS[0]


def test_who_wants_no_mails_gets_none(made):
    SurveyInvitation.objects.filter(email="person0@example.dk").update(wants_no_mail=True)

    assert tend_rolls(at=day(1)) == 4


def test_nothing_is_mailed_before_it_opens_after_it_closes_or_of_an_open_survey(made):
    survey(people=0, opens_at=NOON, slug="aaben", audience=Audience.OPEN)

    assert tend_rolls(at=NOON - timedelta(hours=1)) == 0
    assert tend_rolls(at=day(30)) == 0


@pytest.mark.parametrize("kind", KINDS)
def test_the_mail_leads_to_the_answerers_own_page_and_says_until_when(made, kind):
    tend_rolls(at=day(1))
    message = OutboxMessage.objects.filter(to="person1@example.dk").get()

    mail = mail_kinds.get(kind).render(message.context)

    assert "Frivillighed 2026" in mail.subject
    assert "Kære Person 1" in mail.text
    assert "onsdag 16. december 2026 kl. 12.00" in mail.text
    assert "/evaluering/" in mail.text
    assert "/evaluering/" not in str(message.context)


@pytest.mark.parametrize("kind", KINDS)
def test_the_mail_does_not_deny_that_it_is_remembered_who_has_answered(made, kind):
    """A reminder goes to those who have not: that it is known of somebody must not be kept from them."""
    tend_rolls(at=day(1))
    message = OutboxMessage.objects.filter(to="person1@example.dk").get()

    text = mail_kinds.get(kind).render(message.context).text

    assert "Systemet husker, at du har svaret" in text
    assert "Vi ser kun, hvor mange" not in text


def test_mailing_costs_the_same_queries_however_many_are_on_the_list(made):
    with CaptureQueriesContext(connection) as few:
        tend_rolls(at=day(1))
    put_on_list(made, 100, start=10)

    with CaptureQueriesContext(connection) as many:
        assert tend_rolls(at=day(1)) == 100
    assert len(many) <= len(few)
