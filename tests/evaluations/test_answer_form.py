"""What people fill in becomes a ballot: every kind of question, conditions, and what nobody's browser sends."""

import pytest
from django.http import QueryDict
from django.utils import translation

from evaluations.enums import Moment
from evaluations.forms import AnswerForm
from evaluations.models import Evaluation
from evaluations.questions import MAX_TEXT, NO_OPINION
from tests.evaluations.answer_helpers import values_of
from tests.evaluations.factories import CONFIDENCE, LEARNED, PRESENTER, TEACHING, options, question, questionnaire

pytestmark = pytest.mark.django_db

USE = question("single", "use", "Vil du bruge det?", options=options("Ja", "Måske", "Nej"))
WHY_NOT = question("text", "why_not", "Hvorfor ikke?", show_if={"question": "use", "answers": "2, 3"}, required=True)
TOOLS = question("multiple", "tools", "Hvad vil du bruge?", options=options("Dialog", "Kort", "Spil"))
GOALS = question(
    "matrix", "goals", "Målene", rows=options("Viden", "Mod"), options=options("Nej", "Lidt", "Ja"), no_opinion=True
)
MUNICIPALITY = question("municipality", "municipality", "Hvilken kommune kommer du fra?", required=True)
#: Two presenters and a day, as an open evaluation stores them.
SUBJECTS = [
    {"key": "p1", "about": "presenter", "id": 1, "label": "Lotte"},
    {"key": "p2", "about": "presenter", "id": 2, "label": "Lone"},
    {"key": "d2027-03-04", "about": "day", "id": 3, "label": "4. marts 2027"},
]


def form_of(*questions, sent: str | None = None, group: str = "", **fields) -> AnswerForm:
    evaluation = Evaluation(
        questionnaire=questionnaire(*questions, moment=fields.get("moment", Moment.END)), subjects=SUBJECTS
    )
    return AnswerForm(evaluation, QueryDict(sent.encode()) if sent is not None else None, group=group)


def paper_of(*questions, sent: str) -> dict:
    form = form_of(*questions, sent=sent)
    assert form.is_valid(), form.errors
    return values_of(form.paper())


def test_every_kind_of_question_becomes_an_answer_of_its_own():
    sent = (
        "q-teaching=3&q-confidence=10&q-presenter-p1=0&q-presenter-p2=2&q-learned=At+lytte"
        "&q-use=1&q-tools=2&q-tools=0&q-goals-r0=2&q-goals-r1=-1"
    )

    answers = paper_of(TEACHING, CONFIDENCE, PRESENTER, LEARNED, USE, TOOLS, GOALS, sent=sent)

    assert answers == {
        "teaching": 3,
        "confidence": 10,
        "presenter/p1": 0,
        "presenter/p2": 2,
        "learned": "At lytte",
        "use": 1,
        "tools": (0, 2),
        "goals#0": 2,
        "goals#1": NO_OPINION,
    }


def test_what_is_left_out_stands_nowhere_on_the_ballot():
    assert paper_of(TEACHING, CONFIDENCE, LEARNED, sent="q-confidence=0&q-learned=+%0A+&q-teaching=") == {
        "confidence": 0
    }


def test_half_an_answer_is_an_answer_but_none_at_all_is_not():
    assert form_of(TEACHING, LEARNED, sent="q-teaching=1").is_valid()
    form = form_of(TEACHING, LEARNED, sent="q-learned=++")
    assert form.non_field_errors() == ["Du har ikke svaret på noget endnu."]


def test_what_must_be_answered_is_asked_for_by_its_own_words():
    form = form_of({**USE, "value": {**USE["value"], "required": True}}, TEACHING, sent="q-teaching=1")

    assert form.errors == {"q-use": ["Vælg et svar til “Vil du bruge det?”."]}


def test_a_question_whose_condition_is_not_met_is_neither_required_nor_kept():
    assert paper_of(USE, WHY_NOT, sent="q-use=0&q-why_not=Skrevet+før+jeg+ombestemte+mig") == {"use": 0}


def test_a_question_whose_condition_is_met_is_required():
    form = form_of(USE, WHY_NOT, sent="q-use=2&q-why_not=")

    assert form.errors == {"q-why_not": ["Skriv et svar til “Hvorfor ikke?”."]}


def test_what_is_wrong_in_a_question_that_is_not_asked_holds_nobody_back():
    assert paper_of(USE, WHY_NOT, sent=f"q-use=0&q-why_not={'a' * (MAX_TEXT + 1)}") == {"use": 0}


