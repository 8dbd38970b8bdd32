"""Bring database, texts, static files and demo content up to date, in one process of the environment.

Prints a line per step. Safe to repeat: what is up to date is left alone.
"""

import hashlib
import os
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "site")]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "website.settings.demo")


def step(text: str, work: Callable[[], str | None]) -> None:
    print(f"· {text}", flush=True)
    began = time.monotonic()
    result = work()
    print(f"    {result or 'done'} ({time.monotonic() - began:.1f} s)", flush=True)


def migrate() -> str:
    """Apply what is missing. A fresh database takes half a minute or more, so tell how far it is."""
    from django.core.management import call_command

    class Counter(StringIO):
        applied = 0

        def write(self, text: str) -> int:
            if text.strip() == "OK":
                self.applied += 1
                if self.applied % 60 == 0:
                    print(f"    {self.applied} migrations", flush=True, file=sys.__stdout__)
            return len(text)

    counter = Counter()
    call_command("migrate", interactive=False, stdout=counter)
    return f"{counter.applied} migrations applied" if counter.applied else "up to date"


def collect_static() -> str:
    """Collect unless the sources (names, sizes, times) are those of the last time."""
    from django.conf import settings
    from django.contrib.staticfiles.finders import get_finders
    from django.core.management import call_command

    digest = hashlib.sha256(settings.STORAGES["staticfiles"]["BACKEND"].encode())
    for finder in get_finders():
        for path, storage in finder.list([]):
            status = os.stat(storage.path(path))
            digest.update(f"{path} {status.st_size} {status.st_mtime_ns}\n".encode())
    mark = Path(settings.STATIC_ROOT) / ".collected"
    if mark.exists() and mark.read_text() == digest.hexdigest():
        return "up to date"
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    mark.write_text(digest.hexdigest())
    return "collected"


def load_demo() -> str:
    from django.core.management import call_command

    with redirect_stdout(StringIO()) as output:
        call_command("load_demo")
    lines = output.getvalue().strip().splitlines()
    return lines[-1] if lines else "done"


def main() -> None:
    import django

    from tools.messages import compile_all

    step("texts", compile_all)
    django.setup()
    step("database", migrate)
    step("static files", collect_static)
    if "--content" in sys.argv:
        step("demo content", load_demo)


if __name__ == "__main__":
    main()
