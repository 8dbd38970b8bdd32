"""`manage.py read_bounces`: take in delivery reports from a pipe, a maildir or an mbox file."""

import mailbox
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from website.messaging.bounces import MAX_BYTES, Outcome, take_in


class Command(BaseCommand):
    help = (
        "Reads delivery reports and marks the mails they are about. Without a path one report comes from standard"
        " input (for a mail server's pipe); with one, all reports in that maildir or mbox file."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", nargs="?", type=Path, help="a maildir folder or an mbox file")
        parser.add_argument(
            "--delete", action="store_true", help="take each report out of the maildir or mbox once it is kept"
        )

    def handle(self, *args: Any, path: Path | None = None, delete: bool = False, **options: Any) -> None:
        counts = dict.fromkeys(Outcome, 0)
        reports = self._from_pipe() if path is None else self._from_box(path, delete=delete)
        for raw in reports:
            counts[take_in(raw)] += 1
        self.stdout.write(", ".join(f"{count} {outcome.value}" for outcome, count in counts.items()))

    @staticmethod
    def _from_pipe() -> Iterator[bytes]:
        yield sys.stdin.buffer.read(MAX_BYTES)

    @staticmethod
    def _from_box(path: Path, *, delete: bool) -> Iterator[bytes]:
        """Yield each report of the box; it is deleted when the next one is asked for: once it has been kept."""
        if not path.exists():
            raise CommandError(f"There is no {path}.")
        box: mailbox.Mailbox = (
            mailbox.Maildir(str(path), create=False) if path.is_dir() else mailbox.mbox(str(path), create=False)
        )
        if delete:
            box.lock()
        try:
            for key in list(box.keys()):
                yield box.get_bytes(key)
                if delete:
                    box.discard(key)
        finally:
            box.flush()
            box.close()