def test_a_condition_on_a_question_that_was_not_asked_itself_is_not_met():
    then = question("text", "then", "Og så?", show_if={"question": "obstacles", "answers": "1"})
    obstacles = question(
        "multiple", "obstacles", "Hvad er i vejen?", options=options("Tid"), show_if={"question": "use", "answers": "3"}
    )

    assert paper_of(USE, obstacles, then, sent="q-use=0&q-obstacles=0&q-then=Nej") == {"use": 0}
    assert paper_of(USE, obstacles, then, sent="q-use=2&q-obstacles=0&q-then=Nej") == {
        "use": 2,
        "obstacles": (0,),
        "then": "Nej",
    }


def test_a_condition_about_a_presenter_goes_by_what_was_said_of_that_one():
    better = question(
        "text", "better", "Hvad kunne være bedre?", about="presenter", show_if={"question": "presenter", "answers": "1"}
    )
    sent = "q-presenter-p1=0&q-presenter-p2=2&q-better-p1=Tempoet&q-better-p2=Intet"

    assert paper_of(PRESENTER, better, sent=sent) == {"presenter/p1": 0, "presenter/p2": 2, "better/p1": "Tempoet"}


def test_a_condition_is_told_in_words_for_whoever_has_no_script():
    low = question("text", "low", "Hvad mangler?", show_if={"question": "confidence", "answers": "0-4, 6"})
    asked = list(form_of(USE, CONFIDENCE, WHY_NOT, low).asked())

    assert asked[2].only_if == "Kun hvis du svarer “Måske” eller “Nej” til “Vil du bruge det?”"
    assert asked[3].only_if == "Kun hvis du svarer 0–4 eller 6 til “Hvor sikker er du på, at du kan bruge det?”"


@pytest.mark.parametrize(
    "value", ["11", "-1", "-2", "3.0", "1e1", " 3", "３", "ja", "9" * 400, "None", "[3]", "\u202e3"]
)
def test_what_cannot_be_chosen_is_refused(value):
    form = form_of(CONFIDENCE, sent=f"q-confidence={value}&q-x=1")

    assert form.errors == {"q-confidence": ["Vælg et af svarene."]}


@pytest.mark.parametrize("value", ["5", "-2", "x"])
def test_an_option_that_is_not_offered_is_refused(value):
    assert "q-teaching" in form_of(TEACHING, sent=f"q-teaching={value}").errors
    assert "q-tools" in form_of(TOOLS, sent=f"q-tools=0&q-tools={value}").errors
    assert "q-goals-r1" in form_of(GOALS, sent=f"q-goals-r1={value}").errors


def test_no_opinion_is_only_for_questions_that_offer_it():
    assert paper_of(TEACHING, sent="q-teaching=-1") == {"teaching": NO_OPINION}
    assert "q-use" in form_of(USE, sent="q-use=-1").errors


def test_fields_that_were_never_asked_are_not_kept():
    assert paper_of(TEACHING, sent="q-teaching=1&q-teaching-p9=2&q-goals-r7=1&name=Anna&q-=3") == {"teaching": 1}


def test_a_repeated_field_is_refused_where_one_answer_is_meant_and_counts_once_where_it_says_the_same():
    assert form_of(TEACHING, sent="q-teaching=1&q-teaching=2").errors == {"q-teaching": ["Vælg kun ét svar."]}
    assert paper_of(TEACHING, sent="q-teaching=1&q-teaching=1") == {"teaching": 1}
    assert paper_of(TOOLS, sent="q-tools=1&q-tools=1") == {"tools": (1,)}
    assert paper_of(LEARNED, sent="q-learned=Først&q-learned=Så") == {"learned": "Først\nSå"}


def test_a_text_may_be_as_long_as_it_says_and_not_a_sign_longer():
    assert paper_of(LEARNED, sent=f"q-learned={'å' * MAX_TEXT}") == {"learned": "å" * MAX_TEXT}
    form = form_of(LEARNED, sent=f"q-learned={'å' * (MAX_TEXT + 1)}")
    assert form.errors == {"q-learned": ["Skriv højst 2000 tegn. Der er 1 for meget."]}


def test_a_megabyte_of_text_is_kept_in_the_form_with_the_limit_beside_it():
    form = form_of(LEARNED, sent=f"q-learned={'a' * 1_000_000}")

    assert form.errors == {"q-learned": ["Skriv højst 2000 tegn. Der er 998000 for mange."]}
    assert len(form["q-learned"].value()) == 1_000_000


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("Nul%00tegn", "Nultegn"),
        ("To%0D%0Alinjer%0Dog en", "To\nlinjer\nog en"),
        ("a\u202egnor\u202cb", "agnorb"),
        ("e\u0301n", "én"),
        ("👩‍👧 er her", "👩‍👧 er her"),
        ("%ED%A0%80 halv", "��� halv"),
        ("=1+1", "=1+1"),
    ],
)
def test_odd_signs_stay_text(typed, kept):
    assert paper_of(LEARNED, sent=f"q-learned={typed.replace('+', '%2B')}") == {"learned": kept}


