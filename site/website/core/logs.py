"""Keep secret links and addresses out of the logs, and who answers an evaluation at which moment."""

import logging
import re

#: Below /evaluering/ stand secret links and, after these words, the room's code or nothing secret.
SECRET_PATH = re.compile(
    r"(/(?:tilmelding/(?:min|deltager|kladde)|tilbud|kalender|evaluering/rum|fremmoede/kode)/"
    r"|/evaluering/(?!(?:rum|tak|skaerm|resultater|undersoegelse)/))[^/\s?]+"
)
#: PostgreSQL quotes the row it refused.
ROW = re.compile(r"(DETAIL: ).*")
#: Only from a word's first sign on: tried from each, a long word (bytes in hex) would take time by its square.
EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


def mask(text: str) -> str:
    """Return `text` with secret tokens, e-mail addresses and rows that PostgreSQL refused replaced by «…»."""
    text = ROW.sub(r"\1…", SECRET_PATH.sub(r"\1…", text))
    # Again while there are any: of two that hang together the first hides where the second begins.
    while (masked := EMAIL.sub("…@…", text)) != text:
        text = masked
    return text


class MaskSecrets(logging.Filter):
    """Masks the message; a traceback is masked by dropping to its rendered, masked text."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = mask(record.getMessage()), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = mask(logging.Formatter().formatException(record.exc_info))
        return True


class PassOverAnswering(logging.Filter):
    """For a web server's log of visits: a line about an evaluation's pages is not written at all.

    Masked it would still tell which network address was there when: enough to learn when somebody answered.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        return "/evaluering/" not in record.getMessage()
