"""Closing: what five or more said is kept, everything else is destroyed, and trouble loses nothing."""

import logging
import secrets
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from courses.enums import OrganisationKind
from courses.models import CourseRun, Organisation, Presenter
from evaluations import sealing
from evaluations.ballots import Paper
from evaluations.enums import Audience, EvaluationStatus, Trouble
from evaluations.exceptions import NotOpen
from evaluations.models import Ballot, Evaluation, QuestionResult, TextAnswer, Voter
from evaluations.operations import closing
from evaluations.operations.casting import cast, cast_openly
from evaluations.operations.closing import close_due, close_evaluation
from tests import factories
from tests.evaluations.box_helpers import make_due, open_survey
from tests.evaluations.factories import open_evaluation, paper, put_in_box, question, questionnaire

pytestmark = pytest.mark.django_db


def voted(answers: list[Paper], *, people: int | None = None, **fields) -> Evaluation:
    """Return an evaluation whose time is over, with these ballots cast by people on its roll."""
    evaluation = open_evaluation(people=people or len(answers), **fields)
    for voter, filled in zip(evaluation.voters.all(), answers, strict=False):
        cast(voter=voter, paper=filled)
    return make_due(evaluation)


def key_of_another() -> bytes:
    _public, sealed = sealing.new_evaluation_keys()
    return sealed


def taught_by(name: str) -> tuple[CourseRun, Presenter]:
    run = factories.CourseRunFactory(capacity=None, with_days=1)
    presenter = Presenter.objects.create(name=name)
    day = run.days.get()
    day.presenters.add(presenter)
    day.save()
    return run, presenter


def teaching(*values: int) -> list[Paper]:
    return [paper(("teaching", value), ("learned", f"ord {place}")) for place, value in enumerate(values)]


def test_closing_publishes_counts_and_texts_and_destroys_the_rest():
    evaluation = voted(teaching(0, 1, 4, 4, 4, 3), people=8)

    assert close_evaluation(pk=evaluation.pk)

    evaluation.refresh_from_db()
    assert (evaluation.status, evaluation.trouble) == (EvaluationStatus.CLOSED, Trouble.NONE)
    assert (evaluation.invited, evaluation.answered, evaluation.in_box, evaluation.spoiled) == (8, 6, 6, 0)
    assert evaluation.closed_at and evaluation.sealed_key is None
    assert not evaluation.ballots.exists()
    results = {each.question: each for each in evaluation.results.all()}
    assert set(results) == {"teaching", "learned"}
    assert results["teaching"].counts == [1, 1, 0, 1, 3]
    assert {each.text for each in results["learned"].texts.all()} == {f"ord {place}" for place in range(6)}


def test_after_closing_the_roll_says_no_more_than_who_was_asked():
    evaluation = voted(teaching(1, 2, 3, 4, 0), people=7)
    evaluation.voters.filter(has_answered=False).update(mails=3)
    links = set(evaluation.voters.values_list("pk", "enrolment", "link_version"))

    close_evaluation(pk=evaluation.pk)

    assert set(evaluation.voters.values_list("has_answered", "mails")) == {(None, 0)}
    assert set(evaluation.voters.values_list("pk", "enrolment", "link_version")) == links


def test_of_fewer_than_five_nothing_is_kept():
    evaluation = voted(teaching(1, 2, 3, 4), people=9)

    assert close_evaluation(pk=evaluation.pk)

    evaluation.refresh_from_db()
    assert (evaluation.invited, evaluation.answered) == (9, 4)
    assert not QuestionResult.objects.exists() and not TextAnswer.objects.exists() and not Ballot.objects.exists()


@pytest.mark.parametrize("people", [0, 1, 3])
def test_an_evaluation_that_nobody_answered_closes_empty(people):
    evaluation = make_due(open_evaluation(people=people))

    assert close_evaluation(pk=evaluation.pk)

    evaluation.refresh_from_db()
    assert (evaluation.invited, evaluation.answered, evaluation.in_box) == (people, 0, 0)


def test_what_was_said_of_a_presenter_is_theirs():
    run, anna = taught_by("Anna")
    evaluation = voted([paper(("presenter", f"p{anna.pk}", 2))] * 5, run=run)

    close_evaluation(pk=evaluation.pk)

    result = evaluation.results.get()
    assert (result.subject, result.presenter) == (f"p{anna.pk}", anna)


def test_of_a_presenter_who_was_deleted_the_results_stay():
    run, anna = taught_by("Anna")
    evaluation = voted([paper(("presenter", f"p{anna.pk}", 2))] * 5, run=run)
    day = run.days.get()
    day.presenters.clear()
    day.save()
    Presenter.objects.filter(pk=anna.pk).delete()

    assert close_evaluation(pk=evaluation.pk)

    result = evaluation.results.get()
    assert (result.subject, result.presenter) == (f"p{anna.pk}", None)