def test_the_longest_paper_fits_on_the_ballot():
    from evaluations.ballots import pack, size_for

    many = question("multiple", "many", "Hvad?", options=options(*(f"Svar {n}" for n in range(20))))
    sent = f"q-learned={'%F0%9F%98%80' * MAX_TEXT}&q-teaching=4&q-goals-r0=2&q-goals-r1=2&"
    form = form_of(LEARNED, TEACHING, GOALS, many, sent=sent + "&".join(f"q-many={n}" for n in range(20)))

    assert form.is_valid(), form.errors
    assert len(pack(form.paper(), size_for(form.items))) == size_for(form.items)


class TestMunicipality:
    def test_is_chosen_in_a_survey_and_stands_apart_from_the_answers(self):
        form = form_of(MUNICIPALITY, TEACHING, sent="q-municipality=0751&q-teaching=1")

        assert form.is_valid(), form.errors
        assert form.paper().group == "0751"
        assert values_of(form.paper()) == {"teaching": 1}

    def test_is_chosen_among_all_98_in_danish_order(self):
        choices = next(form_of(MUNICIPALITY).asked()).field.choices

        assert len(choices) == 1 + 98
        assert [choice.label for choice in choices[-2:]] == ["Aalborg Kommune", "Aarhus Kommune"]

    def test_is_not_asked_where_the_invitation_tells_it(self):
        form = form_of(MUNICIPALITY, TEACHING, sent="q-teaching=1&q-municipality=0101", group="0751")

        assert form.is_valid(), form.errors
        assert "q-municipality" not in form.fields
        assert form.paper().group == "0751"

    def test_is_never_kept_where_the_questionnaire_does_not_ask(self):
        form = form_of(TEACHING, sent="q-teaching=1", group="0751")

        assert form.is_valid()
        assert form.paper().group == ""

    def test_that_is_unknown_is_refused(self):
        assert form_of(MUNICIPALITY, TEACHING, sent="q-municipality=9999&q-teaching=1").errors == {
            "q-municipality": ["Vælg en kommune på listen."]
        }


class TestLayout:
    def test_gathers_questions_about_presenters_by_presenter(self):
        more = question("text", "more", "Andet?", about="presenter")
        asked = [(each.text, each.subject.label) for each in form_of(TEACHING, PRESENTER, more).asked()]

        assert asked == [
            ("Hvor tilfreds er du med undervisningen?", ""),
            ("Hvor god var underviseren?", "Lotte"),
            ("Andet?", "Lotte"),
            ("Hvor god var underviseren?", "Lone"),
            ("Andet?", "Lone"),
        ]

    def test_numbers_questions_and_not_rows(self):
        assert [each.number for each in form_of(TEACHING, GOALS, LEARNED).asked()] == [1, 2, 3]

    def test_says_what_is_optional_only_where_something_is_not(self):
        must = {**TEACHING, "value": {**TEACHING["value"], "required": True}}

        assert [each.is_marked_optional for each in form_of(must, LEARNED).asked()] == [False, True]
        assert form_of(TEACHING, LEARNED).is_all_optional
        assert not any(each.is_marked_optional for each in form_of(TEACHING, LEARNED).asked())

    def test_tells_danish_words_in_an_english_page_apart(self):
        bilingual = question("scale", "pace", "Tempoet?", en="The pace?", options=[{"da": "Lavt", "en": "Slow"}] * 2)
        with translation.override("en"):
            asked = list(form_of(bilingual, TEACHING).asked())
            assert [(each.text, each.lang) for each in asked] == [("The pace?", ""), (TEACHING["value"]["da"], "da")]
            assert asked[0].field.choices[0].label == "Slow"

    def test_is_the_same_set_of_questions_in_both_languages_and_another_after_a_change(self):
        form = form_of(TEACHING)
        with translation.override("en"):
            assert form_of(TEACHING).seen == form.seen
        assert form_of(USE).seen != form.seen


def test_a_preview_has_made_up_presenters_and_days():
    form = AnswerForm.for_preview(questionnaire(TEACHING, PRESENTER))

    assert [each.subject.label for each in form.asked()] == ["", "Underviser 1", "Underviser 2"]


def test_what_was_typed_is_given_back_with_its_questions():
    form = form_of(TEACHING, PRESENTER, TOOLS, GOALS, LEARNED, sent="q-teaching=4&q-presenter-p1=2&q-tools=0&q-tools=2")

    assert form.what_was_typed() == [
        ("Hvor tilfreds er du med undervisningen?", "Meget tilfreds"),
        ("Hvor god var underviseren? – Lotte", "God"),
        ("Hvad vil du bruge?", "Dialog, Spil"),
    ]
