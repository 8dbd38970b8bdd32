"""The code a participant shows at the door: on the badge, in mails and on Min side, as text and as a QR code.

Derived by signing, so nothing is stored; it dies with the enrolment's other links (`link_version`). It opens
nothing: whoever takes the roll call learns from it which participant stands before them, and an evaluation who
may answer. Letters and digits that look alike are left out (Crockford's base 32), so it can be read aloud.
"""

import re
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.http import base36_to_int, int_to_base36
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from enrolments.models import Enrolment
from enrolments.qr import qr_svg

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
#: 40 bits: a guess in a room of a thousand is right once in a thousand million.
SIGNS = 8
CODE = re.compile(rf"([0-9a-z]{{1,12}})-([{ALPHABET}]{{{SIGNS}}})")
#: What people type for what stands there.
ALIKE = str.maketrans({"o": "0", "i": "1", "l": "1"})


def check_in_code(enrolment: Enrolment) -> str:
    """Return the participant's code, such as "9IX-7F2QXA4K"."""
    return f"{int_to_base36(enrolment.pk)}-{_signature(enrolment.pk, enrolment.link_version)}".upper()


def code_url(enrolment: Enrolment) -> str:
    """Return the address in the participant's QR code: a page that says what the code is for."""
    return settings.SITE_URL + reverse("enrolments:participant_code", args=[check_in_code(enrolment)])


@dataclass(frozen=True, slots=True)
class OwnCode:
    """The code as the participant's own pages show it."""

    enrolment: Enrolment

    @property
    def code(self) -> str:
        return check_in_code(self.enrolment)

    @property
    def url(self) -> str:
        return code_url(self.enrolment)

    @property
    def image(self) -> SafeString:
        return qr_svg(self.url, label=_("QR code with the code %(code)s") % {"code": self.code})


def read_code(text: str) -> tuple[int, str] | None:
    """Return (enrolment's number, signature) of a code as typed or scanned; None for what cannot be one."""
    number, _dash, signs = text.strip().casefold().replace(" ", "").rpartition("-")
    match = CODE.fullmatch(f"{number}-{signs.translate(ALIKE)}")
    return (base36_to_int(match[1]), match[2]) if match else None


def is_code_of(text: str, enrolment: Enrolment) -> bool:
    """Whether this is the participant's own, current code."""
    read = read_code(text)
    return (
        read is not None
        and read[0] == enrolment.pk
        and constant_time_compare(read[1], _signature(enrolment.pk, enrolment.link_version))
    )


def _signature(pk: int, version: int) -> str:
    number = int(salted_hmac("enrolments.check-in", f"{pk}:{version}", algorithm="sha256").hexdigest(), 16)
    signs = []
    for _sign in range(SIGNS):
        number, digit = divmod(number, len(ALPHABET))
        signs.append(ALPHABET[digit])
    return "".join(signs)
