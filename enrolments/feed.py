"""What stands in a person's calendar feed: the days of runs on which they have a seat."""

from datetime import datetime, timedelta
from hashlib import sha256
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from courses.calendar import calendar_object, day_event
from courses.enums import HELD_STATUSES
from courses.models import CourseDay
from enrolments.enums import EnrolmentStatus
from enrolments.links import participant_link
from enrolments.models import Enrolment, Person, PersonAddress

#: How long a day that was stays in the feed.
KEPT = timedelta(days=92)


def event_uid(enrolment_pk: int, day_pk: int) -> str:
    """Return the UID of one day for one participant: the same in mails and in the feed, always."""
    return f"enrolment-{enrolment_pk}-day-{day_pk}@{urlsplit(settings.SITE_URL).hostname}"


def feed_of(person: Person, *, at: datetime) -> tuple[bytes, str]:
    """Return the person's feed and its ETag, in three queries however many courses there are.

    Only seats: who waits, has cancelled, or whose run is cancelled or was given up finds nothing here.
    """
    addresses = PersonAddress.objects.filter(person=person).values("email")
    seats: dict[int, list[Enrolment]] = {}
    for enrolment in Enrolment.objects.filter(
        email__in=addresses, status=EnrolmentStatus.CONFIRMED, run__status__in=HELD_STATUSES
    ).order_by("pk"):
        seats.setdefault(enrolment.run_id, []).append(enrolment)
    days = (
        CourseDay.objects.filter(run__in=list(seats), ends_at__gt=at - KEPT)
        .select_related("run__course", "run__venue", "venue")
        .order_by("starts_at", "pk")
    )
    with override(settings.LANGUAGE_CODE):
        events = [
            day_event(
                day,
                uid=event_uid(enrolment.pk, day.pk),
                sequence=enrolment.calendar_sequence,
                description=day.run.practical,
                url=participant_link.url(enrolment),
                with_online_link=True,
                # Not now: a feed that has not changed reads the same.
                stamp=enrolment.created_at,
            )
            for day in days
            for enrolment in seats[day.run_id]
        ]
        content = calendar_object(events, name=str(_("My courses")))
    return content, f'"{sha256(content).hexdigest()[:32]}"'
