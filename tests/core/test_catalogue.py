"""Every text of ours that a person can see has Danish."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[2]
DANISH = ROOT / "site/website/locale/da/LC_MESSAGES/django.po"
CODE = ("courses", "enrolments", "modules", "evaluations", "site/website")
#: What translates, and at which argument the context and the text stand.
MARKERS = {"_": (None, 0), "gettext": (None, 0), "gettext_lazy": (None, 0), "ngettext": (None, 0)}
MARKERS |= {"ngettext_lazy": (None, 0), "pgettext": (0, 1), "pgettext_lazy": (0, 1), "npgettext": (0, 1)}

Text = tuple[str | None, str]


def texts_of(source: str) -> Iterator[Text]:
    """Yield (context, text) of every call in Python code that marks a text for translation."""
    for node in ast.walk(ast.parse(source)):
        name = getattr(getattr(node, "func", None), "id", None)
        if name not in MARKERS:
            continue
        context_at, text_at = MARKERS[name]
        values = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
        if len(values) > text_at and isinstance(values[text_at], str):
            yield (None if context_at is None else values[context_at], values[text_at])


def texts_of_template(source: str, origin: str) -> Iterator[Text]:
    """Yield the same of a template: Django turns it into lines of calls for xgettext, and we read those."""
    lines = templatize(source, origin=origin)
    for call in re.finditer(r"\b(?:_|gettext|ngettext|pgettext|npgettext)\((?:u?[\"'])", lines):
        rest = lines[call.start() :]
        for end in (position for position, character in enumerate(rest) if character == ")"):
            try:
                found = list(texts_of(re.sub(r",\s*count\)$", ", 2)", rest[: end + 1])))
            except SyntaxError:
                continue
            yield from found
            break


def our_texts() -> dict[Text, str]:
    """Return every text of code and templates with one place where it stands."""
    found: dict[Text, str] = {}
    for folder in CODE:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                found |= dict.fromkeys(texts_of(path.read_text()), str(path.relative_to(ROOT)))
    for path in sorted((ROOT / "templates").rglob("*.*")):
        if path.suffix in {".html", ".txt"}:
            name = str(path.relative_to(ROOT))
            found |= dict.fromkeys(texts_of_template(path.read_text(), name), name)
    return found


@pytest.fixture(scope="module")
def texts() -> dict[Text, str]:
    return our_texts()


def test_every_text_of_ours_has_danish(texts):
    translated = {(entry.msgctxt, entry.msgid) for entry in polib.pofile(str(DANISH)) if entry.translated()}
    assert not {text: place for text, place in texts.items() if text not in translated}


def test_no_tag_of_a_template_and_no_kind_of_call_is_overlooked(texts):
    assert texts[None, "Your name"] == "enrolments/forms/registration.py"
    assert texts["participant", "Cancelled"]
    for path in (ROOT / "templates").rglob("*.html"):
        source = path.read_text()
        tags = re.findall(r"{%\s*(?:translate|blocktranslate)\b|[:= ]_\(", source)
        assert len(list(texts_of_template(source, path.name))) == len(tags), path


def test_no_text_is_marked_both_with_and_without_a_plural():
    """A catalogue has one entry for both, and before Python 3.11.4 `gettext` does not find it: English is shown."""
    with_plural = {entry.msgid for entry in polib.pofile(str(DANISH)) if entry.msgid_plural}
    plain = set()
    for folder in CODE:
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if getattr(getattr(node, "func", None), "id", None) in {"_", "gettext", "gettext_lazy"} and node.args:
                    plain.add(getattr(node.args[0], "value", None))
    for path in (ROOT / "templates").rglob("*.*"):
        plain |= set(re.findall(r"{%\s*translate \"([^\"]+)\"(?! context)", path.read_text()))
    assert not plain & with_plural
