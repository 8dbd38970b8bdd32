"""After the nightly job nothing named is left: a search of every table, the logs and the files finds no canary.

Everything here is called "zkanarie" something: names, addresses, titles, departments, needs, answers, reasons.
"""

import io
import logging
import smtplib
from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from wagtail.log_actions import log

from enrolments.enums import ActorKind, AttendanceStatus, RequestKind
from enrolments.models import Answer, Enrolment, Offer, Person, RunChange, RunMessage
from enrolments.operations.attendance import Mark, Tap, mark, take, walk_in
from enrolments.operations.cancelling import cancel
from enrolments.operations.certificates import issue, reissue
from enrolments.operations.correcting import correct
from enrolments.operations.details import ContactDetails, ParticipantDetails, PayerDetails
from enrolments.operations.drafts import save_draft
from enrolments.operations.holds import hold_for_group
from enrolments.operations.moving import move
from enrolments.operations.offers import decline_offer
from enrolments.operations.questions import sweep_files
from enrolments.operations.reminding import send_reminders
from enrolments.operations.replacing import replace
from enrolments.operations.requests import ask
from enrolments.snapshots import snapshot_run
from tests.accounts.test_my_page import add_address, sign_in
from tests.enrolments.helpers import EAN, sign_up
from tests.factories import AnswerFactory, CoursePageFactory, CourseRunFactory, QuestionFactory, UserFactory
from website.accounts.models import User
from website.core.logs import MaskSecrets
from website.core.models import JobStatus, LongJob
from website.core.retention import run_retention
from website.messaging.operations import deliver, due_pks
from website.storage import private

pytestmark = pytest.mark.django_db(transaction=True)

CANARIES = ("zkanarie", "98 76 54 32")


def person(name: str) -> ParticipantDetails:
    return ParticipantDetails(
        f"{name} Zkanarie", f"{name.lower()}@zkanarie.dk", f"zkanarieleder {name}", f"zkanarieafdeling {name}",
        f"zkanariediæt {name}",
    )  # fmt: skip


def found() -> dict[str, int]:
    """Return the tables in which a canary stands, with how many rows: every column of every table is searched."""
    tables: dict[str, int] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables"
            " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        )
        for (table,) in cursor.fetchall():
            for canary in CANARIES:
                cursor.execute(f'SELECT count(*) FROM "{table}" AS t WHERE t::text ILIKE %s', [f"%{canary}%"])  # noqa: S608
                if count := cursor.fetchone()[0]:
                    tables[table] = tables.get(table, 0) + count
    # Sessions are packed: their words show only when they are read.
    for session in Session.objects.all():
        if any(canary in str(session.get_decoded()).lower() for canary in CANARIES):
            tables["django_session"] = tables.get("django_session", 0) + 1
    return tables


def files() -> list[str]:
    """Return what stands in the private folder."""

    def below(folder: str) -> list[str]:
        folders, names = private().listdir(folder)
        return names + [name for each in folders for name in below(f"{folder}/{each}".lstrip("/"))]

    try:
        return below("")
    except FileNotFoundError:
        return []


