"""Mails whose words staff may change: a subject and a body with placeholders, ours until somebody writes their own.

The body is plain text. Blank lines part paragraphs; a line that begins with `## ` is a heading; lines that
begin with `- ` are a list. `{name}` is replaced by a value, escaped where it becomes HTML. A placeholder
that stands for a whole part (the run's facts, a button) has a line of its own. Nothing else is read into
the text: no template code, no attributes, so whoever may edit a mail can reach nothing but what is offered.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.template import Context
from django.template.loader import get_template, render_to_string
from django.utils.functional import Promise
from django.utils.html import conditional_escape, format_html, urlize
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from website.messaging.registry import Attachment, Calendar, Mail, MailKind, Picture, mail_kinds
from website.messaging.rendering import render_mail

PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
TEMPLATE = "messaging/text_mail"

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Placeholder:
    """Something a text may contain. A `block` stands on a line of its own; a required one must be there."""

    name: str
    label: Text
    block: bool = False
    required: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a mail that stands on its own, in both forms. An empty one leaves nothing behind."""

    text: str
    html: SafeString

    def __bool__(self) -> bool:
        return bool(self.text.strip())

    @classmethod
    def from_template(cls, template: str, context: Mapping[str, Any]) -> "Block":
        """Return the block of `<template>.txt` and `<template>.html`."""
        values = dict(context)
        return cls(
            text=_plain(f"{template}.txt", values).strip("\n"),
            html=mark_safe(render_to_string(f"{template}.html", values)),
        )

    @classmethod
    def button(cls, label: str, url: str) -> "Block":
        """Return a link that looks like a button; in plain text its label and its address."""
        html = format_html('<p class="button"><a href="{}">{}</a></p>', url, label)
        return cls(text=f"{label}:\n{url}", html=html)


def _plain(template: str, values: dict[str, Any]) -> str:
    """Render a template of plain text, where nothing is escaped."""
    engine_template: Any = get_template(template)
    return engine_template.template.render(Context(values, autoescape=False))


Value = str | Block


@dataclass(frozen=True, slots=True)
class Filled:
    """What a kind of mail puts in its placeholders, and what goes along."""

    values: Mapping[str, Value]
    calendar: Calendar | None = None
    reply_to: str = ""
    attachments: tuple[Attachment, ...] = ()
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, slots=True)
class TextMail:
    """A kind of mail with words of its own. `sample` returns a context of real data for the preview, or None."""

    name: str
    title: Text
    about: Text
    subject: Text
    body: Text
    placeholders: tuple[Placeholder, ...]
    fill: Callable[[dict[str, Any]], Filled]
    sample: Callable[[], dict[str, Any] | None] | None = None

    def placeholder(self, name: str) -> Placeholder | None:
        return next((each for each in self.placeholders if each.name == name), None)


def register_text_mail(
    name: str,
    *,
    title: Text,
    about: Text,
    subject: Text,
    body: Text,
    placeholders: Sequence[Placeholder],
    sample: Callable[[], dict[str, Any] | None] | None = None,
    secret: bool = False,
    private: bool = False,
) -> Callable[[Callable[[dict[str, Any]], Filled]], Callable[[dict[str, Any]], Filled]]:
    """Return a decorator that registers a kind of mail by the function that fills its placeholders.

    `title` and `about` tell staff what the mail is and when it is sent; `subject` and `body` are the words
    used until staff write their own. The function takes the queued context (JSON types only) and runs when the
    mail is sent, so a secret link is derived there and stored nowhere.
    """

    def decorate(fill: Callable[[dict[str, Any]], Filled]) -> Callable[[dict[str, Any]], Filled]:
        kind = TextMail(
            name=name,
            title=title,
            about=about,
            subject=subject,
            body=body,
            placeholders=tuple(placeholders),
            fill=fill,
            sample=sample,
        )
        mail_kinds.add(
            name,
            MailKind(
                name=name, render=lambda context: render(kind, context), secret=secret, text=kind, private=private
            ),
        )
        return fill

    return decorate


_read: ContextVar[dict[str, tuple[str, str]] | None] = ContextVar("words that have been read", default=None)


@contextmanager
def words_read_once() -> Iterator[None]:
    """While it lasts, the words of each kind are read from the database once: for many mails in a row."""
    token = _read.set({})
    try:
        yield
    finally:
        _read.reset(token)


def words_of(kind: TextMail) -> tuple[str, str]:
    """Return subject and body: staff's words, else ours."""
    from website.messaging.models import MailText

    known = _read.get()
    if known is not None and kind.name in known:
        return known[kind.name]
    own = MailText.objects.filter(kind=kind.name).values_list("subject", "body").first()
    words = own or (str(kind.subject), str(kind.body))
    if known is not None:
        known[kind.name] = words
    return words


