"""What a mail server's refusals mean: for good or for now, and about the mail, its address or the server."""

import enum
import re
import smtplib

from django.utils.translation import gettext as _

from website.core.logs import mask

#: An enhanced status code (RFC 3463): class, subject, detail.
ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
REPLY = re.compile(r"\b([45]\d\d)\b")
#: Subjects of RFC 3463 that are not the address's fault: the mail system, the content, policy.
NOT_THE_ADDRESS = {"3", "6", "7"}
CONNECTION_ERRORS = {
    "BrokenPipeError",
    "ConnectionRefusedError",
    "ConnectionResetError",
    "OSError",
    "SSLCertVerificationError",
    "SSLError",
    "TimeoutError",
    "gaierror",
}


class Trouble(enum.Enum):
    """Why a mail was not sent, by what is to be done about it."""

    REFUSED = "refused"  # for good: another attempt changes nothing
    LATER = "later"  # the server wants this mail later
    SLOW_DOWN = "slow down"  # the server wants nothing for a while
    SERVER = "server"  # the connection broke, or could not be made
    OURS = "ours"  # the mail could not be made: a fault of ours, which an update may mend


def trouble_with(error: Exception) -> Trouble:
    """Return what kind of trouble an error at sending is (RFC 5321 § 4.2.1: 5xx is for good, 4xx for now)."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _text in error.recipients.values()]
        if 421 in codes:
            return Trouble.SLOW_DOWN
        return Trouble.REFUSED if all(code >= 500 for code in codes) else Trouble.LATER
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return Trouble.REFUSED  # an address with letters that this server cannot carry
    if isinstance(error, smtplib.SMTPResponseException):
        if error.smtp_code == 421:
            return Trouble.SLOW_DOWN
        if isinstance(error, smtplib.SMTPDataError) or error.smtp_code == 552:
            return Trouble.REFUSED if error.smtp_code >= 500 else Trouble.LATER
        if isinstance(error, smtplib.SMTPSenderRefused):
            return Trouble.LATER  # our own address is refused: a set-up that somebody will mend
        return Trouble.SERVER
    if isinstance(error, smtplib.SMTPException | OSError):
        return Trouble.SERVER
    return Trouble.OURS


def describe(error: Exception) -> str:
    """Return an error as it is kept on the row: its kind, and the server's own words without addresses."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        said = "; ".join(f"{code} {_words(text)}" for code, text in error.recipients.values())
    elif isinstance(error, smtplib.SMTPResponseException):
        said = f"{error.smtp_code} {_words(error.smtp_error)}"
    else:
        said = str(error)
    return mask(f"{type(error).__name__}: {said}")


def is_about_address(text: str) -> bool:
    """Whether a refusal for good says that the address takes no mail: not that the mail was too big or unwanted."""
    found = ENHANCED.search(text)
    if found is None:
        return True
    return found[2] not in NOT_THE_ADDRESS and found[0] != "5.2.3"


def explain(text: str) -> str:
    """Say in plain words why a mail was not delivered, from what was kept of the refusal."""
    kind = text.partition(":")[0]
    found = ENHANCED.search(text)
    subject, detail = (found[2], found[3]) if found else ("", "")
    reply = REPLY.search(text)
    if subject == "2" and detail == "2":
        return _("The mailbox is full.")
    if subject == "2" and detail == "1":
        return _("The mailbox is closed.")
    if (subject == "1" and detail == "2") or (subject == "4" and detail == "4"):
        return _("There is no mail server at the part of the address after @.")
    if subject == "1":
        return _("The address does not exist.")
    if subject == "7":
        return _("The recipient's mail server does not want the mail (its rules or its spam filter).")
    if (subject == "2" and detail == "3") or (subject == "3" and detail == "4"):
        return _("The mail is too big for the recipient's mail server.")
    if subject == "4":
        return _("The recipient's mail server could not be reached.")
    if kind == "SMTPRecipientsRefused" and reply and reply[1].startswith("5"):
        return _("The mail server refused the address.")
    if kind == "SMTPAuthenticationError":
        return _("The mail server did not accept our user name and password.")
    if kind == "SMTPSenderRefused":
        return _("The mail server did not accept us as the sender.")
    if kind in {"SMTPDataError", "SMTPResponseException", "SMTPRecipientsRefused"}:
        if reply and reply[1].startswith("4"):
            return _("The mail server asked us to try again later.")
        return _("The mail server refused the mail.")
    if kind.startswith("SMTP") or kind in CONNECTION_ERRORS:
        return _("There was no connection to the mail server.")
    if kind == "Bounce":
        return _("The mail came back.")
    return _("The mail could not be made. Tell those who run the system.")


def _words(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return " ".join(text.split())
