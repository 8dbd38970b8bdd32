"""What changed between versions of a questionnaire, and what can be said of one before it is used."""

import pytest
from django.utils import translation

from evaluations.models import Questionnaire
from evaluations.questionnaire_facts import advice, length_in_words, minutes_for
from evaluations.questions import parse
from evaluations.version_changes import ChangeKind, changes, introduction_changes
from tests.evaluations.factories import CONFIDENCE, LEARNED, TEACHING, options, question, questionnaire

pytestmark = pytest.mark.django_db

USED = question("single", "used", "Har du brugt det?", options=options("Ja", "Nej"))


@pytest.fixture(autouse=True)
def in_danish_without_standard_sets():
    Questionnaire.objects.all().delete()
    with translation.override("da"):
        yield


def changed(before, after):
    found = changes(questionnaire(*before), questionnaire(*after))
    return [(change.kind, change.name) for change in found]


def test_nothing_changed():
    assert changed([TEACHING, LEARNED], [TEACHING, LEARNED]) == []


def test_what_is_new_removed_and_moved():
    assert changed([TEACHING, LEARNED], [TEACHING, USED, LEARNED]) == [(ChangeKind.ADDED, "used")]
    assert changed([TEACHING, LEARNED], [LEARNED]) == [(ChangeKind.REMOVED, "teaching")]
    # The one that moved is told, not all that it passed.
    assert changed([TEACHING, LEARNED, CONFIDENCE], [CONFIDENCE, TEACHING, LEARNED]) == [
        (ChangeKind.MOVED, "confidence")
    ]


def test_a_change_tells_what_stood_and_what_stands():
    reworded = question("single", "used", "Har du fået brugt det?", options=options("Ja", "Nej"), required=True)

    [change] = changes(questionnaire(USED), questionnaire(reworded))

    assert [(each.what, each.before, each.after) for each in change.details] == [
        ("Spørgsmål på dansk", "Har du brugt det?", "Har du fået brugt det?"),
        ("Skal besvares", "Nej", "Ja"),
    ]
    assert not change.breaks


def test_another_number_of_answers_breaks_the_comparison():
    three = question("single", "used", "Har du brugt det?", options=options("Ja", "Lidt", "Nej"))
    text = question("text", "used", "Har du brugt det?")

    assert changes(questionnaire(USED), questionnaire(three))[0].breaks
    assert changes(questionnaire(USED), questionnaire(text))[0].breaks


def test_another_number_of_rows_breaks_the_comparison_of_a_matrix():
    """As in the results (figures.question_key)."""
    goals = ["Planlægge", "Lede", "Følge op"]
    before, after = (
        question("matrix", "goals", "Hvor godt kan du?", rows=options(*rows), options=options("Lidt", "Meget"))
        for rows in (goals[:2], goals)
    )

    assert changes(questionnaire(before), questionnaire(after))[0].breaks


def test_conditions_are_told_by_the_numbers_that_the_editor_takes():
    def why(answers):
        return question("text", "why", "Hvorfor?", show_if={"question": "used", "answers": answers})

    [change] = changes(questionnaire(USED, why("1")), questionnaire(USED, why("1-2")))

    assert [(each.before, each.after) for each in change.details] == [("used: 1", "used: 1, 2")]


def test_the_introduction_is_compared():
    found = introduction_changes(questionnaire(USED, introduction_da="Før"), questionnaire(USED, introduction_da="Nu"))

    assert [(each.before, each.after) for each in found] == [("Før", "Nu")]


def test_missing_english_is_counted():
    said = advice(questionnaire(question("text", "why", "Hvorfor?", help_da="Kort", en="Why?")))

    assert said == ["1 tekst mangler på engelsk. Den, der læser på engelsk, ser den på dansk."]


def test_an_author_is_told_of_a_name_that_means_another_question_elsewhere():
    questionnaire(CONFIDENCE, title="Standarden", is_standard=True)
    scale = question("scale", "confidence", "Hvor sikker?", options=options("Lidt", "Meget"), en="How sure?")

    said = " ".join(advice(questionnaire(scale)))

    assert "Standarden" in said
    assert "“confidence”" in said


def test_a_long_questionnaire_is_called_long():
    texts = [question("text", f"t{number}", "Hvorfor?", en="Why?") for number in range(20)]
    long = questionnaire(*texts)

    assert minutes_for(parse(long.questions)) > 6
    assert any("minutter" in said for said in advice(long))
    assert length_in_words(parse(questionnaire(USED).questions)) == "1 spørgsmål, cirka 1 minut"