@pytest.fixture
def written_log():
    """Return what the console's handler writes, as configured: with everything at its most talkative."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(MaskSecrets())
    handler.setFormatter(logging.Formatter(settings.LOGGING["formatters"]["line"]["format"]))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


class RefusingBackend(EmailBackend):
    """Refuses one address the way servers do: by quoting it."""

    def send_messages(self, messages):
        for message in messages:
            if "anna@zkanarie.dk" in message.to:
                refusal = {"anna@zkanarie.dk": (450, b"anna@zkanarie.dk: no room")}
                raise smtplib.SMTPRecipientsRefused(refusal)
        return super().send_messages(messages)


def live_through_everything(client: Client) -> date:
    """Let canaries do all one can do with a place; return the last day of the last run."""
    organiser = UserFactory(organiser=True, staff=True)
    course = CoursePageFactory(price=Decimal("1995.00"))
    first = timezone.localdate() + timedelta(days=1)
    run = CourseRunFactory(course=course, capacity=4, asks_dietary=True, first_day=first)
    other = CourseRunFactory(course=course, capacity=4, asks_dietary=True, first_day=first + timedelta(days=7))
    type(run).objects.filter(pk=run.pk).update(notes="Zkanarie ringede")
    save_draft(run=run, data={"contact_name": ["Zkanarie"]}, contact_email="kladde@zkanarie.dk")
    contact = ContactDetails("Bente Zkanarie", "bente@zkanarie.dk", "98 76 54 32")
    payer = PayerDetails("ean", ean=EAN, order_reference="zkanarieordre", person_reference="Bo Zkanarie")
    group = sign_up(run, participants=[person(n) for n in ("Anna", "Bo", "Carl", "Dea")], contact=contact, payer=payer)
    by_mail = PayerDetails("email", invoice_email="faktura@zkanarie.dk", cvr="55133018")
    line = sign_up(
        run, participants=[person("Eva"), person("Finn")], contact=ContactDetails("Gry Zkanarie", "gry@zkanarie.dk"),
        payer=by_mail, accepts_line=True, submission="the line",
    )  # fmt: skip
    anna, bo, carl, dea = group.enrolments.order_by("form_order")
    question = QuestionFactory(run=run, kind="file")
    AnswerFactory(
        enrolment=anna, question=question, value="zkanarie.pdf", file=SimpleUploadedFile("zkanarie.pdf", b"x")
    )
    AnswerFactory(enrolment=anna, question=QuestionFactory(run=run), value="Jeg hedder Zkanarie")
    AnswerFactory(enrolment=anna, question=QuestionFactory(run=run, is_sensitive=True), value="zkanarieallergi")
    AnswerFactory(
        registration=group, enrolment=None, question=QuestionFactory(run=run, asked_of="registration"), value="zkanarie"
    )
    Enrolment.objects.filter(pk=anna.pk).update(notes="Zkanarie kommer sent")
    hold_for_group(run_pk=run.pk, registration_pk=line.pk, user=organiser, reason="Zkanarie skal have plads")
    replace(enrolment=bo, details=person("Hans"), actor=ActorKind.STAFF, user=organiser, reason="Zkanarie er syg")
    ask(
        enrolment=anna,
        kind=RequestKind.REPLACE,
        actor=ActorKind.CONTACT,
        message="Zkanarie kan ikke",
        details=person("Ida"),
    )
    anna.refresh_from_db()
    correct(enrolment=anna, details=person("Anna"), version=anna.version, actor=ActorKind.CONTACT)
    cancel(
        registration=group, enrolment_pks=[carl.pk], actor=ActorKind.STAFF, user=organiser, reason="Zkanarie aflyser"
    )
    move(enrolments=[dea], to_run=other, actor=ActorKind.STAFF, user=organiser, reason="Zkanarie flytter")
    for offer in Offer.objects.filter(status="open"):
        decline_offer(offer_pk=offer.pk)
    RunMessage.objects.create(run=run, subject="Til Zkanarie", body="Kære Zkanarie", audience={"q": "zkanarie"})
    RunChange.objects.create(run=run, kind="changed", status="told", before=snapshot_run(run), message="Kære Zkanarie")
    day = run.ordered_days()[0]
    ill = Mark(AttendanceStatus.EXCUSED, reason="Zkanarie har feber", note="Zkanaries chef ringede")
    mark(day=day, marks={anna.pk: ill}, by=organiser)
    taps = [
        # The later one counts; both stand in the history, with what was written and which device took them.
        Tap(uuid4(), anna.pk, Mark(AttendanceStatus.EXCUSED, reason="Zkanarie er rask", note="Zkanarie"), moment)
        for moment in (timezone.now(), timezone.now() - timedelta(hours=1))
    ]
    take(day=day, taps=taps, by=organiser, source="roll_call", device="zkanarietelefon")
    at_the_door = day.starts_at + timedelta(minutes=5)
    walk_in(
        day=day,
        submission="a-tap",
        name="Walter Zkanarie",
        email="walter@zkanarie.dk",
        organisation_name="Foreningen",
        by=organiser,
        at=at_the_door,
        received_at=at_the_door,
        device="zkanarietelefon",
    )
    give_certificates(run.pk, anna.pk, organiser)
    leave_a_report(organiser)
    send_reminders(at=timezone.now().replace(hour=12))
    log(instance=anna, action="wagtail.edit", user=organiser)
    sign_in(client, "hans@zkanarie.dk")
    add_address(client, "gry@zkanarie.dk")
    client.post("/min-side/", {"email": "endnu-en@zkanarie.dk"})
    deliver(due_pks())
    with transaction.atomic():
        log(instance=Person.objects.get().user, action="wagtail.create", user=organiser)
    return max(run.ordered_days()[-1].date, other.ordered_days()[-1].date)


def give_certificates(run_pk: int, anna_pk: int, organiser: User) -> None:
    """Issue a certificate with a reason, revoke it with another, and issue the next."""
    [certificate] = issue(
        run_pk=run_pk, enrolment_pks=[anna_pk], by=organiser, exception="Zkanarie fortjener det"
    ).certificates
    reissue(certificate_pk=certificate.pk, reason="Zkanarie staves anderledes", by=organiser)


def leave_a_report(organiser: User) -> None:
    """Order a file with everybody in it, and never come back for it."""
    done = timezone.now()
    job = LongJob(
        kind="reports.file",
        title="Fremmøde",
        requested_by=organiser,
        status=JobStatus.DONE,
        finished_at=done,
        expires_at=done + timedelta(days=7),
        filename="zkanarie.csv",
    )
    job.file.save("zkanarie.csv", ContentFile(b"Anna Zkanarie;til stede"))


def test_after_the_nightly_job_a_search_of_everything_finds_nobody(client, written_log, settings, monkeypatch):
    settings.EMAIL_BACKEND = "tests.enrolments.test_canaries.RefusingBackend"
    settings.ALLOWED_HOSTS = ["*"]
    others = set(files())
    last = live_through_everything(client)
    before = found()
    # The search finds what there is to find: else it would prove nothing.
    for table in (
        *("enrolments_enrolment", "enrolments_registration", "enrolments_payer", "enrolments_groupdraft"),
        *("enrolments_enrolmentevent", "enrolments_changerequest", "enrolments_answer", "enrolments_seathold"),
        *("enrolments_attendance", "enrolments_attendancechange"),
        *("enrolments_certificate", "core_longjob"),
        *("enrolments_runmessage", "enrolments_runchange", "enrolments_personaddress", "courses_courserun"),
        *(
            "messaging_outboxmessage",
            "accounts_user",
            "account_emailaddress",
            "django_session",
            "wagtailcore_modellogentry",
        ),
    ):
        assert before.get(table), f"no canary in {table}: {before}"
    assert set(files()) - others
    rows = Enrolment.objects.count()

    kept = last + timedelta(days=121)
    _run_as_if_on(kept, monkeypatch)

    # What the bookkeeping act makes us keep (contacts and payers of what was to be paid for), what a certificate
    # says as long as it can be checked, and nothing else.
    assert set(found()) <= {"enrolments_registration", "enrolments_payer", "enrolments_certificate"}
    assert found()
    assert Enrolment.objects.exclude(name__regex=r"^Deltager \d+$").count() == 0
    assert Enrolment.objects.exclude(email="", job_title="", department="", dietary="", notes="").count() == 0
    assert not Answer.objects.exists()
    assert not set(files()) - others

    _run_as_if_on(date(last.year + 6, 1, 1), monkeypatch)

    assert found() == {}
    assert Enrolment.objects.count() == rows
    text = written_log.getvalue().lower()
    assert "zkanarie" not in text and "98 76 54 32" not in text
    assert "smtprecipientsrefused" in text  # the refused mail has been logged, without its address


def _run_as_if_on(day: date, monkeypatch) -> None:
    """Run the nightly jobs as if it were that day."""
    moment = timezone.now() + (day - timezone.localdate()) + timedelta(hours=1)
    with monkeypatch.context() as patch:
        patch.setattr("django.utils.timezone.now", lambda: moment)
        deliver(due_pks())  # what was to be tried again has been, or has been given up
        from website.messaging.models import OutboxMessage

        OutboxMessage.objects.filter(status__in=("queued", "sending")).update(status="failed")
        run_retention()
        sweep_files(now=moment)
        assert Session.objects.filter(expire_date__lt=moment).count() == 0
