"""The mails about groups: half-finished registrations, and seats whose names are to follow."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from courses.models import CourseRun
from enrolments.emails.parts import filled, reference_to
from enrolments.enums import EnrolmentStatus
from enrolments.links import draft_link, participant_link, registration_link
from enrolments.models import Enrolment, GroupDraft, Payer, Registration
from enrolments.snapshots import RunSnapshot, run_from, snapshot_run
from website.messaging.operations import QueuedMail, queue_mails
from website.messaging.texts import Block, Filled, Placeholder, Value, register_text_mail

Context = dict[str, Any]

# --- queueing -------------------------------------------------------------------------------


def queue_draft_saved(draft: GroupDraft, run: CourseRun) -> None:
    """Send the contact the link to what they have filled in so far."""
    context = _draft_context(draft, run)
    queue_mails([QueuedMail("enrolments.draft_saved", draft.contact_email, context, f"draft:{draft.pk}")])


def naming_mail(enrolment: Enrolment, registration: Registration, run: dict[str, Any]) -> QueuedMail:
    """Return the mail with the link by which a colleague fills in their own details. `run`: its snapshot."""
    context = _naming_context(enrolment, registration, run)
    return QueuedMail("enrolments.name_your_seat", enrolment.email, context, reference_to(registration))


def queue_naming_link(enrolment: Enrolment, run: CourseRun) -> None:
    """Send a colleague the link to the seat that is booked for them."""
    queue_mails([naming_mail(enrolment, enrolment.registration, snapshot_run(run))])


def queue_names_missing(registration: Registration, run: CourseRun, enrolments: Sequence[Enrolment]) -> None:
    """Remind the contact, and the colleagues who have their link, that names are missing."""
    known = snapshot_run(run)
    mails = [
        QueuedMail(
            "enrolments.names_missing",
            registration.contact_email,
            _missing_context(registration, known, enrolments),
            reference_to(registration),
        )
    ]
    for enrolment in enrolments:
        if enrolment.email and enrolment.email != registration.contact_email:
            context = _naming_context(enrolment, registration, known)
            mails.append(QueuedMail("enrolments.name_reminder", enrolment.email, context, reference_to(registration)))
    queue_mails(mails)


def unnamed_seats(enrolments: Iterable[Enrolment]) -> list[Context]:
    """Return what a mail says of the seats whose names are to follow; their links are derived at sending."""
    return [
        {"pk": each.pk, "link_version": each.link_version, "email": each.email, "number": each.form_order + 1}
        for each in enrolments
        if each.is_unnamed and each.is_active
    ]


def payers_of(enrolments: Iterable[Enrolment]) -> list[Context]:
    """Return who pays for whom, as JSON types: an entry per payer, nothing where one pays for all."""
    shares: dict[int, Context] = {}
    for each in enrolments:
        if each.payer is None:
            continue
        share = shares.setdefault(each.payer.pk, {"payer": payer_line(each.payer), "names": []})
        share["names"].append(each.name)
    return list(shares.values()) if len(shares) > 1 else []


def payer_line(payer: Payer) -> str:
    """Return a payer in one line: the organisation, and where the invoice goes."""
    where = f"EAN {payer.ean}" if payer.ean else payer.invoice_email
    references = [payer.order_reference, payer.person_reference]
    return ", ".join(part for part in (payer.name, where, *references) if part)


def _draft_context(draft: GroupDraft, run: CourseRun) -> Context:
    until = timezone.localdate(draft.updated_at) + timedelta(days=settings.DRAFT_DAYS)
    return {
        "run": snapshot_run(run),
        "draft": {"pk": draft.pk, "link_version": draft.link_version},
        "until": until.isoformat(),
    }


def _naming_context(enrolment: Enrolment, registration: Registration, run: dict[str, Any]) -> Context:
    return {
        "run": run,
        "seat": {"pk": enrolment.pk, "link_version": enrolment.link_version},
        "waiting": enrolment.status == EnrolmentStatus.WAITING,
        "contact": registration.contact_name,
    }


def _missing_context(registration: Registration, run: dict[str, Any], enrolments: Iterable[Enrolment]) -> Context:
    return {
        "run": run,
        "registration": {"pk": registration.pk, "link_version": registration.link_version},
        "contact": registration.contact_name,
        "seats": unnamed_seats(enrolments),
    }


# --- parts ----------------------------------------------------------------------------------


def unnamed_block(seats: Sequence[Context]) -> Block:
    """Return the links to the seats whose names are to follow (`unnamed_seats`), for their contact."""
    if not seats:
        return Block("", format_html(""))
    heading = _("Names to follow")
    intro = _("Send each colleague the link to their own seat. There they write their name themselves.")
    links = [(_seat_label(seat), participant_link.url(Enrolment(**_row(seat)))) for seat in seats]
    text = "\n".join([f"{heading}:", intro, *(f"- {label}:\n  {url}" for label, url in links)])
    items = format_html_join("", '<li><a href="{}">{}</a></li>', ((url, label) for label, url in links))
    return Block(text, format_html("<h2>{}</h2><p>{}</p><ul>{}</ul>", heading, intro, items))


def payers_block(shares: Sequence[Context]) -> Block:
    """Return who pays for whom (`payers_of`)."""
    if not shares:
        return Block("", format_html(""))
    heading = _("Who pays for whom")
    lines = [(share["payer"], ", ".join(name or _("Name to follow") for name in share["names"])) for share in shares]
    text = "\n".join([f"{heading}:", *(f"- {payer}: {names}" for payer, names in lines)])
    items = format_html_join("", "<li>{}: {}</li>", lines)
    return Block(text, format_html("<h2>{}</h2><ul>{}</ul>", heading, items))


def _seat_label(seat: Context) -> str:
    label = _("Seat %(number)s") % {"number": seat["number"]}
    return f"{label} ({seat['email']})" if seat["email"] else label


def _row(seat: Context) -> Context:
    return {"pk": seat["pk"], "link_version": seat["link_version"]}


def _starts(run: RunSnapshot) -> str:
    return date_format(run.days[0].date, "DATE_FORMAT") if run.days else ""


# --- the words ------------------------------------------------------------------------------

COURSE = Placeholder("course", gettext_lazy("the course's title"))
RUN = Placeholder("run", gettext_lazy("the course, its days and its place"), block=True)
QUESTIONS = Placeholder("questions", gettext_lazy("whom to ask"), block=True)


def _sample_draft() -> Context | None:
    draft = GroupDraft.objects.filter(registration=None).select_related("run__course", "run__venue").first()
    return _draft_context(draft, draft.run) if draft else None


def _sample_seat() -> Enrolment | None:
    rows = Enrolment.objects.active().select_related("registration", "run__course", "run__venue").order_by("-pk")
    return rows.filter(name="").first() or rows.first()


def _sample_naming() -> Context | None:
    seat = _sample_seat()
    return _naming_context(seat, seat.registration, snapshot_run(seat.run)) if seat else None


def _sample_missing() -> Context | None:
    seat = _sample_seat()
    if seat is None:
        return None
    seat.name = ""
    return _missing_context(seat.registration, snapshot_run(seat.run), [seat])


@register_text_mail(
    "enrolments.draft_saved",
    title=gettext_lazy("A half-finished registration is saved"),
    about=gettext_lazy("To the contact, with the link to go on"),
    subject=gettext_lazy("Go on with your registration: {course}"),
    body=gettext_lazy(
        "We have saved what you have filled in so far. Nobody is registered yet, and no seats are held.\n\n"
        "{link}\n\n"
        "The link is yours alone: whoever has it can see and change what you have written."
        " We keep it until {until}, and then delete it.\n\n"
        "{run}\n\n"
        "{questions}"
    ),
    placeholders=[
        COURSE,
        Placeholder(
            "link", gettext_lazy("the button that leads to the half-finished registration"), block=True, required=True
        ),
        Placeholder("until", gettext_lazy("the last day it is kept")),
        RUN,
        QUESTIONS,
    ],
    sample=_sample_draft,
)
def draft_saved(context: Context) -> Filled:
    run = run_from(context["run"])
    url = draft_link.url(GroupDraft(**_row(context["draft"])))
    values: dict[str, Value] = {
        "link": Block.button(_("Go on with the registration"), url),
        "until": date_format(date.fromisoformat(context["until"]), "DATE_FORMAT"),
    }
    return filled(run, values)


def _naming(context: Context) -> Filled:
    run = run_from(context["run"])
    if context["waiting"]:
        booked = _("%(contact)s has put you on the waiting list for the course.") % {"contact": context["contact"]}
    else:
        booked = _("%(contact)s has booked a seat for you.") % {"contact": context["contact"]}
    url = participant_link.url(Enrolment(**_row(context["seat"])))
    values: dict[str, Value] = {
        "contact": context["contact"],
        "booked": booked,
        "link": Block.button(_("Write your name"), url),
    }
    return filled(run, values)


NAMING_PLACEHOLDERS = [
    COURSE,
    Placeholder("contact", gettext_lazy("the contact's name")),
    Placeholder("booked", gettext_lazy("that the contact has booked a seat, or a place on the waiting list")),
    Placeholder("link", gettext_lazy("the button that leads to the participant's own page"), block=True, required=True),
    RUN,
    QUESTIONS,
]

register_text_mail(
    "enrolments.name_your_seat",
    title=gettext_lazy("A seat is booked for a colleague"),
    about=gettext_lazy("To a participant whose name is to follow, with their own link"),
    subject=gettext_lazy("A seat is booked for you: {course}"),
    body=gettext_lazy(
        "{booked} Write your name and we send you the confirmation with a calendar invitation.\n\n"
        "{link}\n\n"
        "The link is yours alone.\n\n"
        "{run}\n\n"
        "{questions}"
    ),
    placeholders=NAMING_PLACEHOLDERS,
    sample=_sample_naming,
)(_naming)

register_text_mail(
    "enrolments.name_reminder",
    title=gettext_lazy("Reminder to write one's name"),
    about=gettext_lazy("To a participant whose name is still missing, some days before the deadline"),
    subject=gettext_lazy("We need your name: {course}"),
    body=gettext_lazy(
        "{booked} We do not have your name yet. It takes a minute to write it.\n\n{link}\n\n{run}\n\n{questions}"
    ),
    placeholders=NAMING_PLACEHOLDERS,
    sample=_sample_naming,
)(_naming)


@register_text_mail(
    "enrolments.names_missing",
    title=gettext_lazy("Reminder of missing names"),
    about=gettext_lazy("To the contact who booked seats without names, some days before the deadline"),
    subject=gettext_lazy("Names are missing: {course}"),
    body=gettext_lazy(
        "Dear {contact}\n\n"
        "{missing} The course begins on {starts}. Write the names, or send your colleagues their links.\n\n"
        "{link}\n\n"
        "{seats}\n\n"
        "{run}\n\n"
        "{questions}"
    ),
    placeholders=[
        COURSE,
        Placeholder("contact", gettext_lazy("the contact's name")),
        Placeholder("missing", gettext_lazy("how many names are missing")),
        Placeholder("starts", gettext_lazy("the first day of the course")),
        Placeholder("link", gettext_lazy("the button that leads to the registration"), block=True, required=True),
        Placeholder("seats", gettext_lazy("the seats without names, each with its link"), block=True),
        RUN,
        QUESTIONS,
    ],
    sample=_sample_missing,
)
def names_missing(context: Context) -> Filled:
    run = run_from(context["run"])
    count = len(context["seats"])
    missing = ngettext(
        "We still need the name of %(count)s participant.", "We still need the names of %(count)s participants.", count
    ) % {"count": count}
    url = registration_link.url(Registration(**_row(context["registration"])))
    values: dict[str, Value] = {
        "contact": context["contact"],
        "missing": missing,
        "starts": _starts(run),
        "link": Block.button(_("See or change your registration"), url),
        "seats": unnamed_block(context["seats"]),
    }
    return filled(run, values)
