"""10,000 mails by two workers to a mail server on this machine, beside what that server takes from smtplib alone.

Once undisturbed, for the rate; once while workers and server are killed at random, for what is lost (nothing) and
what comes twice (one mail a kill at most, under the same Message-ID).
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.utils import translation

from tests.messaging.killing import ROOT, Sink, send_everything
from website.messaging.mime import OutgoingEmail
from website.messaging.models import OutboxMessage
from website.messaging.operations import QueuedMail, new_message_id, queue_mails
from website.messaging.registry import mail_kinds

MAILS, WORKERS, KILLS = 10_000, 2, 20
KIND = "enrolments.invitation"


def run() -> Iterator[str]:
    """Yield what the workers sent a second, beside the bare server, and what the kills did."""
    with tempfile.TemporaryDirectory() as folder:
        context = mail_kinds.get(KIND).text.sample()
        bare = _bare(Path(folder), context)
        queueing = _queue(context)
        sink = Sink(Path(folder) / "calm")
        calm = send_everything(sink, environment={}, kills=0, workers=WORKERS, limit=1800)
        sink.kill()
        assert (calm.lost, calm.repeats) == (0, 0)
        yield (
            f"mails, {MAILS} by {WORKERS} workers: {MAILS / calm.seconds:.0f} a second"
            f"  |  smtplib alone, {WORKERS} processes: {MAILS / bare:.0f} a second;"
            f" queued in {queueing:.1f} s"
        )
        _queue(context)
        sink = Sink(Path(folder) / "killed")
        killed = send_everything(sink, environment={}, kills=KILLS, workers=WORKERS, limit=1800)
        sink.kill()
        yield (
            f"      while {killed.kills} times a worker or the server is killed: {killed.lost} lost,"
            f" {killed.repeats} came twice, all in {killed.seconds:.0f} s"
        )
        assert killed.lost == 0 and killed.repeats <= killed.kills
        OutboxMessage.objects.all().delete()


def _queue(context: dict) -> float:
    OutboxMessage.objects.all().delete()
    began = time.perf_counter()
    queue_mails(QueuedMail(KIND, f"deltager{at}@example.dk", context) for at in range(MAILS))
    return time.perf_counter() - began


def _bare(folder: Path, context: dict) -> float:
    """Return the seconds that the server takes for the same mail, ready made, from as many plain loops."""
    with translation.override(settings.LANGUAGE_CODE):
        mail = mail_kinds.get(KIND).render(context)
    made = OutgoingEmail.from_mail(mail, to="a@example.dk", message_id=new_message_id()).message().as_bytes()
    (folder / "mail").write_bytes(made)
    sink = Sink(folder / "bare")
    command = [
        sys.executable,
        "-m",
        "tests.load.smtp_loop",
        str(sink.port),
        str(folder / "mail"),
        str(MAILS // WORKERS),
    ]
    began = time.perf_counter()
    loops = [subprocess.Popen(command, cwd=ROOT) for _ in range(WORKERS)]
    assert [loop.wait() for loop in loops] == [0] * WORKERS
    seconds = time.perf_counter() - began
    assert sink.count() == MAILS
    sink.kill()
    return seconds
