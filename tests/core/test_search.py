"""Danish search finds what people mean, in one query, and shrugs at nonsense."""

import json

import pytest
from wagtail.models import Page

from courses.models import CoursePage
from tests.factories import ArticlePageFactory, CoursePageFactory
from website.core.search import fold, search_pages, stems

pytestmark = pytest.mark.django_db


def titles(text: str, queryset=None) -> list[str]:
    queryset = Page.objects.live().filter(depth__gt=2) if queryset is None else queryset
    return [page.title for page in search_pages(queryset, text)]


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("Kurser for ledere", "kursus"),
        ("Et kursus for dig", "kurser"),
        ("Kurserne i foråret", "kursus"),
        ("Skoleledelse i praksis", "ledelse"),
        ("Frivillighed i Århus", "Aarhus"),
        ("Frivillighed i Aarhus", "århus"),
        ("Møde i AALBORG", "Ålborg"),
        ("De frivilliges vilkår", "frivillige"),
        ("Børnehaven og kommunen", "barn"),
        ("En café for alle", "cafe"),
        ("Kommunernes samarbejde", "kommune"),
        ("Ledere og medarbejdere", "leder"),
        ("Dagen (samskabelse) begynder", "samskabelse"),
    ],
)
def test_a_word_is_found_in_its_other_forms(written, typed):
    ArticlePageFactory(title=written)
    ArticlePageFactory(title="Noget helt andet")
    assert titles(typed) == [written]


def test_every_word_must_be_found_but_small_words_are_not_asked_for():
    ArticlePageFactory(title="Ledelse af frivillige")
    ArticlePageFactory(title="Ledelse")
    assert titles("ledelse og frivillige") == ["Ledelse af frivillige"]


def test_the_title_counts_more_than_the_introduction_and_that_more_than_the_body():
    body = json.dumps([{"type": "text", "value": "<p>Her står <b>partnerskab</b>.</p>"}])
    ArticlePageFactory(title="C", body=body)
    ArticlePageFactory(title="B", introduction="Om partnerskaber")
    ArticlePageFactory(title="Strategiske partnerskaber")
    assert titles("partnerskab") == ["Strategiske partnerskaber", "B", "C"]


def test_texts_of_every_page_type_are_read():
    CoursePageFactory(title="Et forløb", purpose="<p>Du lærer metastyring.</p>")
    assert titles("metastyring") == ["Et forløb"]
    assert titles("metastyring", CoursePage.objects.live()) == ["Et forløb"]


def test_markup_and_keys_of_the_body_are_not_text():
    body = json.dumps([{"type": "text", "value": "<p><strong>Ord</strong></p>", "id": "abcdabcd-0000"}])
    ArticlePageFactory(title="Side", body=body)
    assert [titles(word) for word in ("strong", "value", "abcdabcd", "type")] == [[], [], [], []]


def test_drafts_stay_out_when_the_queryset_leaves_them_out():
    ArticlePageFactory(title="Kladde om kurser", live=False)
    assert titles("kursus") == []


def test_short_words_match_only_the_start_of_a_word():
    ArticlePageFactory(title="Modul på DOL")
    ArticlePageFactory(title="Idol")
    assert titles("dol") == ["Modul på DOL"]


@pytest.mark.parametrize(
    "nonsense",
    ["", " ", "%", "_", "100 %", "'", '"; --', "\\", "\x00", "kur\x00sus", "a" * 500, "🙂", "(", "[a-", "?*+", "og"],
)
def test_nonsense_finds_nothing_and_harms_nothing(nonsense):
    ArticlePageFactory(title="Ledelse")
    assert "Ledelse" not in titles(nonsense)


def test_a_wildcard_is_a_character_like_any_other():
    ArticlePageFactory(title="Løsninger")
    assert titles("l%r") == []
    assert titles("l_r") == []
    assert titles("løs%") == ["Løsninger"]  # the sign itself says nothing


def test_a_long_query_is_cut_and_its_words_are_few():
    assert len(stems(" ".join(f"ord{number}" for number in range(500)))) <= 8


def test_python_and_postgresql_fold_alike(django_assert_num_queries):
    ArticlePageFactory(title="Æbler, Öresund, Crème og Aabenraa")
    with django_assert_num_queries(1):
        assert titles("crème öresund åbenrå æbler") == ["Æbler, Öresund, Crème og Aabenraa"]
    assert fold("Aabenraa É") == "åbenrå e"


def test_the_cost_does_not_grow_with_the_pages(django_assert_num_queries):
    for number in range(30):
        ArticlePageFactory(title=f"Kursus {number}")
    with django_assert_num_queries(1):
        assert len(titles("kurser")) == 30
