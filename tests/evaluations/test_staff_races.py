"""Staff who press twice, or two of them at once, on real connections."""

import threading

import pytest
from django.db.models import QuerySet

from evaluations.models import Evaluation, SurveyInvitation, Voter
from evaluations.operations import moderating, survey_invitations
from evaluations.operations.moderating import AlreadyTold, tell_changes, write_changes
from evaluations.operations.reminding import send_due
from evaluations.operations.survey_invitations import Invitee, MailedAlready, invite, remove_invitation, undo_list
from tests.enrolments.test_races import at_once
from tests.evaluations.factories import closed_evaluation
from tests.evaluations.survey_helpers import NOON, put_on_list, survey
from website.messaging.models import OutboxMessage

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def evaluation() -> Evaluation:
    made = closed_evaluation(people=6, counts={"confidence": [1] * 11})
    write_changes(evaluation_pk=made.pk, words="Længere pauser.")
    return made


def telling(evaluation: Evaluation):
    return lambda: tell_changes(evaluation_pk=evaluation.pk)


def test_what_was_changed_is_told_once_however_many_press_at_once(evaluation):
    results = at_once(*[telling(evaluation)] * 5)

    assert [each for each in results if not isinstance(each, AlreadyTold)] == [6]
    assert OutboxMessage.objects.count() == 6


def test_without_the_lock_of_the_evaluation_everybody_is_told_twice(evaluation, monkeypatch):
    """What the lock is for: both read that nobody has been told."""
    both_have_read = threading.Barrier(2)

    def read_without_lock(pk: int) -> Evaluation:
        found = Evaluation.objects.get(pk=pk)
        both_have_read.wait(20)
        return found

    monkeypatch.setattr(moderating, "_closed", read_without_lock)

    assert at_once(*[telling(evaluation)] * 2) == [6, 6]
    assert OutboxMessage.objects.count() == 12


def test_a_list_accepted_twice_at_once_invites_each_once():
    """Also when the lists are in another order: whoever comes later finds them there."""
    made = survey()
    people = [Invitee(f"person{number}@example.dk") for number in range(200)]

    results = at_once(
        lambda: invite(survey_pk=made.pk, people=people),
        lambda: invite(survey_pk=made.pk, people=people[::-1]),
        lambda: invite(survey_pk=made.pk, people=people[100:] + people[:100]),
    )

    assert sorted(count for _batch, count in results) == [0, 0, 200]
    assert SurveyInvitation.objects.filter(survey=made).count() == 200
    assert Voter.objects.filter(evaluation=made.evaluation).count() == 200


def test_somebody_who_is_mailed_while_they_are_taken_off_the_list_stays(monkeypatch):
    """Else the link in their mail would lead nowhere."""
    made = survey(people=6)
    Evaluation.objects.filter(survey=made).update(opens_at=NOON, invites_at=NOON)
    evaluation = Evaluation.objects.select_related("survey", "run").get(survey=made)
    who = SurveyInvitation.objects.get(email="person3@example.dk")
    not_mailed = survey_invitations.not_mailed

    def chosen_and_then_mailed(survey_pk: int) -> QuerySet[SurveyInvitation]:
        chosen = list(not_mailed(survey_pk).values_list("pk", flat=True))
        assert at_once(lambda: send_due(evaluation=evaluation, at=NOON)) == [6]
        return SurveyInvitation.objects.filter(pk__in=chosen)

    monkeypatch.setattr(survey_invitations, "not_mailed", chosen_and_then_mailed)

    with pytest.raises(MailedAlready):
        remove_invitation(survey_pk=made.pk, pk=who.pk)
    assert OutboxMessage.objects.filter(to=who.email).count() == 1
    assert Voter.objects.filter(invitation=who, mails=1).exists()


def test_a_list_undone_twice_at_once_is_undone_once():
    made = survey()
    batch = put_on_list(made, 30)

    results = at_once(*[lambda: undo_list(survey_pk=made.pk, batch=batch)] * 3)

    assert sorted(map(str, results)) == ["(0, 0)", "(0, 0)", "(30, 0)"]
    assert not Voter.objects.exists()
