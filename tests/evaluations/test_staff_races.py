"""Staff who press twice, or two of them at once, on real connections."""

import threading

import pytest

from evaluations.models import Evaluation, SurveyInvitation, Voter
from evaluations.operations import moderating
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
    """Also when the lists overlap in another order: neither waits for the other in a circle."""
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


def test_somebody_is_taken_off_a_list_or_mailed_never_both():
    made = survey(people=12)
    evaluation = Evaluation.objects.select_related("survey", "run").get(survey=made)
    Evaluation.objects.filter(pk=evaluation.pk).update(opens_at=NOON, invites_at=NOON)
    evaluation.refresh_from_db()
    off = list(SurveyInvitation.objects.order_by("?")[:6])

    *removed, _mailed = at_once(
        *(lambda each=each: remove_invitation(survey_pk=made.pk, pk=each.pk) for each in off),
        lambda: send_due(evaluation=evaluation, at=NOON),
    )

    assert {type(each) for each in removed} <= {type(None), MailedAlready}
    gone = {each.email for each, result in zip(off, removed, strict=True) if result is None}
    mailed = set(OutboxMessage.objects.values_list("to", flat=True))
    assert not gone & mailed
    assert set(SurveyInvitation.objects.values_list("email", flat=True)) == mailed
    assert Voter.objects.filter(mails=1).count() == len(mailed)


def test_a_list_undone_twice_at_once_is_undone_once():
    made = survey()
    batch = put_on_list(made, 30)

    results = at_once(*[lambda: undo_list(survey_pk=made.pk, batch=batch)] * 3)

    assert sorted(map(str, results)) == ["(0, 0)", "(0, 0)", "(30, 0)"]
    assert not Voter.objects.exists()
