"""The demo's mail server: each mail becomes a file that any mail program opens."""

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils.text import slugify

_number = itertools.count(1)


class EmailBackend(BaseEmailBackend):
    """Writes `<time>-<n>-<subject>.eml` to settings.EMAIL_FILE_PATH. For the demo: mails are personal data."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write the messages and return how many. Raises OSError if the folder cannot be written."""
        folder = Path(settings.EMAIL_FILE_PATH)
        folder.mkdir(parents=True, exist_ok=True)
        for message in email_messages:
            now = datetime.now(UTC).astimezone()
            name = f"{now:%Y%m%d-%H%M%S-%f}-{next(_number)}-{slugify(message.subject)[:60]}.eml"
            (folder / name).write_bytes(message.message().as_bytes())
        return len(email_messages)
