"""A small Danish search over pages, in one query and without extensions of PostgreSQL.

What the dictionary stemmer misses is what Danish readers type: *kursus* for *kurser*, *ledelse* for
*skoleledelse*, *Aarhus* for *Århus*. So, in words:

1. Text and query are folded alike: small letters, "aa" as "å", accents off.
2. A word of the query loses its ending ("kursus", "kurser" and "kurserne" all become "kurs").
3. What is left must stand in the page: inside words too when it is four letters or more (compounds),
   else at the start of a word. Every word of the query must be found.
4. A hit in the title counts more than one in the introduction, and that more than one in the body.

Nothing is stored beside the pages, so nothing can be out of date: some hundred pages are read in a
few milliseconds (tests/core/test_search.py).
"""

import re
from functools import cache

from django.apps import apps
from django.db import models
from django.db.models import Case, CharField, Expression, F, Func, IntegerField, Q, TextField, Value, When
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
FOLD_FROM, FOLD_TO = "éèêëáàâäöüúùóòôíìîï", "eeeeaaaæøyuuoooiiii"
_FOLD = str.maketrans(FOLD_FROM, FOLD_TO)


def fold(text: str) -> str:
    """Return `text` as it is compared: the same as `Folded` does in SQL."""
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


class Folded(Func):
    template = f"translate(replace(lower(%(expressions)s), 'aa', 'å'), '{FOLD_FROM}', '{FOLD_TO}')"
    output_field = TextField()


class StreamText(Func):
    """The strings of a StreamField, without its keys, ids and addresses."""

    template = (
        'jsonb_path_query_array(%(expressions)s, \'$.** ? (@.type() == "object").keyvalue() ? '
        '(@.value.type() == "string" && @.key != "id" && @.key != "type" && @.key != "style" && @.key != "url")'
        ".value')::text"
    )
    output_field = TextField()


class PlainWords(Func):
    """Columns as one text that starts with a blank, tags and line breaks turned into blanks."""

    template = r"regexp_replace(concat_ws(' ', '', %(expressions)s), '<[^>]*>|\\[nrt\"]|[[:space:]\"(]+', ' ', 'g')"
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


def _text(*columns: Expression) -> Folded:
    return Folded(PlainWords(*(columns or (Value(""),))))


def _found(field: str, forms: tuple[str, ...]) -> Q:
    hit = Q()
    for form in forms:
        # A blank before it: only at the start of a word.
        hit |= Q(**{f"{field}__contains": form if len(form) >= SHORTEST_STEM else f" {form}"})
    return hit


def search_pages(queryset: models.QuerySet, text: str) -> models.QuerySet:
    """Return the pages of `queryset` that hold every word of `text`, the best first.

    In: any queryset of `Page` or a subclass, and what a person typed (of any length and content).
    Out: the same queryset filtered, annotated with `search_rank` and ordered by it and the title.
    Words that say nothing (no letter or digit) find nothing.
    """
    words = stems(text)
    if not words:
        return queryset.none()
    introductions, rest = _columns(queryset.model)
    body = [StreamText(F(path)) if is_stream else F(path) for path, is_stream in rest]
    queryset = queryset.alias(_title=_text(F("title")), _introduction=_text(*map(F, introductions)), _body=_text(*body))
    rank: Expression | None = None
    for forms in words:
        queryset = queryset.filter(_found("_title", forms) | _found("_introduction", forms) | _found("_body", forms))
        starts_word = Q()
        for form in forms:
            starts_word |= Q(_title__contains=f" {form}")
        points = Case(
            When(starts_word, then=Value(8)),
            When(_found("_title", forms), then=Value(5)),
            When(_found("_introduction", forms), then=Value(3)),
            default=Value(1),
            output_field=IntegerField(),
        )
        rank = points if rank is None else rank + points
    return queryset.annotate(search_rank=rank).order_by("-search_rank", "title", "pk")
