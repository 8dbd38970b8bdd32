"""Who on a survey's list is mailed when."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from evaluations.emails_surveys import KINDS
from evaluations.enums import Audience
from evaluations.models import Survey, SurveyInvitation, Voter
from evaluations.operations.casting import cast
from evaluations.operations.survey_mails import send_due_mails
from tests.evaluations.factories import paper
from tests.evaluations.survey_helpers import NOON, put_on_list, survey
from website.messaging.models import OutboxMessage
from website.messaging.registry import mail_kinds

pytestmark = pytest.mark.django_db


def day(number: int):
    return NOON + timedelta(days=number)


def sent() -> Counter:
    return Counter(OutboxMessage.objects.values_list("kind", flat=True))


@pytest.fixture
def made() -> Survey:
    return survey(people=3, opens_at=NOON)


def test_everyone_on_the_list_is_invited_once_when_it_opens(made):
    assert send_due_mails(at=day(1)) == 3
    assert send_due_mails(at=day(2)) == 0

    assert sent() == {KINDS[0]: 3}


def test_nobody_is_mailed_at_night(made):
    assert send_due_mails(at=NOON + timedelta(hours=15)) == 0


def test_reminders_go_to_those_only_who_have_not_answered(made):
    send_due_mails(at=day(1))
    first, second, third = made.evaluation.voters.order_by("pk")
    cast(voter=first, paper=paper(("use", 0)), at=day(2))

    assert send_due_mails(at=day(8)) == 2
    cast(voter=second, paper=paper(("use", 0)), at=day(9))
    assert send_due_mails(at=day(15)) == 1
    assert send_due_mails(at=day(16)) == 0

    assert sent() == {KINDS[0]: 3, KINDS[1]: 2, KINDS[2]: 1}
    last = OutboxMessage.objects.get(kind=KINDS[2])
    assert last.to == third.invitation.email


def test_how_far_somebody_was_mailed_does_not_tell_who_has_answered(made):
    send_due_mails(at=day(1))
    cast(voter=made.evaluation.voters.first(), paper=paper(("use", 0)), at=day(2))
    send_due_mails(at=day(8))

    assert set(Voter.objects.values_list("mails", flat=True)) == {2}


def test_somebody_put_on_the_list_late_is_invited_and_spared_the_reminders_that_are_over(made):
    send_due_mails(at=day(1))
    send_due_mails(at=day(8))
    put_on_list(made, 1, start=9)

    assert send_due_mails(at=day(9)) == 1
    assert send_due_mails(at=day(9)) == 0
    assert OutboxMessage.objects.filter(to="person9@example.dk").get().kind == KINDS[0]


def test_who_wants_no_mails_gets_none(made):
    SurveyInvitation.objects.filter(email="person0@example.dk").update(wants_no_mail=True)

    assert send_due_mails(at=day(1)) == 2


def test_nothing_is_mailed_before_it_opens_after_it_closes_or_of_an_open_survey(made):
    survey(people=0, opens_at=NOON, slug="aaben", audience=Audience.OPEN)

    assert send_due_mails(at=NOON - timedelta(hours=1)) == 0
    assert send_due_mails(at=day(30)) == 0


@pytest.mark.parametrize("kind", KINDS)
def test_the_mail_leads_to_the_answerers_own_page_and_says_until_when(made, kind):
    send_due_mails(at=day(1))
    message = OutboxMessage.objects.filter(to="person1@example.dk").get()

    mail = mail_kinds.get(kind).render(message.context)

    assert "Frivillighed 2026" in mail.subject
    assert "Kære Person 1" in mail.text
    assert "onsdag 16. december 2026 kl. 12.00" in mail.text
    assert "/evaluering/" in mail.text
    assert "/evaluering/" not in str(message.context)


def test_mailing_costs_the_same_queries_however_many_are_on_the_list(made):
    with CaptureQueriesContext(connection) as few:
        send_due_mails(at=day(1))
    put_on_list(made, 200, start=10)

    with CaptureQueriesContext(connection) as many:
        assert send_due_mails(at=day(1)) == 200
    assert len(many) <= len(few)
