"""Notice that a run has changed for those who come, and tell them, once, what an organiser chooses to tell.

People are told the difference between what they know and what is: somebody who registered between two edits
knows the run as it was between them. So a change keeps the run as it stood before each edit after which
somebody new has registered; `RunChange.before` is {"versions": [{"until": moment of the edit, "run": …}]}.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import F
from django.utils import timezone, translation

from courses.enums import RunStatus
from courses.models import CourseRun
from courses.watchers import RunWatcher, run_watchers
from enrolments.emails.runs import CANCEL, REQUEST, Entry, mails_to
from enrolments.enums import ActorKind, EventKind, RunChangeKind, RunChangeStatus
from enrolments.exceptions import AlreadyTold, ChangedMeanwhile
from enrolments.models import Enrolment, EnrolmentEvent, RunChange
from enrolments.operations.run_audience import Audience, Recipient, chosen, recipients
from enrolments.operations.run_differences import Difference, Known, days_touched, differences, knowledge_of
from enrolments.operations.seats import lock_run
from website.accounts.models import User
from website.messaging.operations import QueuedMail, queue_mails

#: Mails are queued this many at a time, each batch with a sending job of its own.
BATCH = 500

# --- noticing -------------------------------------------------------------------------------


def note_change(run: CourseRun, before: Known, user: User | None, *, at: datetime | None = None) -> RunChange | None:
    """Keep that `run` is no longer what its people know; return the change that waits to be told, or None.

    Call it in the transaction of the edit, under the lock of the run's seats. Nobody active and nothing different
    leave nothing behind; so does an edit that takes back what had not been told.
    """
    at = at or timezone.now()
    pending = RunChange.objects.select_for_update().filter(run=run, status=RunChangeStatus.PENDING).first()
    if run.status in (RunStatus.CANCELLED, RunStatus.DRAFT) and pending is None:
        return None
    now = knowledge_of(run)
    if pending is None and (is_over(before, now, at) or not differences(before, now)):
        return None
    registered = list(run.enrolments.active().order_by("created_at").values_list("created_at", flat=True))
    if not registered:
        if pending:
            pending.delete()
        return None
    versions = pending.before.get("versions", []) if pending else []
    last = datetime.fromisoformat(versions[-1]["until"]) if versions else None
    if differences(before, now) and (last is None or registered[-1] > last):
        versions = [*versions, {"until": at.isoformat(), "run": before}]
    change = pending or RunChange(run=run, kind=RunChangeKind.CHANGED, created_by=user)
    change.before = {"versions": versions}
    if not any(found for found, _moments in _news(change, now, registered)):
        if pending:
            pending.delete()
        return None
    change.save()
    return change


def is_over(before: Known, now: Known, at: datetime) -> bool:
    """Whether every day the run had or has is past: nobody needs to hear what is put right afterwards."""
    today = timezone.localdate(at).isoformat()
    days = [*before["days"], *now["days"]]
    return bool(days) and all(day["date"] < today for day in days)


def _news(
    change: RunChange, now: Known, registered: Iterable[datetime]
) -> Iterator[tuple[list[Difference], list[datetime]]]:
    """Yield, for each version that somebody registered under, what is new to them."""
    registered = list(registered)
    since = None
    for version in change.before.get("versions", []):
        until = datetime.fromisoformat(version["until"])
        there = [moment for moment in registered if moment <= until and (since is None or moment > since)]
        if there:
            yield differences(version["run"], now), there
        since = until


def _watch(run: CourseRun, before: Known, user: User) -> None:
    note_change(run, before, user)


run_watchers.add("run-changes", RunWatcher(before=knowledge_of, after=_watch), order=50)


def pending_change(run: CourseRun) -> RunChange | None:
    """Return the change of the run that participants have not been told of."""
    return RunChange.objects.filter(run=run, status=RunChangeStatus.PENDING).first()


# --- what there is to tell ------------------------------------------------------------------


@dataclass(slots=True)
class News:
    """A change as it can be told now: what differs, and from whom it is news."""

    change: RunChange
    run: CourseRun
    now: Known
    versions: list[tuple[datetime, list[Difference], Known]] = field(init=False)

    def __post_init__(self) -> None:
        self.versions = [
            (datetime.fromisoformat(version["until"]), differences(version["run"], self.now), version["run"])
            for version in self.change.before.get("versions", [])
        ]

    @classmethod
    def of(cls, change: RunChange, run: CourseRun) -> "News":
        """Return the news of a change; its texts are in the language in use."""
        return cls(change, run, knowledge_of(run))

    @property
    def differences(self) -> list[Difference]:
        """What anybody may have to hear, each once, in the words for who has known the run longest."""
        found: dict[str, Difference] = {}
        for _until, different, _known in self.versions:
            for each in different:
                found.setdefault(each.key, each)
        return list(found.values())

    @property
    def digest(self) -> str:
        """A fingerprint of what differs: two organisers who see the same have the same."""
        seen = json.dumps([self.change.before, self.now], sort_keys=True, cls=DjangoJSONEncoder)
        return hashlib.sha256(seen.encode()).hexdigest()[:16]

    def for_recipient(self, recipient: Recipient, keys: Collection[str]) -> tuple[list[Difference], Known]:
        """Return what of the chosen is new to them, and the run as they know it."""
        since = recipient.since
        for until, different, known in self.versions:
            if since is None or since <= until:
                told = [each for each in different if each.key in keys]
                return [each for each in told if recipient.may_see_link or not each.is_secret], known
        return [], self.now


@dataclass(frozen=True, slots=True)
class Telling:
    """What one recipient is told: their mails are made by `mails`."""

    recipient: Recipient
    told: list[Difference]
    entries: tuple[Entry, ...]

    def mails(self, run: CourseRun, now: Known, message: str) -> Iterator[QueuedMail]:
        extra = {"changes": [each.as_json() for each in self.told], "message": message}
        yield from mails_to(
            self.recipient,
            kind="enrolments.run_changed",
            run_pk=run.pk,
            run=without_people(now),
            extra=extra,
            entries=self.entries,
        )


def tellings(
    news: News, *, keys: Collection[str], audience: Audience, enrolments: Iterable[Enrolment] | None = None
) -> list[Telling]:
    """Return who is told what: only those for whom something chosen is new. In the site's language."""
    with translation.override(settings.LANGUAGE_CODE):
        news = News(news.change, news.run, news.now)
        found = []
        for recipient in recipients(news.run, audience, enrolments=enrolments):
            told, known = news.for_recipient(recipient, keys)
            if told:
                found.append(Telling(recipient, told, tuple(_entries(told, known, news.now))))
        return found


