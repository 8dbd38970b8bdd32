"""`make demo`: everything on one machine, from a clean clone to a site that answers, until Ctrl-C.

    PORT=8001 make demo            another port than 8000
    DATABASE_URL=… make demo       a PostgreSQL of yours instead of the embedded one

A small supervisor (standard library only) that installs, prepares, and keeps a web server and a
worker running. Each child has a process group of its own: Ctrl-C reaches only the supervisor, which
ends them in order. What a crash of the supervisor leaves behind is ended at the next start.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from tools import bootstrap, ports
from tools.bootstrap import ROOT, VENV_PYTHON, Stop, say

VAR = ROOT / "var"
LOGS = VAR / "log"
MARK = "COK_DEMO_OF"
KEYS = "EVALUATION_PRIVATE_KEYS"
READY_WITHIN = 90  # seconds
RESTARTS = 5  # of one child, within RESTARTS_WITHIN seconds
RESTARTS_WITHIN = 120
SIGN_INS = """\
    redaktoer@example.dk     editor
    arrangoer@example.dk     organiser
    underviser@example.dk    presenter
    admin@example.dk         administrator
    password: demo-kun-til-test"""


class Child:
    """A program kept running: its command, its log, and how often it was started lately."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        self.name, self.command, self.environment = name, command, environment
        self.log = LOGS / f"{name.replace(' ', '-')}.log"
        self.starts: list[float] = []
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.starts = [at for at in self.starts if time.monotonic() - at < RESTARTS_WITHIN] + [time.monotonic()]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_end_with_parent,
            )

    def has_ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def restart(self) -> None:
        """Start again. Raises Stop when it keeps ending."""
        code = self.process.returncode if self.process else None
        self.kill()
        if len(self.starts) > RESTARTS:
            raise Stop(f"The {self.name} keeps ending (code {code}). Its last words:\n{tail(self.log)}")
        say(f"the {self.name} ended (code {code}): starting it again. Its log: {shown(self.log)}")
        self.start()

    def ask_to_end(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()

    def kill(self) -> None:
        """End what is left of the group: a web server's own workers outlive it."""
        if self.process:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Database:
    """The embedded PostgreSQL, when DATABASE_URL is unset. Ended with the demo if the demo started it."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self.is_embedded = not environment.get("DATABASE_URL")
        self.ours = VAR / "demo-started-the-database"
        self.socket: str | None = None

    def start(self) -> None:
        if not self.is_embedded:
            return
        if self._call("status") == "is not running":
            self.ours.touch()
        self.socket = self._call("socket")

    def answers(self) -> bool:
        if not self.socket:
            return True
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(2)
            return client.connect_ex(self.socket) == 0

    def stop(self) -> None:
        if self.is_embedded and self.ours.exists():
            self._call("stop")
            self.ours.unlink()

    def _call(self, what: str) -> str:
        done = subprocess.run(
            [str(VENV_PYTHON), "-m", "website.embedded", what],
            env=self.environment,
            cwd=ROOT,
            start_new_session=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        if done.returncode:
            raise Stop(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"embedded {what} failed")
        return done.stdout.strip()


class Interrupted(BaseException):
    """Ctrl-C, SIGTERM or SIGHUP."""


def run(*, patience: float) -> None:
    """Install, prepare, start, and keep running until interrupted. Raises Stop, in words."""
    port = free_port(os.environ.get("PORT") or "8000", patience)
    bootstrap.prepare(dev=False)
    environment = {
        **os.environ,
        MARK: str(ROOT),
        "DJANGO_SETTINGS_MODULE": "website.settings.demo",
        "SITE_URL": f"http://localhost:{port}",
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "site")]),
        "PYTHONUNBUFFERED": "1",
    }
    # What people answer in evaluations only the worker can open: the web server gets no key, whoever has set one.
    environment.pop(KEYS, None)
    database = Database(environment)
    worker = Child("worker", [str(VENV_PYTHON), "manage.py", "procrastinate", "worker"], environment)
    children = [Child("web server", web_command(port), environment), worker]
    try:
        say("· PostgreSQL " + ("(embedded)" if database.is_embedded else "at DATABASE_URL"))
        database.start()
        worker.environment = environment | {KEYS: evaluation_key(environment)}
        # The content has an open evaluation with answers in it, which the worker must be able to close.
        prepare_site(worker.environment)
        LOGS.mkdir(parents=True, exist_ok=True)
        say("· web server and worker")
        for child in children:
            child.log.unlink(missing_ok=True)
            child.start()
        wait_until_ready(port, children)
        announce(port, environment)
        keep_running(children, database)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        end(children)
        database.stop()


def evaluation_key(environment: dict[str, str]) -> str:
    """Return the worker's private key of evaluations: the one kept in var/, else a new one that is kept there."""
    kept = VAR / "evaluation-key"
    if not kept.exists():
        command = [str(VENV_PYTHON), "manage.py", "new_evaluation_key"]
        done = subprocess.run(
            command, env=environment, cwd=ROOT, start_new_session=True, capture_output=True, text=True
        )
        if done.returncode:
            raise Stop(f"No key for evaluations could be made:\n{done.stderr.strip()}")
        # Whole or not at all: what was opened with it can be opened by nothing else.
        VAR.mkdir(parents=True, exist_ok=True)
        fresh = kept.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text(done.stdout)
        fresh.rename(kept)
    return kept.read_text().strip()


def free_port(text: str, patience: float) -> int:
    """Return the port, waiting that many seconds for one to be let go. Raises Stop if it is taken."""
    deadline = time.monotonic() + patience
    try:
        port = ports.parse(text)
        while ports.is_taken(port) and time.monotonic() < deadline:
            time.sleep(0.1)
        if ports.is_taken(port):
            raise Stop(
                f"Port {port} is taken: something on this machine listens there already."
                f" Choose another: make demo PORT={port + 1 if port < 65535 else 8001}"
            )
    except ValueError as error:
        raise Stop(str(error)) from None
    return port


def web_command(port: int) -> list[str]:
    """The web server of production, on this machine only: the demo's passwords are public."""
    return [
        *(str(VENV_PYTHON), "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)),
        *("--workers", "2", "--blocking-threads", "1", "--no-ws", "--respawn-failed-workers"),
        "website.wsgi:application",
    ]


def prepare_site(environment: dict[str, str]) -> None:
    """Run tools.prepare and show its lines. Raises Stop with its last words if it fails."""
    command = [str(VENV_PYTHON), "-m", "tools.prepare", "--content"]
    log_file = LOGS / "prepare.log"
    LOGS.mkdir(parents=True, exist_ok=True)
    with log_file.open("w") as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
            preexec_fn=_end_with_parent,
        )
        try:
            for line in process.stdout or ():
                say(line.rstrip("\n"))
            process.wait()
        except BaseException:
            process.terminate()
            process.wait()
            raise
    bootstrap.give_back(VAR, ROOT / "site" / "website" / "locale", ROOT / "site" / "website" / "locale_vendor")
    if process.returncode:
        raise Stop(f"Preparing the site failed. The last words of {shown(log_file)}:\n{tail(log_file)}")


def wait_until_ready(port: int, children: list[Child]) -> None:
    deadline = time.monotonic() + READY_WITHIN
    answer: object = "no answer"
    while time.monotonic() < deadline:
        for child in children:
            if child.has_ended():
                child.restart()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz/", timeout=5):
                return
        except urllib.error.HTTPError as error:
            with contextlib.suppress(ValueError):
                answer = json.loads(error.read())
        except OSError:
            pass
        time.sleep(0.2)
    raise Stop(f"The site is not ready after {READY_WITHIN} s: {answer}. Its logs: {shown(LOGS)}")


def announce(port: int, environment: dict[str, str]) -> None:
    say("")
    say(f"ready: http://localhost:{port}/")
    say(f"Sign in at http://localhost:{port}/admin/ as")
    say(SIGN_INS)
    if not environment.get("EMAIL_URL"):
        say(f"E-mails are files in {shown(VAR / 'mail')}, logs are in {shown(LOGS)}. Stop with Ctrl-C.")
    else:
        say(f"E-mails go by EMAIL_URL, logs are in {shown(LOGS)}. Stop with Ctrl-C.")


def keep_running(children: list[Child], database: Database) -> None:
    """Look after database and children until a signal comes. Raises Stop when a child keeps ending."""
    while True:
        time.sleep(1)
        if not database.answers():
            say("the database is gone: starting it again")
            database.start()
        for child in children:
            if child.has_ended():
                child.restart()


def end(children: list[Child]) -> None:
    """Ask all to end, give them ten seconds, then end what is left of each group."""
    if any(child.process for child in children):
        say("\nstopping")
    for child in children:
        child.ask_to_end()
    deadline = time.monotonic() + 10
    for child in children:
        if child.process:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.process.wait(max(0.1, deadline - time.monotonic()))
            child.kill()


def end_what_a_crash_left() -> bool:
    """End the web server and worker of an earlier demo of this clone whose supervisor is gone.

    Return whether there was any. Call only while holding the lock: then no supervisor lives.
    """
    deadline = time.monotonic() + 10
    found = False
    while left := list(_left_behind()):
        found = True
        for pid in left:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        if time.monotonic() > deadline:
            raise Stop(f"Processes of an earlier demo do not end: {', '.join(map(str, left))}.")
        time.sleep(0.1)
    return found


def _left_behind() -> Iterator[int]:
    """Yield the processes that carry this clone's mark and run the web server or the worker."""
    mark = f"{MARK}={ROOT}".encode()
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # gone meanwhile, or somebody else's
            program = (entry / "cmdline").read_bytes()
            is_child = b"granian" in program or b"procrastinate" in program
            if is_child and mark in (entry / "environ").read_bytes().split(b"\0"):
                yield int(entry.name)


def _end_with_parent() -> None:
    """In the child: be asked to end (SIGTERM) when the supervisor dies without a word. Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def only_one() -> IO[str]:
    """Hold the lock of this clone's demo. Raises Stop if another demo of it runs."""
    VAR.mkdir(exist_ok=True)
    lock = (VAR / "demo.lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.seek(0)
        raise Stop(f"A demo of this clone runs already ({lock.read().strip()}). Stop it first.") from None
    lock.truncate(0)
    lock.write(f"process {os.getpid()}, port {os.environ.get('PORT') or '8000'}")
    lock.flush()
    return lock


def shown(path: Path) -> str:
    """The path as seen from where the user stands, if that is shorter."""
    return str(path.relative_to(ROOT)) if Path.cwd() == ROOT else str(path)


def tail(path: Path, lines: int = 15) -> str:
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])


def _interrupt(number: int, frame: object) -> None:
    raise Interrupted


def main() -> int:
    bootstrap.use_new_enough_python("tools.demo")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    if os.environ.get("MAKELEVEL"):
        _end_with_parent()  # `kill` of make must not leave a demo behind
    try:
        if not os.access(ROOT, os.W_OK):
            raise Stop(f"You may not write in {ROOT}. Clone the repository as yourself, or make the folder yours.")
        lock = only_one()
        run(patience=10 if end_what_a_crash_left() else 0)
        lock.close()
    except Stop as stop:
        print(f"\n{stop}", file=sys.stderr, flush=True)
        return 1
    except Interrupted:
        say("stopped")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