def test_a_survey_is_released_by_municipality_where_nobody_small_is_left_over():
    asked = questionnaire(
        question("municipality", "where", "Din kommune?"),
        question("number", "value", "Hvor meget?"),
        moment="survey",
    )
    evaluation = open_survey(asked=asked, people=18)
    large, second, small, other = Organisation.objects.filter(kind=OrganisationKind.MUNICIPALITY)[:4]
    groups = [large] * 7 + [second] * 5 + [small] * 3 + [other] * 3
    for voter, group in zip(evaluation.voters.all(), groups, strict=True):
        cast(voter=voter, paper=paper(("value", 7), group=group.code))

    assert close_evaluation(pk=make_due(evaluation).pk)

    found = set(evaluation.results.values_list("question", "group", "answered"))
    assert found == {
        (name, group, answered)
        for name in ("where", "value")
        for group, answered in ((None, 18), (large.pk, 7), (second.pk, 5))
    }


def test_an_open_survey_has_as_many_answers_as_ballots():
    evaluation = open_survey(audience=Audience.OPEN)
    for value in range(6):
        cast_openly(evaluation=evaluation, paper=paper(("confidence", value)))

    assert close_evaluation(pk=make_due(evaluation).pk)

    evaluation.refresh_from_db()
    assert (evaluation.invited, evaluation.answered, evaluation.in_box) == (0, 6, 6)
    assert evaluation.is_box_right


def test_ballots_that_nothing_opens_are_counted_as_spoiled_and_the_rest_as_usual():
    evaluation = open_evaluation(people=8)
    voters = list(evaluation.voters.all())
    for voter, filled in zip(voters, teaching(1, 2, 3, 4, 0), strict=False):
        cast(voter=voter, paper=filled)
    size = len(bytes(evaluation.ballots.first().sealed))
    forged = [
        secrets.token_bytes(size),
        *(
            sealing.seal(content.ljust(evaluation.ballot_size), bytes(evaluation.public_key))
            for content in (b"no json", b"[]", b"{}", b'{"answers": 1, "group": ""}', b"[" * 5000, b"\xff", b"9" * 9000)
        ),
    ]
    Ballot.objects.bulk_create(Ballot(evaluation=evaluation, sealed=each) for each in forged)

    assert close_evaluation(pk=make_due(evaluation).pk)

    evaluation.refresh_from_db()
    assert (evaluation.spoiled, evaluation.in_box, evaluation.answered) == (len(forged), 5 + len(forged), 5)
    assert evaluation.results.get(question="teaching").counts == [1, 1, 1, 1, 1]


@pytest.mark.parametrize(("more", "fewer"), [(2, 0), (0, 2)])
def test_more_or_fewer_ballots_than_voters_are_told_and_do_not_keep_it_from_closing(more, fewer):
    evaluation = voted(teaching(*[1] * 7))
    for _each in range(more):
        put_in_box(evaluation, paper(("teaching", 1)))
    for ballot in evaluation.ballots.all()[:fewer]:
        ballot.delete()

    assert close_evaluation(pk=evaluation.pk)

    evaluation.refresh_from_db()
    assert (evaluation.answered, evaluation.in_box) == (7, 7 + more - fewer)
    assert not evaluation.is_box_right


def test_it_is_not_closed_before_its_time_nor_twice():
    evaluation = voted(teaching(1, 2, 3, 4, 0))

    assert not close_evaluation(pk=evaluation.pk, at=evaluation.closes_at - timedelta(seconds=1))
    assert close_evaluation(pk=evaluation.pk)
    closed_at = Evaluation.objects.get(pk=evaluation.pk).closed_at
    assert not close_evaluation(pk=evaluation.pk)
    assert Evaluation.objects.get(pk=evaluation.pk).closed_at == closed_at
    assert evaluation.results.count() == 2


def test_no_vote_is_taken_after_it_was_closed():
    evaluation = voted(teaching(1, 2, 3, 4, 0), people=6)
    late = evaluation.voters.get(has_answered=False)
    close_evaluation(pk=evaluation.pk)

    with pytest.raises(NotOpen):
        cast(voter=late, paper=paper(("teaching", 1)), at=timezone.now() - timedelta(minutes=1))


@pytest.mark.parametrize(
    ("keys", "trouble"),
    [
        pytest.param([], Trouble.KEY_MISSING, id="no key"),
        pytest.param([sealing.new_worker_key()], Trouble.KEY_WRONG, id="another key"),
        pytest.param(["not a key"], Trouble.KEY_WRONG, id="no key at all"),
    ],
)
def test_without_the_right_key_nothing_is_lost_staff_are_told_and_it_closes_once_the_key_is_there(
    keys, trouble, settings, caplog
):
    evaluation = voted(teaching(1, 2, 3, 4, 0))
    right = settings.EVALUATION_PRIVATE_KEYS
    before = sorted(bytes(each.sealed) for each in evaluation.ballots.all())
    settings.EVALUATION_PRIVATE_KEYS = keys

    with caplog.at_level(logging.WARNING):
        assert not close_evaluation(pk=evaluation.pk)

    evaluation.refresh_from_db()
    assert (evaluation.status, evaluation.trouble) == (EvaluationStatus.OPEN, trouble)
    assert sorted(bytes(each.sealed) for each in evaluation.ballots.all()) == before
    assert evaluation.voters.filter(has_answered=True).count() == 5
    assert not evaluation.results.exists()
    (record,) = caplog.records
    assert record.levelname == "ERROR" and str(evaluation.pk) in record.getMessage()

    settings.EVALUATION_PRIVATE_KEYS = [sealing.new_worker_key(), *right]
    assert close_evaluation(pk=evaluation.pk)
    evaluation.refresh_from_db()
    assert evaluation.trouble == Trouble.NONE and evaluation.results.count() == 2


