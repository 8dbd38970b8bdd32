"""A small Danish search over pages, in one query and without extensions of PostgreSQL.

What the dictionary stemmer misses is what Danish readers type: *kursus* for *kurser*, *ledelse* for
*skoleledelse*, *Aarhus* for *Århus*. So, in words:

1. A word of the query loses its ending ("kursus", "kurser" and "kurserne" all become "kurs").
2. What is left must stand in the page: inside words too when it is four letters or more (compounds),
   else at the start of a word. Every word of the query must be found.
3. Small and capital letters are alike, and so are "aa" and "å", "e" and "é" and their like.
4. A hit in the title counts more than one in the introduction, and that more than one in the body.

Each word becomes a regular expression that PostgreSQL looks for in the pages themselves. Nothing is
stored beside them, so nothing can be out of date. 500 pages of 5 KB take some 40 ms a word (folding
their text instead, by `translate`, took ten times that).
"""

import re
from collections.abc import Iterable
from functools import cache

from django.apps import apps
from django.db import models
from django.db.models import Case, CharField, Expression, F, Func, IntegerField, Q, TextField, Value, When
from django.db.models.functions import Cast
from wagtail.fields import StreamField
from wagtail.models import Page
from wagtail.search import index

LONGEST = 100
MOST_WORDS = 8
SHORTEST_STEM = 4

STOP_WORDS = frozenset(
    [
        "af",
        "at",
        "den",
        "der",
        "det",
        "de",
        "du",
        "en",
        "er",
        "et",
        "for",
        "fra",
        "han",
        "hun",
        "i",
        "ikke",
        "jeg",
        "man",
        "med",
        "men",
        "og",
        "om",
        "på",
        "sig",
        "som",
        "til",
        "ved",
        "vi",
    ]
)
# The longest first: "lederne" loses "erne", not only "e".
ENDINGS = ("ernes", "erne", "enes", "eres", "ers", "ene", "ens", "ets", "ere", "us", "er", "en", "et", "es", "e", "s")
# Vowels that change in the plural; either form finds both.
CHANGING = [
    ("barn", "børn"),
    ("mand", "mænd"),
    ("bog", "bøg"),
    ("kraft", "kræft"),
    ("hånd", "hænd"),
    ("fod", "fødd"),
    ("nat", "nætt"),
    ("mor", "mødr"),
    ("far", "fædr"),
    ("bror", "brødr"),
]
VARIANTS = {form: pair for pair in CHANGING for form in pair}
# Letters that count as one. The words that a query is made of are folded to the first of each group.
ALIKE = {"e": "éèêë", "a": "áàâ", "æ": "ä", "ø": "ö", "y": "ü", "u": "úù", "o": "óòô", "i": "íìîï"}
_FOLD = str.maketrans({other: letter for letter, others in ALIKE.items() for other in others})
# How a letter of a stem is looked for. Both cases are named: not every locale of PostgreSQL knows them.
_CLASSES = {letter: f"[{letter}{letter.upper()}{others}{others.upper()}]" for letter, others in ALIKE.items()}
_CLASSES["å"] = "(?:[åÅ]|aa)"
# A line break of a text kept as JSON is a backslash and an "n".
WORD_START = r"(?:\m|\\n)"
NOT_IN_A_TAG = "(?![^<>]*>)"


def fold(text: str) -> str:
    """Return `text` in small letters, "aa" as "å" and accents off."""
    return text.lower().replace("aa", "å").translate(_FOLD)


def stems(text: str) -> list[tuple[str, ...]]:
    """Return, for each word of a query, the forms of which one must be found. Empty: nothing to search for."""
    words = re.findall(r"\w+", fold(text.replace("\x00", " ")[:LONGEST]).replace("_", " "))
    words = list(dict.fromkeys(words))[:MOST_WORDS]
    telling = [word for word in words if word not in STOP_WORDS] or words
    return list(dict.fromkeys(_forms(word) for word in telling))


def _forms(word: str) -> tuple[str, ...]:
    bare = next(
        (word[: -len(end)] for end in ENDINGS if word.endswith(end) and len(word) - len(end) >= SHORTEST_STEM), word
    )
    for candidate in (bare, word):
        if candidate in VARIANTS:
            return VARIANTS[candidate]
    return (bare,)