def _entries(told: Sequence[Difference], known: Known, now: Known) -> Iterator[Entry]:
    """Yield the calendar entries that change or go; what is over is left alone."""
    changed, removed = days_touched(told)
    today = timezone.localdate().isoformat()
    for day in now["days"]:
        if day["pk"] in changed and day["date"] >= today:
            yield without_people(day), REQUEST
    for day in known["days"]:
        if day["pk"] in removed and day["date"] >= today:
            yield without_people(day), CANCEL


def without_people(known: Known) -> Known:
    """Return a snapshot, or a day of one, as mails keep it."""
    kept = {key: value for key, value in known.items() if key != "people"}
    if "days" in kept:
        kept["days"] = [without_people(day) for day in kept["days"]]
    return kept


# --- telling --------------------------------------------------------------------------------


def tell(
    *, change_pk: int, user: User, keys: Collection[str], message: str, audience: Audience, seen: str
) -> RunChange:
    """Tell the audience what of the change is chosen (`keys` of its differences), and queue the mails.

    Calendar entries are updated under their UID with a higher SEQUENCE. `seen` is the digest of what the organiser
    looked at. Raises AlreadyTold when the change has been decided, ChangedMeanwhile when the run is another now.
    """
    with transaction.atomic():
        run, change = _lock(change_pk)
        news = News.of(change, run)
        if news.digest != seen:
            raise ChangedMeanwhile
        enrolments = list(chosen(run, audience))
        told = tellings(news, keys=keys, audience=audience, enrolments=enrolments)
        raise_sequences(each.recipient.enrolment for each in told if each.entries)
        queue_in_batches(mail for each in told for mail in each.mails(run, news.now, message))
        record_told(change, told_to(told, enrolments), user, fields=sorted({key.split(":")[0] for key in keys}))
        return settle(change, RunChangeStatus.TOLD, user, message=message, recipients=len(told))


def keep_silent(*, change_pk: int, user: User) -> RunChange:
    """Decide that nobody is told. Raises AlreadyTold when the change has been decided."""
    with transaction.atomic():
        _run, change = _lock(change_pk)
        return settle(change, RunChangeStatus.SILENT, user)


def _lock(change_pk: int) -> tuple[CourseRun, RunChange]:
    run_pk = RunChange.objects.filter(pk=change_pk).values_list("run", flat=True).first()
    if run_pk is None:
        raise AlreadyTold
    run = lock_run(run_pk)
    change = RunChange.objects.select_for_update().filter(pk=change_pk, status=RunChangeStatus.PENDING).first()
    if change is None:
        raise AlreadyTold
    return run, change


def settle(
    change: RunChange, status: RunChangeStatus, user: User, *, message: str = "", recipients: int = 0
) -> RunChange:
    """Write how a change was decided."""
    change.status, change.message, change.recipients = status, message, recipients
    change.handled_at, change.handled_by = timezone.now(), user
    change.save()
    return change


def raise_sequences(enrolments: Iterable[Enrolment | None]) -> None:
    """Raise the calendar SEQUENCE of these, so that the next entry replaces the one people have.

    Call it under the run's lock, with rows read under it.
    """
    raised = [enrolment for enrolment in enrolments if enrolment]
    Enrolment.objects.filter(pk__in=[e.pk for e in raised]).update(calendar_sequence=F("calendar_sequence") + 1)
    for enrolment in raised:
        enrolment.calendar_sequence += 1


def told_to(told: Iterable[Telling], enrolments: Iterable[Enrolment]) -> list[Enrolment]:
    """Return the participants who have been told, themselves or through their contact."""
    addresses = {each.recipient.email for each in told}
    return [e for e in enrolments if e.email in addresses or e.registration.contact_email in addresses]


def record_told(change: RunChange, enrolments: Iterable[Enrolment], user: User, **data: Any) -> None:
    """Write into the history of these that they have been told."""
    EnrolmentEvent.objects.bulk_create(
        (
            EnrolmentEvent(
                enrolment=enrolment,
                kind=EventKind.TOLD,
                actor=ActorKind.STAFF,
                user=user,
                data={"change": change.pk, "kind": change.kind, **data},
            )
            for enrolment in enrolments
        ),
        batch_size=BATCH,
    )


def queue_in_batches(mails: Iterable[QueuedMail]) -> int:
    """Queue the mails, `BATCH` at a time; return how many."""
    mails, count = iter(mails), 0
    while batch := list(islice(mails, BATCH)):
        count += len(queue_mails(batch))
    return count
