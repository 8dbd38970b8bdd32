"""Ballots: packed to one size, sealed, and opened by the worker's key alone."""

import pytest
from django.test import override_settings

from evaluations import ballots, sealing
from evaluations.exceptions import KeyMissing, KeyWrong
from evaluations.questions import MAX_TEXT, NO_OPINION, items_of, parse, subjects_of
from tests.evaluations.factories import (
    LEARNED,
    PRESENTER,
    TEACHING,
    closed_evaluation,
    open_evaluation,
    paper,
    put_in_box,
    questionnaire,
)

pytestmark = pytest.mark.django_db


def test_what_is_sealed_is_opened_as_it_was():
    evaluation = open_evaluation()
    filled = paper(("teaching", 4), ("learned", "Æbler & <b>ål</b>\n🙂"), ("confidence", NO_OPINION), group="0751")

    sealed = put_in_box(evaluation, filled).sealed

    key = sealing.evaluation_key(evaluation.sealed_key)
    assert ballots.unpack(sealing.unseal(sealed, key)) == filled
    assert "Æbler".encode() not in sealed


@pytest.mark.parametrize("sign", ["a", "å", "🙂", '"', "\x01"])
def test_the_longest_answers_fit_and_all_ballots_are_of_one_size(sign):
    asked = questionnaire(TEACHING, LEARNED)
    size = ballots.size_for(list(items_of(parse(asked.questions))))

    longest = ballots.pack(paper(("teaching", 4), ("learned", sign * MAX_TEXT)), size)

    assert len(longest) == len(ballots.pack(paper(), size)) == size


def test_another_key_opens_neither_the_evaluation_nor_a_ballot():
    evaluation = open_evaluation()
    sealed = put_in_box(evaluation, paper(("teaching", 1))).sealed

    with override_settings(EVALUATION_PRIVATE_KEYS=[sealing.new_worker_key()]), pytest.raises(KeyWrong):
        sealing.evaluation_key(evaluation.sealed_key)
    with override_settings(EVALUATION_PRIVATE_KEYS=[]), pytest.raises(KeyMissing):
        sealing.evaluation_key(evaluation.sealed_key)
    other = open_evaluation()
    with pytest.raises(ValueError):
        sealing.unseal(sealed, sealing.evaluation_key(other.sealed_key))


def test_an_older_key_beside_a_new_one_still_opens(settings):
    evaluation = open_evaluation()

    settings.EVALUATION_PRIVATE_KEYS = [sealing.new_worker_key(), *settings.EVALUATION_PRIVATE_KEYS]

    assert sealing.evaluation_key(evaluation.sealed_key).public_key.encode() == bytes(evaluation.public_key)


def test_a_question_about_presenters_is_asked_for_each_and_a_matrix_for_each_row():
    matrix = {
        "type": "matrix",
        "value": {
            "name": "goals",
            "da": "Mål",
            "rows": [{"da": "A"}, {"da": "B"}],
            "options": [{"da": "1"}, {"da": "2"}],
        },
    }
    asked = parse(questionnaire(TEACHING, PRESENTER, matrix).questions)
    subjects = subjects_of(
        [
            {"key": "p1", "about": "presenter", "id": 1, "label": "Anna"},
            {"key": "p2", "about": "presenter", "id": 2, "label": "Bo"},
            {"key": "d2026-04-23", "about": "day", "id": 3, "label": "23. april"},
        ]
    )

    assert [item.field_name for item in items_of(asked, subjects)] == [
        "q-teaching", "q-presenter-p1", "q-presenter-p2", "q-goals-r0", "q-goals-r1",
    ]  # fmt: skip


def test_a_condition_names_answers_as_people_count_them():
    after = {
        "type": "text",
        "value": {"name": "why", "da": "Hvorfor?", "show_if": {"question": "teaching", "answers": "1-2"}},
    }

    condition = parse(questionnaire(TEACHING, after).questions)[1].condition

    assert condition.is_met_by([0])
    assert not condition.is_met_by([2])


def test_a_closed_evaluation_holds_what_was_released():
    evaluation = closed_evaluation(counts={"teaching": [0, 1, 2, 3, 4]}, texts={"learned": ["a", "b", "c", "d", "e"]})

    assert evaluation.is_closed
    assert evaluation.results.get(question="learned").texts.count() == 5
