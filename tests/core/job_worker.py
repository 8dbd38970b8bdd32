"""A real worker with a kind of job that waits for a sign: for tests that kill it in the middle.

    python -m tests.core.job_worker <gate>

The job "tests.gated" counts to a thousand inside a snapshot, and waits halfway until the file <gate> stands.
"""

import sys
import time
from pathlib import Path
from typing import Any

import django

LINES = 1000


def main(gate: Path) -> None:
    django.setup()
    from django.core.management import call_command

    from website.core.contributions import job_kinds
    from website.core.exports import snapshot
    from website.core.jobs import Progress

    def gated(job: Any, progress: Progress) -> None:
        with snapshot(), progress.open_file("tal.csv") as file:
            progress.set_total(LINES)
            for number in range(LINES):
                while number == LINES // 2 and not gate.exists():
                    time.sleep(0.05)
                    progress.advance(0)
                file.write(b"%d\n" % number)
                progress.advance()
        progress.result(rows=LINES)

    job_kinds.add("tests.gated", gated)
    queues = ("--queues", "jobs,housekeeping")
    call_command("procrastinate", "worker", *queues, "--fetch-job-polling-interval", "0.2")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