def test_a_key_that_does_not_belong_to_the_public_one_destroys_no_ballot():
    """It would open none of them: they would all be counted as spoiled, and gone."""
    evaluation = voted(teaching(1, 2, 3, 4, 0), sealed_key=key_of_another())

    assert not close_evaluation(pk=evaluation.pk)

    evaluation.refresh_from_db()
    assert evaluation.trouble == Trouble.KEY_WRONG
    assert evaluation.ballots.count() == 5


@pytest.mark.parametrize(
    "change",
    [
        {"status": EvaluationStatus.STOPPED},
        {"status": EvaluationStatus.PLANNED},
        {"subjects": [{"key": "p1", "about": "presenter", "id": 1, "label": "Anna"}]},
        {"public_key": b"another"},
        {"sealed_key": b"another"},
        {"ballot_size": 1},
    ],
    ids=lambda change: next(iter(change)),
)
def test_postgresql_keeps_an_evaluation_open_as_it_is_while_its_box_is_not_empty(change):
    evaluation = voted(teaching(1))

    with pytest.raises(IntegrityError, match="not empty"), transaction.atomic():
        Evaluation.objects.filter(pk=evaluation.pk).update(**change)


def test_what_is_no_part_of_the_ballots_may_change_while_people_answer():
    evaluation = voted(teaching(1))

    Evaluation.objects.filter(pk=evaluation.pk).update(closes_at=timezone.now() + timedelta(days=2), is_public=True)


def test_a_failure_nobody_thought_of_is_told_without_a_word_of_what_was_answered(monkeypatch, caplog):
    evaluation = voted([paper(("learned", "hemmeligt ord"))] * 5)

    def fail(texts, **kwargs):
        raise ValueError(texts[0].text)

    monkeypatch.setattr(closing.TextAnswer.objects, "bulk_create", fail)

    assert not close_evaluation(pk=evaluation.pk)

    evaluation.refresh_from_db()
    assert evaluation.trouble == Trouble.FAILED
    assert evaluation.ballots.count() == 5 and not evaluation.results.exists()
    assert "ValueError" in caplog.text and "hemmeligt" not in caplog.text
    monkeypatch.undo()
    assert close_evaluation(pk=evaluation.pk)


def test_all_that_are_due_are_closed_though_one_has_trouble():
    voted(teaching(1, 2, 3, 4, 0), sealed_key=key_of_another())
    good, later = (voted(teaching(1, 2, 3, 4, 0)) for _each in range(2))
    Evaluation.objects.filter(pk=later.pk).update(closes_at=timezone.now() + timedelta(days=1))

    assert close_due() == 1

    assert set(Evaluation.objects.closed()) == {good}


def test_texts_are_written_in_an_order_of_their_own_and_with_random_numbers():
    evaluation = voted([paper(("learned", f"{place:02}")) for place in range(40)])

    close_evaluation(pk=evaluation.pk)

    by_number = [each.text for each in TextAnswer.objects.order_by("id")]
    assert by_number != sorted(by_number)


@pytest.mark.parametrize("status", [EvaluationStatus.PLANNED, EvaluationStatus.STOPPED])
def test_postgresql_refuses_a_ballot_in_the_box_of_what_is_not_open(status):
    evaluation = open_evaluation()
    Evaluation.objects.filter(pk=evaluation.pk).update(status=status)

    with pytest.raises(IntegrityError, match="not open"), transaction.atomic():
        put_in_box(evaluation, paper())


def test_postgresql_refuses_a_ballot_after_closing():
    evaluation = voted(teaching(1, 2, 3, 4, 0))
    close_evaluation(pk=evaluation.pk)

    with pytest.raises(IntegrityError, match="not open"), transaction.atomic():
        put_in_box(evaluation, paper())


def test_postgresql_refuses_to_change_a_ballot():
    ballot = put_in_box(open_evaluation(), paper())

    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        Ballot.objects.filter(pk=ballot.pk).update(sealed=bytes(ballot.sealed))


def test_postgresql_refuses_a_ballot_of_another_size():
    evaluation = open_evaluation()

    with pytest.raises(IntegrityError, match="one size"), transaction.atomic():
        Ballot.objects.create(evaluation=evaluation, sealed=b"short")


def test_a_voter_deleted_while_it_is_open_takes_no_ballot_away():
    evaluation = voted(teaching(1, 2, 3, 4, 0, 1))
    Voter.objects.filter(pk=evaluation.voters.first().pk).delete()

    assert close_evaluation(pk=evaluation.pk)

    evaluation.refresh_from_db()
    assert (evaluation.answered, evaluation.in_box) == (5, 6)
    assert evaluation.results.get(question="teaching").answered == 6
