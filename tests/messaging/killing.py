"""Send the whole outbox by real workers to a real sink, killing them at random, and count what arrived."""

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from django.conf import settings
from django.db import connection
from django.utils import timezone
from procrastinate.exceptions import AlreadyEnqueued

from website.messaging.enums import RETRYABLE_STATUSES, MailStatus
from website.messaging.models import OutboxMessage
from website.messaging.tasks import deliver_due_mails

ROOT = Path(settings.ROOT)
#: Short, so that what a killed worker held is not long in coming; long enough for a busy machine.
LEASE = 8


@dataclass(frozen=True)
class Result:
    """What came of it. `arrivals` counts each Message-ID at the sink."""

    seconds: float
    kills: int
    arrivals: Counter[str]
    queued: set[str]

    @property
    def lost(self) -> int:
        return len(self.queued - set(self.arrivals))

    @property
    def repeats(self) -> int:
        return sum(count - 1 for count in self.arrivals.values())

    @property
    def strangers(self) -> int:
        return len(set(self.arrivals) - self.queued)


class Sink:
    """The sink of `smtp_sink` as a process that can be killed and started again on its port."""

    def __init__(self, file: Path, *, delay: float = 0.0) -> None:
        self.file, self.delay = file, delay
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.messaging.smtp_sink", str(self.port), str(self.file), str(self.delay)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def count(self) -> int:
        """Return how many mails have arrived: all lines are as long as the first."""
        if not self.file.exists() or not (size := self.file.stat().st_size):
            return 0
        with self.file.open("rb") as lines:
            return size // len(lines.readline())

    def arrivals(self) -> Counter[str]:
        return Counter(self.file.read_text().split()) if self.file.exists() else Counter()


class Farm:
    """Workers that can be killed and replaced. Their clock is ours: `tick` stands for the minute's periodic job."""

    def __init__(self, *, smtp_port: int, environment: dict[str, str]) -> None:
        self.pids: list[int] = []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.messaging.worker_farm"],
            cwd=ROOT,
            env={
                **os.environ,
                **environment,
                "EMAIL_URL": f"smtp://127.0.0.1:{smtp_port}",
                "EMAIL_TIMEOUT": "2",
                "MAIL_LEASE_SECONDS": str(LEASE),
                "LOG_LEVEL": "ERROR",
                "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "site")]),
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout.readline() == "ready\n"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for pid in self.pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.communicate()

    def start_worker(self) -> None:
        self._process.stdin.write("start\n")
        self._process.stdin.flush()
        self.pids.append(int(self._process.stdout.readline()))

    def kill_worker(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)
        self.pids.remove(pid)

    @staticmethod
    def tick() -> None:
        """Let a minute pass: waits before another attempt are over, and the periodic job is due."""
        OutboxMessage.objects.filter(status=MailStatus.QUEUED, due_at__gt=timezone.now()).update(due_at=timezone.now())
        with contextlib.suppress(AlreadyEnqueued):
            deliver_due_mails.defer(timestamp=int(time.time()))


def send_everything(
    sink: Sink,
    *,
    environment: dict[str, str],
    kills: int,
    workers: int = 2,
    seed: int | None = None,
    limit: float = 300,
) -> Result:
    """Send what waits in the outbox, killing a worker or the sink `kills` times, spread over the mails to send."""
    dice = random.Random(seed)
    queued = set(OutboxMessage.objects.filter(status__in=RETRYABLE_STATUSES).values_list("message_id", flat=True))
    moments = sorted(dice.sample(range(len(queued) // 20, len(queued) * 9 // 10), kills))
    killed = 0
    with Farm(smtp_port=sink.port, environment=environment) as farm:
        began = last_tick = time.monotonic()
        for _ in range(workers):
            farm.start_worker()
        while OutboxMessage.objects.filter(status__in=RETRYABLE_STATUSES).exists():
            assert time.monotonic() - began < limit, "the outbox did not run empty"
            if moments and sink.count() >= moments[0]:
                moments.pop(0)
                time.sleep(dice.random() * 0.05)
                victim = dice.choice([*farm.pids, sink])
                if victim is sink:
                    sink.kill()
                    sink.start()
                else:
                    farm.kill_worker(victim)
                    farm.start_worker()
                killed += 1
            if time.monotonic() - last_tick > 0.5:
                farm.tick()
                last_tick = time.monotonic()
            time.sleep(0.02 if moments else 0.2)
        seconds = time.monotonic() - began
    return Result(seconds, killed, sink.arrivals(), queued)


def database_url() -> str:
    """Return the address of the database that this process uses."""
    stands: dict[str, Any] = connection.settings_dict
    user = quote(stands["USER"] or "", safe="") + (
        ":" + quote(stands["PASSWORD"], safe="") if stands["PASSWORD"] else ""
    )
    place = f"{stands['HOST']}:{stands['PORT']}" if stands["PORT"] else stands["HOST"]
    query = "&".join(f"{key}={quote(str(value), safe='')}" for key, value in stands["OPTIONS"].items() if key != "pool")
    return f"postgres://{user}@{place}/{stands['NAME']}" + (f"?{query}" if query else "")
