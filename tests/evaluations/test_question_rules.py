"""What makes a questionnaire one that can be answered, and where in the editor it says what is wrong."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation
from wagtail.blocks import StreamBlockValidationError

from evaluations.enums import Moment
from evaluations.models import Questionnaire
from tests.evaluations.factories import CONFIDENCE, LEARNED, PRESENTER, TEACHING, options, question

FIELD = Questionnaire._meta.get_field("questions")
SINGLE = question("single", "used", "Har du brugt det?", options=options("Ja", "Nej"))
MUNICIPALITY = question("municipality", "where", "Hvilken kommune?")
MATRIX = question(
    "matrix", "goals", "Mål", rows=options("Viden", "Færdigheder"), options=options("Lidt", "Noget", "Meget")
)


def stream(*questions):
    return FIELD.to_python(list(questions))


def why(answers, earlier="used", **more):
    return question("text", "why", "Hvorfor?", show_if={"question": earlier, "answers": answers}, **more)


def errors(*questions):
    """Return the errors of the block as pairs (place and fields, message)."""
    with pytest.raises(StreamBlockValidationError) as caught:
        FIELD.stream_block.clean(stream(*questions))
    return dict(_flat(caught.value.as_json_data()))


def _flat(data, path=()):
    for message in data.get("messages", ()):
        yield path, str(message)
    for place, below in data.get("blockErrors", {}).items():
        yield from _flat(below, (*path, place))


def moment_errors(moment, *questions, **fields):
    made = Questionnaire(title="X", moment=moment, questions=stream(*questions), **fields)
    with pytest.raises(ValidationError) as caught:
        made.clean()
    found = caught.value.error_dict
    if "questions" not in found:
        return set(found)
    return dict(_flat(found["questions"][0].as_json_data()))


def is_fine(*questions):
    return bool(FIELD.stream_block.clean(stream(*questions)))


def test_every_kind_of_question_may_stand_in_one():
    assert is_fine(TEACHING, CONFIDENCE, SINGLE, question("multiple", "m", "M", options=options("a", "b")), MATRIX)
    assert is_fine(LEARNED, PRESENTER, MUNICIPALITY)


def test_a_name_stands_once():
    assert list(errors(TEACHING, LEARNED, TEACHING)) == [(2, "name")]


@pytest.mark.parametrize("name", ["Confidence", "7up", "med mellemrum", "æble", "a-b", ""])
def test_a_name_is_one_that_results_and_conditions_can_use(name):
    assert list(errors(question("text", name, "Hvorfor?"))) == [(0, "name")]


def test_a_question_says_something_in_danish_and_may_lack_english():
    assert list(errors(question("text", "why", "", en="Why?"))) == [(0, "da")]
    assert is_fine(question("text", "why", "Hvorfor?", en=""))
    half_english = [{"da": "", "en": "Yes"}, {"da": "Nej"}]
    assert list(errors(question("single", "a", "A", options=half_english))) == [(0, "options", 0, "da")]


def test_a_choice_is_between_two_or_more_that_differ():
    assert list(errors(question("single", "a", "A", options=options("Ja")))) == [(0, "options")]
    assert list(errors(question("single", "a", "A", options=options("Ja", "Nej", " ja ")))) == [(0, "options", 2, "da")]


def test_all_errors_are_told_at_once():
    told = errors(question("text", "first", ""), TEACHING, TEACHING, why("9", earlier="teaching"))

    assert set(told) == {(0, "da"), (2, "name"), (3, "show_if", "answers")}


@pytest.mark.parametrize("answers", ["1", "1, 2", "1-2", "1–2", " 2 "])
def test_a_condition_names_answers_of_an_earlier_question(answers):
    assert is_fine(SINGLE, why(answers))


def test_a_condition_on_a_number_names_the_number_itself():
    assert is_fine(CONFIDENCE, why("0-6, 10", earlier="confidence"))
    assert list(errors(CONFIDENCE, why("0-11", earlier="confidence"))) == [(1, "show_if", "answers")]


@pytest.mark.parametrize("answers", ["0", "3", "1-3", "2-1", "ja", "1;2", "1,", "-1", "100", "1 2"])
def test_numbers_that_are_no_answers_are_refused(answers):
    assert list(errors(SINGLE, why(answers))) == [(1, "show_if", "answers")]


@pytest.mark.parametrize(
    ("earlier", "said"),
    [("later", "does not stand above"), ("why", "does not stand above"), ("nowhere", "There are: used")],
)
def test_a_condition_is_about_an_earlier_question(earlier, said):
    later = question("single", "later", "Senere", options=options("Ja", "Nej"))
    with translation.override("en"):
        told = errors(SINGLE, why("1", earlier=earlier), later)

    assert list(told) == [(1, "show_if", "question")]
    assert said in told[1, "show_if", "question"]


@pytest.mark.parametrize("about", [LEARNED, MATRIX, MUNICIPALITY, PRESENTER], ids=lambda each: each["value"]["name"])
def test_what_gives_no_one_answer_is_no_condition(about):
    told = errors(about, why("1", earlier=about["value"]["name"]))

    assert list(told) == [(1, "show_if", "question")]


def test_half_a_condition_is_refused():
    assert list(errors(SINGLE, why(""))) == [(1, "show_if", "answers")]
    assert list(errors(SINGLE, why("1", earlier=""))) == [(1, "show_if", "question")]


def test_there_is_something_to_answer():
    assert list(errors(question("section", "", "Overskrift"))) == [()]


def test_the_municipality_is_asked_for_once_and_in_surveys_only():
    other = question("municipality", "again", "Og igen?")

    assert list(errors(MUNICIPALITY, TEACHING, other)) == [(2,)]
    assert list(moment_errors(Moment.END, TEACHING, MUNICIPALITY)) == [(1,)]
    Questionnaire(title="X", moment=Moment.SURVEY, questions=stream(MUNICIPALITY, TEACHING)).clean()


@pytest.mark.parametrize("about", ["presenter", "day"])
def test_a_survey_has_neither_presenters_nor_days(about):
    told = moment_errors(Moment.SURVEY, TEACHING, question("text", "why", "Hvorfor?", about=about))

    assert list(told) == [(1, "about")]
    Questionnaire(title="X", moment=Moment.END, questions=stream(question("text", "w", "H", about=about))).clean()


def test_a_survey_has_no_standard_and_no_kind_of_course():
    told = moment_errors(Moment.SURVEY, TEACHING, is_standard=True, course_kind="one_day")

    assert told == {"is_standard", "course_kind"}
