"""Show a mail to staff as it leaves, without what only its recipient may have."""

import logging
import re
from base64 import b64encode
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.html import format_html

from website.core.logs import SECRET_PATH
from website.messaging.models import OutboxMessage
from website.messaging.registry import Mail, mail_kinds
from website.messaging.texts import Block, Filled, Placeholder, TextMail, Value, compose

logger = logging.getLogger(__name__)

#: A secret link's token, wherever it stands (enrolments.links).
TOKEN = re.compile(r"\b[0-9a-z]{1,12}-[0-9a-f]{40}\b")


@dataclass(frozen=True, slots=True)
class ShownMail:
    """A mail with its secret links masked. `is_example`: there was no real data to fill it with."""

    subject: str
    text: str
    html: str
    calendar: str = ""
    attachments: tuple[str, ...] = ()
    is_example: bool = False


def mask_links(text: str) -> str:
    """Return `text` with the secret part of every link replaced by «…»."""
    return SECRET_PATH.sub(r"\1…", TOKEN.sub("…", text))


def show(mail: Mail, *, is_example: bool = False) -> ShownMail:
    return ShownMail(
        subject=mask_links(mail.subject),
        text=mask_links(mail.text),
        html=_with_pictures(mask_links(mail.html), mail),
        calendar=mail.calendar.method if mail.calendar else "",
        attachments=tuple(attachment.filename for attachment in mail.attachments),
        is_example=is_example,
    )


def _with_pictures(html: str, mail: Mail) -> str:
    """Return the HTML with its pictures in it: a page has no parts to fetch them from."""
    for picture in mail.pictures:
        data = b64encode(picture.content).decode()
        html = html.replace(f"cid:{picture.name}", f"data:{picture.content_type};base64,{data}")
    return html


def show_message(message: OutboxMessage) -> ShownMail | None:
    """Return a message of the outbox as it leaves; None where it is secret, deleted or of no known kind."""
    try:
        kind = mail_kinds.get(message.kind)
    except KeyError:
        return None
    if kind.secret or not message.context:
        return None
    try:
        with translation.override(settings.LANGUAGE_CODE):
            return show(kind.render(message.context))
    except Exception as error:
        logger.warning("mail %s (%s) cannot be shown: %s", message.pk, message.kind, type(error).__name__)
        return None


def preview(kind: TextMail, *, subject: str, body: str, secret: bool = False) -> ShownMail:
    """Return these words filled with the newest real data, or, where there is none, with what the places stand for."""
    with translation.override(settings.LANGUAGE_CODE):
        filled = None if secret else _real(kind)
        mail = compose(filled or _example(kind), subject=subject, body=body)
        return show(mail, is_example=filled is None)


def _real(kind: TextMail) -> Filled | None:
    if kind.sample is None:
        return None
    try:
        context: dict[str, Any] | None = kind.sample()
        return kind.fill(context) if context is not None else None
    except Exception as error:
        logger.warning("no preview of %s from real data: %s", kind.name, type(error).__name__)
        return None


def _example(kind: TextMail) -> Filled:
    def value(placeholder: Placeholder) -> Value:
        words = f"[{placeholder.label}]"
        return Block(text=words, html=format_html("<p>{}</p>", words)) if placeholder.block else words

    return Filled({placeholder.name: value(placeholder) for placeholder in kind.placeholders})