class StreamText(Func):
    """The strings of a StreamField, without its keys, ids and addresses."""

    template = (
        'jsonb_path_query_array(%(expressions)s, \'$.** ? (@.type() == "object").keyvalue() ? '
        '(@.value.type() == "string" && @.key != "id" && @.key != "type" && @.key != "style" && @.key != "url")'
        ".value')::text"
    )
    output_field = TextField()


@cache
def _columns(model: type[Page]) -> tuple[tuple[str, ...], tuple[tuple[str, bool], ...]]:
    """Return where `model` and its subclasses keep text: introductions, and (column, is a stream) of the rest."""
    introductions, rest = [], []
    kinds = [kind for kind in apps.get_models() if issubclass(kind, model)]
    seen = set()
    for kind in kinds:
        wanted = {field.field_name for field in kind.get_search_fields() if isinstance(field, index.SearchField)}
        for field in kind._meta.get_fields():
            if not isinstance(field, (CharField, TextField, StreamField)) or field.name not in wanted:
                continue
            if field.model is Page or field in seen:
                continue
            seen.add(field)
            path = _path(model, field.model) + field.name
            if field.name == "introduction":
                introductions.append(path)
            else:
                rest.append((path, isinstance(field, StreamField)))
    return tuple(introductions), tuple(rest)


def _path(base: type[Page], owner: type[models.Model]) -> str:
    """Return the lookup prefix from `base` to the table of `owner`, a subclass or a parent of it."""
    if issubclass(base, owner):
        return ""
    chain = [kind for kind in reversed(owner.__mro__) if isinstance(kind, models.base.ModelBase)]
    below = [kind for kind in chain if issubclass(kind, base) and kind is not base and not kind._meta.abstract]
    return "".join(f"{kind._meta.model_name}__" for kind in below)


def pattern(forms: tuple[str, ...], *, word_start: bool = False, markup: bool = False) -> str:
    """Return the regular expression (PostgreSQL's) that finds one of `forms`, which hold letters and digits only.

    `word_start`: only at the start of a word, where short stems are looked for in any case. `markup`: not in tags.
    """
    found = []
    for form in forms:
        letters = "".join(_CLASSES.get(letter, letter) for letter in form)
        found.append((WORD_START if word_start or len(form) < SHORTEST_STEM else "") + letters)
    return f"(?:{'|'.join(found)}){NOT_IN_A_TAG if markup else ''}"


def search_pages(queryset: models.QuerySet, text: str) -> models.QuerySet:
    """Return the pages of `queryset` that hold every word of `text`, the best first.

    In: any queryset of `Page` or a subclass, and what a person typed (of any length and content).
    Out: the same queryset filtered, annotated with `search_rank` and ordered by it and the title.
    Words that say nothing (no letter or digit) find nothing.

    The text is read once a query: to both count and show, fetch the keys and count those.
    """
    words = stems(text)
    if not words:
        return queryset.none()
    introductions, rest = _columns(queryset.model)
    texts = [path for path, is_stream in rest if not is_stream]
    streams = [path for path, is_stream in rest if is_stream]
    for number, path in enumerate(streams):
        queryset = queryset.alias(
            **{f"_json{number}": Cast(F(path), TextField()), f"_stream{number}": StreamText(F(path))}
        )
    rank: Expression | None = None
    for forms in words:
        plain, marked_up = pattern(forms), pattern(forms, markup=True)
        in_title = Q(title__iregex=plain)
        in_introduction = _any(introductions, plain)
        in_body = _any(texts, marked_up)
        for number, _ in enumerate(streams):
            # The stored JSON is looked through first: taking its strings out costs twice as much.
            in_body |= Q(**{f"_json{number}__iregex": plain}) & Q(**{f"_stream{number}__iregex": marked_up})
        queryset = queryset.filter(in_title | in_introduction | in_body)
        points = Case(
            When(title__iregex=pattern(forms, word_start=True), then=Value(8)),
            When(in_title, then=Value(5)),
            When(in_introduction, then=Value(3)),
            default=Value(1),
            output_field=IntegerField(),
        )
        rank = points if rank is None else rank + points
    return queryset.annotate(search_rank=rank).order_by("-search_rank", "title", "pk")


def _any(columns: Iterable[str], expression: str) -> Q:
    found = Q(pk__in=[])
    for column in columns:
        found |= Q(**{f"{column}__iregex": expression})
    return found
