"""`make test`: install what is needed and run every test; `make test ARGS="tests/courses -x"` runs some.

All of them run on every core, each process with a database of its own and whole files at a time; some run in one.

Browser tests need Chromium: as root on Debian or Ubuntu it is installed, elsewhere the run says in one
line what it leaves out. With CI=true leaving out is a failure.
"""

from __future__ import annotations

import os
import subprocess
import sys

from tools import bootstrap, chromium
from tools.bootstrap import ROOT, VENV_PYTHON, Stop, say

#: Races open many connections each, and PostgreSQL has room for those of a few processes at once.
MOST_PROCESSES = 4


def main() -> int:
    bootstrap.use_new_enough_python("tools.test")
    try:
        bootstrap.prepare(dev=True)
    except Stop as stop:
        print(f"\n{stop}", file=sys.stderr)
        return 1
    wants_browser = not any("tests/" in argument and "e2e" not in argument for argument in sys.argv[1:])
    left_out = None
    if wants_browser and not chromium.find():
        say("· Chromium")
        left_out = chromium.install(str(VENV_PYTHON))
        if left_out and os.environ.get("CI"):
            print(f"\nIn CI no test is left out: {left_out}", file=sys.stderr)
            return 1
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "site")])}
    if node := bootstrap.node():  # the calendar tests read our files with ical.js
        environment["PATH"] = os.pathsep.join([str(node.parent), environment.get("PATH", "")])
    was_running = embedded("status", environment) == "runs"
    subprocess.run([str(VENV_PYTHON), "-m", "tools.messages", "--compile"], cwd=ROOT, env=environment, check=True)
    say("· tests")
    try:
        code = subprocess.run(
            [str(VENV_PYTHON), "-m", "pytest", "--create-db", "-q", *(sys.argv[1:] or on_every_core())],
            cwd=ROOT,
            env=environment,
        ).returncode
    except KeyboardInterrupt:
        code = 130
    finally:
        if not was_running:
            embedded("stop", environment)
        bootstrap.give_back(ROOT / "var", ROOT / ".pytest_cache", ROOT / ".hypothesis")
    if left_out:
        say(f"left out: browser tests ({left_out})")
    return code


def on_every_core() -> list[str]:
    """Return the options that share all tests out: whole files, because some set up a site of their own."""
    return ["-n", str(min(os.cpu_count() or 1, MOST_PROCESSES)), "--dist", "loadfile"]


def embedded(what: str, environment: dict[str, str]) -> str:
    """Ask the embedded database something, unless DATABASE_URL names another."""
    if environment.get("DATABASE_URL"):
        return ""
    done = subprocess.run(
        [str(VENV_PYTHON), "-m", "website.embedded", what], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    return done.stdout.strip()


if __name__ == "__main__":
    raise SystemExit(main())