def render(kind: TextMail, context: dict[str, Any], *, subject: str | None = None, body: str | None = None) -> Mail:
    """Return the mail: with `subject` and `body` if given (a preview), else staff's words, else ours."""
    if subject is None or body is None:
        subject, body = words_of(kind)
    filled = kind.fill(context)
    return compose(filled, subject=subject, body=body)


def compose(filled: Filled, *, subject: str, body: str) -> Mail:
    """Return the mail of these words with their placeholders filled."""
    parts = list(_parts(body, filled.values))
    return render_mail(
        TEMPLATE,
        {
            "text_body": "\n\n".join(part.text for part in parts),
            "html_body": mark_safe("\n".join(part.html for part in parts)),
        },
        subject=_inline(subject, filled.values),
        calendar=filled.calendar,
        reply_to=filled.reply_to,
        attachments=filled.attachments,
        pictures=filled.pictures,
    )


def check_words(kind: TextMail, *, subject: str, body: str) -> None:
    """Raise ValidationError, by field, if the words hold an unknown placeholder, or lack one that must be there."""
    errors: dict[str, list[str]] = {"subject": [], "body": []}
    for name in PLACEHOLDER.findall(subject):
        placeholder = kind.placeholder(name)
        if placeholder is None or placeholder.block:
            errors["subject"].append(_("{%(name)s} cannot stand in the subject.") % {"name": name})
    for line in body.splitlines():
        for name in PLACEHOLDER.findall(line):
            placeholder = kind.placeholder(name)
            if placeholder is None:
                errors["body"].append(
                    _("This mail has no {%(name)s}. Choose among the placeholders beside the text.") % {"name": name}
                )
            elif placeholder.block and line.strip() != f"{{{name}}}":
                errors["body"].append(_("{%(name)s} must stand on a line of its own.") % {"name": name})
    written = set(PLACEHOLDER.findall(body))
    errors["body"] += [
        _("The text must contain {%(name)s}: %(label)s.") % {"name": each.name, "label": each.label}
        for each in kind.placeholders
        if each.required and each.name not in written
    ]
    if found := {name: texts for name, texts in errors.items() if texts}:
        raise ValidationError(found)


def words_block(words: str, values: Mapping[str, Value]) -> Block:
    """Return somebody's own words as a part of a mail, with the same rules and placeholders as a whole text."""
    parts = list(_parts(words, values))
    return Block(text="\n\n".join(part.text for part in parts), html=mark_safe("\n".join(part.html for part in parts)))


def _parts(body: str, values: Mapping[str, Value]) -> Iterator[Block]:
    """Yield the body's parts in order; what comes out empty is left out."""
    for paragraph in re.split(r"\n\s*\n", body.replace("\r\n", "\n").strip()):
        for block in _blocks(paragraph.split("\n"), values):
            if block:
                yield block


def _blocks(lines: Iterable[str], values: Mapping[str, Value]) -> Iterator[Block]:
    """Yield one paragraph's blocks: a line of its own makes one, other lines belong together."""
    together: list[str] = []
    for line in lines:
        alone = PLACEHOLDER.fullmatch(line.strip())
        value = values.get(alone[1]) if alone else None
        if isinstance(value, Block) or line.startswith("## "):
            yield _paragraph(together, values)
            together = []
            yield value if isinstance(value, Block) else _heading(line[3:], values)
        else:
            together.append(line)
    yield _paragraph(together, values)


def _heading(line: str, values: Mapping[str, Value]) -> Block:
    words = _inline(line, values)
    return Block(text=words, html=format_html("<h2>{}</h2>", words))


def _paragraph(lines: Sequence[str], values: Mapping[str, Value]) -> Block:
    words = [_inline(line, values) for line in lines]
    words = [line for line in words if line.strip()]
    if words and all(line.lstrip().startswith("- ") for line in words):
        items = mark_safe("".join(f"<li>{_html(line.lstrip()[2:])}</li>" for line in words))
        return Block(text="\n".join(words), html=format_html("<ul>{}</ul>", items))
    html = mark_safe("<br>".join(_html(line) for line in words))
    return Block(text="\n".join(words), html=format_html("<p>{}</p>", html))


def _inline(text: str, values: Mapping[str, Value]) -> str:
    """Return the text with its inline placeholders filled. A block's place within a line takes its plain text."""

    def fill(match: re.Match[str]) -> str:
        value = values.get(match[1], "")
        return value.text if isinstance(value, Block) else str(value)

    return PLACEHOLDER.sub(fill, text)


def _html(line: str) -> str:
    return urlize(conditional_escape(line), autoescape=False) if "://" in line else conditional_escape(line)
