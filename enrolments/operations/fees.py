"""What a change costs and until when people may make it on their own: the terms as numbers.

Pure functions: terms, price and dates in, amounts and deadlines out. The terms are always those that the
registration accepted, never those the run has now. Without terms a change is free until the run begins.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal

from django.utils import timezone

from courses.enums import FeeKind
from courses.models import CancellationTerms
from enrolments.enums import RequestKind

NOTHING = Decimal(0)
ORE = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Until which instant each change is free to make; None where the run has no days yet."""

    cancel: datetime | None
    move: datetime | None
    replace: datetime | None

    def of(self, kind: RequestKind | str) -> datetime | None:
        return {RequestKind.CANCEL: self.cancel, RequestKind.MOVE: self.move, RequestKind.REPLACE: self.replace}[
            RequestKind(kind)
        ]


def cancellation_fee(terms: CancellationTerms | None, price: Decimal, first_day: date | None, on: date) -> Decimal:
    """Return what cancelling one seat costs on the date `on`, in DKK excluding VAT, never above `price`.

    A tier applies from `days_before` days before the first day. Where several apply it is the latest
    one: the smallest `days_before` that is still at least the days left. Free before the first tier
    applies, without terms, and while the run has no days.
    """
    if terms is None or first_day is None or price <= 0:
        return NOTHING
    left = (first_day - on).days
    applying = [tier for tier in terms.tiers.all() if tier.days_before >= left]
    if not applying:
        return NOTHING
    tier = min(applying, key=lambda each: each.days_before)
    share = price * tier.value / 100 if tier.kind == FeeKind.PERCENT else tier.value
    return min(max(share, tier.minimum_fee), price).quantize(ORE, ROUND_HALF_UP)


def move_fee(terms: CancellationTerms | None, price: Decimal) -> Decimal:
    """Return what moving one seat to another run costs, in DKK excluding VAT, never above `price`."""
    return min(terms.move_fee, price).quantize(ORE, ROUND_HALF_UP) if terms else NOTHING


def deadlines(terms: CancellationTerms | None, starts_at: datetime | None) -> Deadlines:
    """Return until when people cancel, move and replace on their own, for a run that begins at `starts_at`.

    So many days before the first day means that whole day, in Denmark; 0 days means until the run begins.
    """
    return Deadlines(
        cancel=_deadline(terms.cancel_until if terms else 0, starts_at),
        move=_deadline(terms.move_until if terms else 0, starts_at),
        replace=_deadline(terms.replace_until if terms else 0, starts_at),
    )


def may(kind: RequestKind | str, terms: CancellationTerms | None, starts_at: datetime | None, at: datetime) -> bool:
    """Whether people may make this change on their own at `at`. A run without days has no deadline yet."""
    deadline = deadlines(terms, starts_at).of(kind)
    return deadline is None or at < deadline


def _deadline(days_before: int, starts_at: datetime | None) -> datetime | None:
    if starts_at is None or not days_before:
        return starts_at
    last_day = timezone.localtime(starts_at).date() - timedelta(days=days_before)
    return timezone.make_aware(datetime.combine(last_day + timedelta(days=1), time.min))
