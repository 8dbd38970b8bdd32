"""The kinds of mail, contributed by the apps: each renders its text from a snapshot."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from website.core.registry import Registry

if TYPE_CHECKING:
    from website.messaging.texts import TextMail


@dataclass(frozen=True, slots=True)
class Calendar:
    """The calendar part of a mail: `content` is iCalendar text, `method` its METHOD (RFC 5546)."""

    content: str
    method: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes along with a mail, made when the mail is sent and stored nowhere."""

    filename: str
    content: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Picture:
    """An image that stands within a mail: its HTML shows it as `<img src="cid:<name>">` (RFC 2392).

    The name is of the form `something@host`: some programs show none with another.
    """

    name: str
    content: bytes
    content_type: str = "image/png"


@dataclass(frozen=True, slots=True)
class Mail:
    """A rendered mail. `html` may be empty; `reply_to` is an address or empty."""

    subject: str
    text: str
    html: str = ""
    calendar: Calendar | None = None
    reply_to: str = ""
    attachments: tuple[Attachment, ...] = ()
    pictures: tuple[Picture, ...] = ()


Renderer = Callable[[dict[str, Any]], Mail]


@dataclass(frozen=True, slots=True)
class MailKind:
    """A kind of mail. A secret one (a sign-in code) loses its context once it is sent.

    Of a private one nobody else is to see whom it went to: the staff's pages on mails that leave leave it out (a
    reminder of an evaluation would tell who has not answered).
    `text` is the words that staff may change, for a kind that has such (website.messaging.texts).
    """

    name: str
    render: Renderer
    secret: bool = False
    text: "TextMail | None" = None
    private: bool = False


mail_kinds: Registry[MailKind] = Registry()


def private_kinds() -> list[str]:
    """Return the names of the kinds whose recipients nobody else is to see."""
    return [kind.name for kind in mail_kinds if kind.private]


def register_mail(name: str, *, secret: bool = False) -> Callable[[Renderer], Renderer]:
    """Return a decorator that registers the renderer of a kind of mail.

    The renderer takes the context that was queued (JSON types only) and returns a `Mail`. It runs
    when the mail is sent, so a secret link is derived there and stored nowhere.
    """

    def decorate(render: Renderer) -> Renderer:
        mail_kinds.add(name, MailKind(name=name, render=render, secret=secret))
        return render

    return decorate
