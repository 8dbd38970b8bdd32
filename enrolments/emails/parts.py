"""What the mails about enrolments are made of: snapshots when they are queued, blocks and calendars when rendered.

A calendar request may speak of one event only (RFC 5546 § 3.2), so a run of several days gives one
invitation a day: the first with the confirmation, the others in short mails of their own.
"""

from collections.abc import Iterable, Mapping
from email.utils import parseaddr
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import translation
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from courses.calendar import address, calendar_object, day_event
from courses.models import CourseDay, CourseRun
from enrolments.check_in_codes import check_in_code, code_url
from enrolments.enums import EnrolmentStatus
from enrolments.links import participant_link
from enrolments.models import Enrolment, Registration
from enrolments.qr import qr_png
from enrolments.snapshots import RunSnapshot, snapshot_registration, snapshot_run
from website.messaging.operations import QueuedMail
from website.messaging.registry import Calendar, Picture
from website.messaging.texts import Block, Filled, Value

Context = dict[str, Any]


def about_registration(registration: Registration, run: CourseRun) -> Context:
    return {"run": snapshot_run(run), "registration": snapshot_registration(registration)}


def participants_of(enrolments: Iterable[Enrolment]) -> list[Context]:
    with translation.override(settings.LANGUAGE_CODE):  # whoever's doing it is, a mail is in our language
        return [
            {"name": str(enrolment), "status": enrolment.status, "fee": str(enrolment.fee or "")}
            for enrolment in enrolments
        ]


def attendee_of(enrolment: Enrolment) -> Context:
    return {
        "pk": enrolment.pk,
        "name": enrolment.name,
        "email": enrolment.email,
        "sequence": enrolment.calendar_sequence,
        "link_version": enrolment.link_version,
    }


def seat_url(attendee: Context) -> str:
    """Return the participant's secret link to their own seat. Derived when the mail is sent, never stored."""
    return participant_link.url(_enrolment_of(attendee))


def seat_button(attendee: Context) -> Block:
    """Return the button to the participant's own page: see the seat, correct details, cancel or move it."""
    return Block.button(_("See or change your seat"), seat_url(attendee))


def code_block(attendee: Context | None) -> Block:
    """Return the participant's code for the door, as a picture and as text; nothing where nobody takes part.

    Goes with `code_pictures`. Mails that were queued before participants had links of their own have none.
    """
    if not attendee or "link_version" not in attendee:
        return Block(text="", html=mark_safe(""))
    enrolment = _enrolment_of(attendee)
    context = {"code": check_in_code(enrolment), "url": code_url(enrolment), "picture": _code_name(attendee)}
    return Block.from_template("enrolments/emails/_code", context)


def code_pictures(attendee: Context | None) -> tuple[Picture, ...]:
    """Return the picture that `code_block` shows."""
    if not attendee or "link_version" not in attendee:
        return ()
    return (Picture(_code_name(attendee), qr_png(code_url(_enrolment_of(attendee)))),)


def _code_name(attendee: Context) -> str:
    return f"kode-{attendee['pk']}@{urlsplit(settings.SITE_URL).hostname}"


def _enrolment_of(attendee: Context) -> Enrolment:
    return Enrolment(pk=attendee["pk"], link_version=attendee.get("link_version", 1))


def contact_as_attendee(about: Context, enrolments: Iterable[Enrolment]) -> Context | None:
    """Return the contact as attendee when they take part themselves with a seat."""
    email = about["registration"]["contact_email"]
    own = [e for e in enrolments if e.email == email and e.status == EnrolmentStatus.CONFIRMED]
    return attendee_of(own[0]) if own else None


def reference_to(registration: Registration) -> str:
    return f"registration:{registration.pk}"


def further_days(kind: str, registration: Registration, about: Context, enrolment: Enrolment) -> Iterable[QueuedMail]:
    """Yield a short mail of `kind` for each day after the first."""
    for number in range(1, len(about["run"]["days"])):
        context = {"run": about["run"], "attendee": attendee_of(enrolment), "day": number}
        yield QueuedMail(kind, enrolment.email, context, reference_to(registration))


def calendar_part(run: RunSnapshot, attendee: Context, *, number: int = 0, method: str = "REQUEST") -> Calendar | None:
    """Return the calendar part of one day for one participant: same UID always, SEQUENCE from the row."""
    if not run.days:
        return None
    day: CourseDay = run.days[number]
    cancelled = method == "CANCEL"
    name, sender = parseaddr(settings.DEFAULT_FROM_EMAIL)
    event = day_event(
        day,
        uid=f"enrolment-{attendee['pk']}-day-{day.pk}@{urlsplit(settings.SITE_URL).hostname}",
        sequence=attendee["sequence"],
        status="CANCELLED" if cancelled else "CONFIRMED",
        organizer=address(sender, name=name),
        attendee=address(
            attendee["email"],
            name=attendee["name"],
            role="REQ-PARTICIPANT",
            partstat="DECLINED" if cancelled else "ACCEPTED",
            rsvp="FALSE",
        ),
        description=run.practical,
        url=run.url,
        with_online_link=True,
    )
    return Calendar(content=calendar_object([event], method=method).decode(), method=method)


def run_block(run: RunSnapshot, *, show_link: bool = False) -> Block:
    """Return the run's facts: course, days, place and, for those with a seat, the online link."""
    return _part("_run", run, show_link, translation.get_language())


def practical_block(run: RunSnapshot) -> Block:
    """Return the practical information and the way there."""
    return _part("_practical", run, False, translation.get_language())


def questions_block(run: RunSnapshot) -> Block:
    """Return whom to ask."""
    return _part("_questions", run, False, translation.get_language())


def filled(
    run: RunSnapshot,
    values: Mapping[str, Value],
    *,
    show_link: bool = False,
    calendar: Calendar | None = None,
    pictures: tuple[Picture, ...] = (),
    reply_to: str = "",
) -> Filled:
    """Return what every mail about a run has, and this one's `values`. Answers go to the course's contact.

    The run's facts stand under both names that the words of mails know them by.
    """
    facts = run_block(run, show_link=show_link)
    common: dict[str, Value] = {"course": run.title, "run": facts, "facts": facts, "questions": questions_block(run)}
    return Filled({**common, **values}, calendar, reply_to or run.contact_email, pictures=pictures)


@lru_cache(maxsize=256)
def _part(name: str, run: RunSnapshot, show_link: bool, language: str | None) -> Block:
    """Return a part that is the same in every mail about a run: made once for all of them."""
    context = {"run": run, "show_link": show_link, "provider": settings.PROVIDER}
    return Block.from_template(f"enrolments/emails/{name}", context)
