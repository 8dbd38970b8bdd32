"""Casting a vote: one tick on the roll and one ballot in the box, or nothing."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from evaluations.ballots import unpack
from evaluations.enums import Audience, EvaluationStatus
from evaluations.exceptions import AlreadyAnswered, NotInvited, NotOpen
from evaluations.models import Ballot, Evaluation, Voter
from evaluations.operations.casting import cast, cast_openly
from evaluations.sealing import evaluation_key, unseal
from tests.evaluations.box_helpers import open_survey
from tests.evaluations.factories import open_evaluation, paper

pytestmark = pytest.mark.django_db

FILLED = paper(("teaching", 3), ("learned", "At lytte"))


def test_a_vote_ticks_the_voter_off_and_puts_one_ballot_in_the_box():
    evaluation = open_evaluation(people=3)
    voter = evaluation.voters.first()

    cast(voter=voter, paper=FILLED)

    assert list(evaluation.voters.filter(has_answered=True)) == [voter]
    sealed = bytes(evaluation.ballots.get().sealed)
    assert unpack(unseal(sealed, evaluation_key(bytes(evaluation.sealed_key)))) == FILLED


def test_a_vote_takes_three_statements():
    voter = open_evaluation().voters.select_related("evaluation").first()

    with CaptureQueriesContext(connection) as queries:
        cast(voter=voter, paper=FILLED)

    assert len([each for each in queries if "SAVEPOINT" not in each["sql"]]) == 3


def test_a_second_vote_by_the_same_link_is_refused_and_changes_nothing():
    voter = open_evaluation().voters.first()
    cast(voter=voter, paper=FILLED)
    before = bytes(Ballot.objects.get().sealed)

    with pytest.raises(AlreadyAnswered):
        cast(voter=voter, paper=paper(("teaching", 0)))

    assert bytes(Ballot.objects.get().sealed) == before


@pytest.mark.parametrize("status", [EvaluationStatus.PLANNED, EvaluationStatus.STOPPED])
def test_no_vote_is_taken_by_an_evaluation_that_is_not_open(status):
    evaluation = open_evaluation()
    Evaluation.objects.filter(pk=evaluation.pk).update(status=status)

    with pytest.raises(NotOpen):
        cast(voter=evaluation.voters.first(), paper=FILLED)

    assert not Ballot.objects.exists()
    assert not Voter.objects.filter(has_answered=True).exists()


def test_votes_are_taken_from_the_opening_until_the_instant_of_closing():
    evaluation = open_evaluation(people=4)
    one, two, three, four = evaluation.voters.all()

    with pytest.raises(NotOpen):
        cast(voter=one, paper=FILLED, at=evaluation.opens_at - timedelta(seconds=1))
    cast(voter=two, paper=FILLED, at=evaluation.opens_at)
    cast(voter=three, paper=FILLED, at=evaluation.closes_at - timedelta(seconds=1))
    with pytest.raises(NotOpen):
        cast(voter=four, paper=FILLED, at=evaluation.closes_at)

    assert evaluation.ballots.count() == 2


def test_who_left_the_roll_meanwhile_is_not_invited():
    voter = open_evaluation().voters.first()
    Voter.objects.filter(pk=voter.pk).delete()

    with pytest.raises(NotInvited):
        cast(voter=voter, paper=FILLED)

    assert not Ballot.objects.exists()


def test_a_paper_that_no_form_gives_is_refused_whole():
    voter = open_evaluation().voters.first()

    with pytest.raises(ValueError, match="do not fit"):
        cast(voter=voter, paper=paper(("learned", "x" * 1_000_000)))

    voter.refresh_from_db()
    assert voter.has_answered is False


def test_an_open_survey_takes_every_answer_and_keeps_no_roll():
    evaluation = open_survey(audience=Audience.OPEN)

    for _each in range(2):
        cast_openly(evaluation=evaluation, paper=FILLED)

    assert evaluation.ballots.count() == 2
    assert not Voter.objects.exists()


def test_a_survey_for_those_on_its_list_takes_no_answer_from_others():
    evaluation = open_survey()

    with pytest.raises(NotInvited):
        cast_openly(evaluation=evaluation, paper=FILLED)


def test_an_evaluation_of_a_course_takes_no_answer_without_a_voter():
    with pytest.raises(NotInvited):
        cast_openly(evaluation=open_evaluation(), paper=FILLED)


def test_an_open_survey_that_has_closed_takes_no_more():
    evaluation = open_survey(audience=Audience.OPEN)

    with pytest.raises(NotOpen):
        cast_openly(evaluation=evaluation, paper=FILLED, at=timezone.now() + timedelta(days=30))


def test_a_short_and_a_long_answer_make_ballots_of_the_same_size():
    evaluation = open_evaluation(people=2)
    short, long = evaluation.voters.all()

    cast(voter=short, paper=paper())
    cast(voter=long, paper=paper(("teaching", 1), ("confidence", 10), ("learned", "ø" * 2000)))

    assert len({len(bytes(each.sealed)) for each in evaluation.ballots.all()}) == 1
