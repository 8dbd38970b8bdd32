"""Frequent words in texts, by counting: in how many texts a word occurs, however often it stands in one.

1. A text is split into words of letters, small and capital alike; a hyphen joins ("co-creation"), digits part.
2. Words that say nothing by themselves (stop_words_da.txt) and single letters are left out.
3. Forms of one word are joined by PostgreSQL's own Danish stemmer: "øvelse", "øvelser" and "øvelserne" are one
   word. It is shown in the spelling that stands in most texts.
4. A word that stands in fewer than five texts is not shown.

Nothing is weighed, guessed or learned. What staff have hidden is not counted.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.db import connection

from evaluations.models.results import MIN_ANSWERS
from website.core.search import VARIANTS

WORD = re.compile(r"[^\W\d_]+(?:[-’'][^\W\d_]+)*")
SHORTEST = 2
#: Words whose forms the stemmer does not see to be one; besides those whose vowel changes (barn, børn).
IRREGULAR = {"kursus": "kurs"}
STOP_WORDS_FILE = Path(__file__).with_name("stop_words_da.txt")


@dataclass(frozen=True, slots=True)
class Word:
    """A word: `stem` joins its `forms` (the most frequent first); it stands in `texts` texts."""

    stem: str
    shown: str
    forms: tuple[str, ...]
    texts: int


@cache
def stop_words() -> frozenset[str]:
    lines = STOP_WORDS_FILE.read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.lower().split())


def spellings_in(text: str) -> set[str]:
    """Return the telling words of a text as they are written, each once."""
    silent = stop_words()
    return {word for word in set(WORD.findall(text)) if len(word) >= SHORTEST and word.lower() not in silent}


def stems_of(words: Iterable[str]) -> dict[str, str]:
    """Return what joins each word (in small letters) with its other forms. One query."""
    wanted = sorted({word.lower() for word in words})
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT word, (ts_lexize('danish_stem', word))[1] FROM unnest(%s::text[]) AS word", [wanted])
        found = dict(cursor.fetchall())
    return {word: _joined(found[word] or word) for word in wanted}


def _joined(stem: str) -> str:
    return IRREGULAR.get(stem) or VARIANTS.get(stem, (stem,))[0]


def count(texts: Iterable[str]) -> list[Word]:
    """Return the words of these texts that stand in five or more, the most frequent first. One query."""
    # A text's spellings, each once: so that the texts need not be kept.
    told = [spellings_in(text) for text in texts]
    stems = stems_of(word for spellings in told for word in spellings)
    in_texts: Counter[str] = Counter()
    spelled: dict[str, Counter[str]] = defaultdict(Counter)
    for spellings in told:
        in_texts.update({stems[word.lower()] for word in spellings})
        for word in spellings:
            spelled[stems[word.lower()]][word] += 1
    words = [_word(stem, spelled[stem], number) for stem, number in in_texts.items() if number >= MIN_ANSWERS]
    return sorted(words, key=lambda word: (-word.texts, word.shown))


def _word(stem: str, spelled: Mapping[str, int], texts: int) -> Word:
    """Return the word in its most frequent spelling: with a capital only if nobody writes it without."""
    forms: Counter[str] = Counter()
    has_small = any(word == word.lower() for word in spelled)
    for word, number in spelled.items():
        forms[word.lower() if has_small else word] += number
    ordered = sorted(forms, key=lambda form: (-forms[form], len(form), form))
    return Word(stem, ordered[0], tuple(ordered), texts)


def holding(stem: str, texts: Iterable[tuple[Any, str]]) -> tuple[list[Any], set[str]]:
    """Return the keys of the (key, text) in which a form of the word stands, and the forms. One query."""
    told = [(key, {word.lower() for word in spellings_in(text)}) for key, text in texts]
    stems = stems_of(word for _key, spellings in told for word in spellings)
    forms = {word for word, found in stems.items() if found == stem}
    return [key for key, spellings in told if not forms.isdisjoint(spellings)], forms


def pieces(text: str, forms: Iterable[str]) -> list[tuple[str, bool]]:
    """Return the text in pieces, each with whether it is one of these forms (in small letters)."""
    wanted, made, at = {form.lower() for form in forms}, [], 0
    for match in WORD.finditer(text):
        if match[0].lower() in wanted:
            made += [(text[at : match.start()], False), (match[0], True)]
            at = match.end()
    made.append((text[at:], False))
    return [(piece, is_word) for piece, is_word in made if piece]
