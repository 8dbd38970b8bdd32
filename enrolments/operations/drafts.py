"""Half-finished registrations: kept as they were typed, opened again by a secret link, and forgotten in time."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from courses.models import CourseRun
from enrolments.emails.groups import queue_draft_saved
from enrolments.models import GroupDraft, Registration


def save_draft(
    *, run: CourseRun, data: Mapping[str, Sequence[str]], contact_email: str = "", draft: GroupDraft | None = None
) -> GroupDraft:
    """Keep what was typed, as a new draft or in the one it came from, and mail the link to the contact.

    `data` is a field name to its list of values. Something that is no address is kept as typed, and gets no
    mail; an address that has had the link already gets it once more only when it is another one.
    """
    email = contact_email.strip().casefold()
    if not _is_address(email):
        email = ""
    with transaction.atomic():
        known = draft.contact_email if draft else ""
        draft = draft or GroupDraft()
        draft.run, draft.data, draft.contact_email = run, _storable(data), email
        draft.save()
        if email and email != known:
            queue_draft_saved(draft, run)
        return draft


def close_draft(draft: GroupDraft, registration: Registration) -> None:
    """Empty a draft that became a registration; its link leads to the receipt from now on."""
    GroupDraft.objects.filter(pk=draft.pk, registration=None).update(
        data={}, contact_email="", registration=registration, updated_at=timezone.now()
    )


def delete_draft(draft: GroupDraft) -> None:
    """Delete a draft and all that was typed."""
    draft.delete()


def keeps_until(draft: GroupDraft) -> date:
    """Return the last day on which the draft is kept, counted from when it was last saved (see retention)."""
    return timezone.localdate(draft.updated_at) + timedelta(days=settings.DRAFT_DAYS)


def _storable(data: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return the data without NUL, which PostgreSQL does not keep."""
    return {key.replace("\0", ""): [value.replace("\0", "") for value in values] for key, values in data.items()}


def _is_address(email: str) -> bool:
    try:
        validate_email(email)
    except ValidationError:
        return False
    return True
