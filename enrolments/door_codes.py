"""The code at the door: six digits and a QR code that change every 30 seconds, as in RFC 6238.

Derived from SECRET_KEY, the day and the time step, so nothing is stored and every process knows it. A step is
counted in seconds since 1970: clock changes and midnight mean nothing to it. A code is good while it stands on
the screen and while the next one does: up to a minute from when it was first shown.

Whoever brings a good code gets a *permit*: signed, for a few minutes and for one mark. It carries the days the
code was good for (two days' digits may be alike) and the number its mark will have, so that a permit used twice
is one mark.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.core import signing
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from courses.models import CourseDay

STEP = 30
DIGITS = 6
#: Signs of the token in the QR code: 64 bits, which nobody guesses.
TOKEN_SIGNS = 16
PERMIT_TIME = timedelta(minutes=5)
_PERMIT = signing.Signer(salt="enrolments.check-in-permit")


@dataclass(frozen=True, slots=True)
class DoorCode:
    """What stands at the door of a day now. `changes_at` is when the next code takes its place."""

    digits: str
    token: str
    changes_at: datetime

    @property
    def spaced_digits(self) -> str:
        """The digits as they are read aloud: "123 456"."""
        return f"{self.digits[:3]} {self.digits[3:]}"


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave to take one mark on one of these days. `mark_id` is the number the mark will have."""

    days: tuple[int, ...]
    mark_id: UUID
    given_at: int

    @classmethod
    def give(cls, days: Iterable[CourseDay], at: datetime | None = None) -> "Permit":
        return cls(tuple(day.pk for day in days), uuid4(), int((at or timezone.now()).timestamp()))

    def signed(self) -> str:
        """Return the permit as a form carries it."""
        return _PERMIT.sign(".".join([self.mark_id.hex, str(self.given_at), *map(str, self.days)]))

    @classmethod
    def read(cls, text: str, at: datetime | None = None) -> "Permit | None":
        """Return the permit; None for a forged one, and for one that is too old."""
        try:
            mark_id, given_at, *days = _PERMIT.unsign(text).split(".")
        except (signing.BadSignature, ValueError):
            return None
        age = (at or timezone.now()).timestamp() - int(given_at)
        return cls(tuple(map(int, days)), UUID(mark_id), int(given_at)) if age <= PERMIT_TIME.total_seconds() else None


def door_code(day: CourseDay, at: datetime | None = None) -> DoorCode:
    """Return the day's code at an instant (default: now)."""
    step = _step(at or timezone.now())
    return DoorCode(
        digits=_digits(day.pk, step),
        token=_token(day.pk, step),
        changes_at=datetime.fromtimestamp((step + 1) * STEP, tz=timezone.get_current_timezone()),
    )


def is_token_of(token: str, day: CourseDay, at: datetime | None = None) -> bool:
    """Whether a scanned token is the day's, and no older than a minute."""
    return _is_one_of(token, [_token(day.pk, step) for step in _good_steps(at)])


def days_of_digits(digits: str, days: Iterable[CourseDay], at: datetime | None = None) -> list[CourseDay]:
    """Return those of `days` at whose doors these digits stand, or stood less than a minute ago."""
    steps = _good_steps(at)
    return [day for day in days if _is_one_of(digits, [_digits(day.pk, step) for step in steps])]


def read_digits(text: str) -> str:
    """Return the digits somebody typed, without spaces and dashes; nothing when there are not six."""
    digits = "".join(text.split()).replace("-", "")
    return digits if len(digits) == DIGITS and digits.isascii() and digits.isdigit() else ""


def _step(at: datetime) -> int:
    return int(at.timestamp()) // STEP


def _good_steps(at: datetime | None) -> tuple[int, int]:
    now = _step(at or timezone.now())
    return now, now - 1


def _is_one_of(text: str, codes: Iterable[str]) -> bool:
    return any(constant_time_compare(text, code) for code in codes)


def _digits(day: int, step: int) -> str:
    digest = salted_hmac("enrolments.door-digits", f"{day}:{step}", algorithm="sha256").digest()
    return f"{int.from_bytes(digest) % 10**DIGITS:0{DIGITS}}"


def _token(day: int, step: int) -> str:
    return salted_hmac("enrolments.door-token", f"{day}:{step}", algorithm="sha256").hexdigest()[:TOKEN_SIGNS]
