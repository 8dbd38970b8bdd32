"""Organisers moderate texts, tell what was changed (once), and decide what is public."""

import pytest
from django.core import mail

from evaluations.emails_changes import KIND
from evaluations.models import Evaluation, Voter
from evaluations.operations.moderating import (
    AlreadyTold,
    NotClosed,
    NothingToTell,
    TextGone,
    flag_text,
    hide_text,
    publish_summary,
    reply_to_text,
    tell_changes,
    write_changes,
)
from tests.evaluations.factories import LEARNED, closed_evaluation, open_evaluation, questionnaire
from tests.evaluations.results import release_texts
from tests.factories import UserFactory
from website.messaging.models import OutboxMessage
from website.messaging.operations import deliver_due

pytestmark = pytest.mark.django_db


@pytest.fixture
def evaluation() -> Evaluation:
    return closed_evaluation(people=6, asked=questionnaire(LEARNED))


@pytest.fixture
def text(evaluation):
    return release_texts(evaluation, "learned", "a", "b", "c", "d", "e")[2]


def test_a_text_is_hidden_flagged_and_answered_and_who_did_it_stays(evaluation, text):
    by = UserFactory(organiser=True)
    about = {"evaluation_pk": evaluation.pk, "text_pk": text.pk, "by": by}

    hide_text(**about, hidden=True)
    flag_text(**about, flagged=True)
    reply_to_text(**about, reply="  Tak, det ser vi på.  ")

    text.refresh_from_db()
    assert (text.is_hidden, text.is_flagged, text.reply) == (True, True, "Tak, det ser vi på.")
    assert text.moderated_by == by and text.moderated_at
    assert text.text == "c", "what was written is never changed"
    hide_text(**about, hidden=False)
    text.refresh_from_db()
    assert not text.is_hidden


def test_a_text_of_another_evaluation_is_not_touched(evaluation, text):
    other = closed_evaluation()

    with pytest.raises(TextGone):
        hide_text(evaluation_pk=other.pk, text_pk=text.pk, hidden=True, by=UserFactory(organiser=True))

    text.refresh_from_db()
    assert not text.is_hidden


def test_everybody_who_was_asked_is_told_once_answered_or_not(evaluation):
    write_changes(evaluation_pk=evaluation.pk, words="Der er *flere* pauser nu.\n\n- Og bedre kaffe")

    assert tell_changes(evaluation_pk=evaluation.pk) == 6

    asked = Voter.objects.filter(evaluation=evaluation).values_list("enrolment__email", flat=True)
    assert sorted(OutboxMessage.objects.filter(kind=KIND).values_list("to", flat=True)) == sorted(asked)
    with pytest.raises(AlreadyTold):
        tell_changes(evaluation_pk=evaluation.pk)
    assert OutboxMessage.objects.filter(kind=KIND).count() == 6


def test_the_mail_says_what_was_changed_and_nothing_of_answers(evaluation, text):
    write_changes(evaluation_pk=evaluation.pk, words="Der er flere pauser nu.\n\n- Og bedre kaffe")
    tell_changes(evaluation_pk=evaluation.pk)

    deliver_due()

    sent = mail.outbox[0]
    assert sent.subject == f"Det ændrede vi på grund af jer: {evaluation.run.course.title}"
    assert "Der er flere pauser nu." in sent.body and "- Og bedre kaffe" in sent.body
    assert "Ingen kan se, hvem der har svaret" in sent.body
    assert len({message.body.split("\n", 1)[1] for message in mail.outbox}) == 1, "the same to all, but the name"


def test_somebody_who_has_been_forgotten_gets_no_mail(evaluation):
    gone = evaluation.voters.first().enrolment
    type(gone).objects.filter(pk=gone.pk).update(email="")
    write_changes(evaluation_pk=evaluation.pk, words="Flere pauser.")

    assert tell_changes(evaluation_pk=evaluation.pk) == 5


def test_nothing_is_told_before_it_is_written(evaluation):
    write_changes(evaluation_pk=evaluation.pk, words="   ")

    with pytest.raises(NothingToTell):
        tell_changes(evaluation_pk=evaluation.pk)
    assert not OutboxMessage.objects.exists()


def test_before_closing_nothing_is_told_or_published():
    evaluation = open_evaluation()

    for act in (
        lambda: write_changes(evaluation_pk=evaluation.pk, words="Flere pauser."),
        lambda: tell_changes(evaluation_pk=evaluation.pk),
        lambda: publish_summary(evaluation_pk=evaluation.pk, public=True),
    ):
        with pytest.raises(NotClosed):
            act()
