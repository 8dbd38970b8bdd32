"""Days that are over and whose attendance is not taken, or only half of it, among what needs attention."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.urls import reverse

from enrolments.reports.missing import days_missing_attendance, missing_text
from website.core.contributions import AttentionItem, attention_items

SHOWN = 10


@attention_items.register("attendance", order=12)
def missing_attendance(user: Any, at: datetime | None = None) -> Iterator[AttentionItem]:
    """Yield the days somebody must still take, or type in. One query."""
    for day in days_missing_attendance(user, at=at)[:SHOWN]:
        url = reverse("enrolments:mark_grid", kwargs={"run_pk": day.run_id, "date": day.date})
        yield AttentionItem(str(day.run), url, missing_text(day), urgent=True)
