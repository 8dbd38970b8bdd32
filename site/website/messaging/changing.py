"""Change the words of a mail, and take them back. Who did what is kept in Wagtail's log, the words are not."""

from django.conf import settings
from django.db import transaction
from django.utils import translation
from wagtail.log_actions import log

from website.accounts.models import User
from website.messaging.models import MailText
from website.messaging.texts import TextMail, check_words


class ChangedMeanwhile(Exception):
    """Somebody else has changed the words since they were read."""


def our_words(kind: TextMail) -> tuple[str, str]:
    """Return the subject and body that we wrote, in the language of mails."""
    with translation.override(settings.LANGUAGE_CODE):
        return str(kind.subject), str(kind.body)


def version_of(text: MailText | None) -> str:
    """Return what tells one state of the words from the next."""
    return text.updated_at.isoformat() if text else ""


def write_words(*, kind: TextMail, subject: str, body: str, user: User, seen: str | None = None) -> MailText | None:
    """Keep staff's words for a kind of mail; words that are ours anyway are not kept. Return the row, if any.

    `seen` is the version they were written on. Raises ValidationError by field (`check_words`), ChangedMeanwhile.
    """
    subject, body = " ".join(subject.split()), body.replace("\r\n", "\n").strip()
    check_words(kind, subject=subject, body=body)
    with transaction.atomic():
        text = MailText.objects.select_for_update().filter(kind=kind.name).first()
        if seen is not None and seen != version_of(text):
            raise ChangedMeanwhile
        if (subject, body) == our_words(kind):
            if text:
                _take_back(text, user)
            return None
        if text is None:
            text = MailText(kind=kind.name)
        elif (text.subject, text.body) == (subject, body):
            return text
        text.subject, text.body, text.updated_by = subject, body, user
        text.save()
        log(text, "messaging.text_changed", user=user)
        return text


def reset_words(*, kind: str, user: User) -> tuple[str, str] | None:
    """Take staff's words back, so that ours are used; return what they were, or None if there were none."""
    with transaction.atomic():
        text = MailText.objects.select_for_update().filter(kind=kind).first()
        if text is None:
            return None
        _take_back(text, user)
        return text.subject, text.body


def _take_back(text: MailText, user: User) -> None:
    log(text, "messaging.text_reset", user=user)
    text.delete()
