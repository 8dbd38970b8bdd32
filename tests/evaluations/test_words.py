"""Words are counted plainly: in how many texts, forms together, and never fewer than five."""

import pytest

from evaluations.results import words

pytestmark = pytest.mark.django_db


def counted(*texts):
    return {word.shown: word.texts for word in words.count(texts)}


def test_a_word_counts_once_for_each_text_however_often_it_stands_there():
    assert counted(*["Øvelser, øvelser og atter øvelser"] * 5) == {"øvelser": 5, "atter": 5}


def test_a_word_in_four_texts_is_not_shown():
    assert counted(*["god pause"] * 4, "pause") == {"pause": 5}
    assert counted(*["god pause"] * 4) == {}


def test_forms_of_a_word_are_joined_and_shown_in_the_most_frequent_spelling():
    texts = ["øvelserne", "Øvelserne", "øvelserne", "øvelse", "øvelser"]
    [word] = words.count(texts)
    assert (word.shown, word.texts) == ("øvelserne", 5)
    assert set(word.forms) == {"øvelserne", "øvelse", "øvelser"}


def test_a_capital_stands_only_where_nobody_writes_it_small():
    assert counted("Oplægget", "Oplægget", "Oplægget", "Oplægget", "oplæg") == {"oplægget": 5}
    assert counted(*["Aarhus"] * 5) == {"Aarhus": 5}


@pytest.mark.parametrize(
    "forms",
    [
        ("kursus", "kurset", "kurser", "kurserne", "Kursus"),
        ("barn", "børn", "børnene", "barnet", "børn"),
        ("borger", "borgere", "borgerne", "borgers", "Borgerne"),
        ("årsag", "årsager", "årsagen", "årsagerne", "Årsag"),
        ("ærlig", "ærlige", "ærligt", "Ærlig", "ærlig"),
    ],
)
def test_danish_inflections_are_one_word(forms):
    [word] = words.count(forms)
    assert word.texts == 5


def test_hyphens_join_and_words_with_letters_of_other_languages_stay_whole():
    assert counted(*["Co-creation på bibliotek-cafeen, idé nr. 2 – à la carte"] * 5) == {
        "Co-creation": 5,
        "bibliotek-cafeen": 5,
        "idé": 5,
        "nr": 5,
        "la": 5,
        "carte": 5,
    }
    assert counted(*["kommune- og frivilligarbejde"] * 5) == {"kommune": 5, "frivilligarbejde": 5}


def test_words_that_say_nothing_are_left_out_whatever_their_case():
    assert counted(*["Det var rigtigt, OG jeg er ikke i tvivl"] * 5) == {"rigtigt": 5, "tvivl": 5}


def test_markup_numbers_and_signs_are_no_words():
    assert counted(*["<b>pause</b> 12.30 :-) 100 % _ ''"] * 5) == {"pause": 5}
    assert counted("", " ", "…") == {}


def test_the_most_frequent_come_first_and_then_the_alphabet():
    found = [word.shown for word in words.count(["pause mad"] * 5 + ["mad film"] * 5)]
    assert found == ["mad", "film", "pause"]


def test_the_texts_of_a_word_are_found_by_any_of_its_forms():
    texts = [(1, "Gode øvelser"), (2, "En øvelse mere"), (3, "Intet"), (4, "Øvelsesrum")]
    [stem] = words.stems_of(["øvelse"]).values()
    assert words.holding(stem, texts) == ([1, 2], {"øvelser", "øvelse"})


def test_a_text_is_marked_where_the_word_stands_and_nowhere_else():
    assert words.pieces("Øvelser? <b>Mere</b> øvelse!", {"øvelser", "øvelse"}) == [
        ("Øvelser", True),
        ("? <b>Mere</b> ", False),
        ("øvelse", True),
        ("!", False),
    ]
    assert words.pieces("", {"x"}) == []


def test_counting_takes_one_query_however_many_texts(django_assert_num_queries):
    with django_assert_num_queries(1):
        words.count(f"tekst nummer {'abcdefghij'[n % 10]}ord" for n in range(50))
    with django_assert_num_queries(1):
        words.count(f"tekst nummer {'abcdefghij'[n % 10]}ord {n}" for n in range(500))
