"""A site to measure: a database of its own, filled with the demo, served as in production."""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import environ
import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class BenchSite:
    port: int
    database_url: str
    environment: dict[str, str]
    #: The process that was started: the server's workers are its children.
    pid: int

    def spent(self) -> dict[str, float]:
        """Return the seconds of CPU until now of the server, of PostgreSQL's processes for it, and of this client.

        Empty where the system does not tell. Connections that were closed in between are not counted.
        """
        with self.connect() as connection:
            backends = connection.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
            postgres = [pid for [pid] in backends]
        if not Path("/proc/self/schedstat").exists():
            return {}
        parts = {"server": sum(map(_cpu, [self.pid, *_children(self.pid)])), "PostgreSQL": sum(map(_cpu, postgres))}
        return {**parts, "client": time.process_time()}

    def connect(self) -> psycopg.Connection:
        """Return a plain connection to the database that the site stands on."""
        return psycopg.connect(**connection_values(self.database_url), autocommit=True)


def _cpu(pid: int) -> float:
    """Return the seconds a process and its threads have been on a CPU; 0 of one on another machine."""
    return sum(int(task.read_text().split()[0]) for task in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def _children(pid: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            # The parent's number follows the name, which may hold anything, and the state.
            if int(stat.read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(stat.parent.name))
    return found


def connection_values(url: str) -> dict[str, object]:
    """Return what psycopg needs to connect to the database of a Django-style URL."""
    values = environ.Env.db_url_config(url)
    named = {"dbname": values["NAME"], "user": values["USER"], "password": values["PASSWORD"]}
    named |= {"host": values["HOST"], "port": values["PORT"], **values.get("OPTIONS", {})}
    return {key: value for key, value in named.items() if value}


@contextlib.contextmanager
def database() -> Iterator[str]:
    """Make a database beside the one in use, and drop it at the end."""
    base = os.environ.get("DATABASE_URL") or _embedded()
    name = f"bench_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(**connection_values(base), autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield _with_name(base, name)
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextlib.contextmanager
def serving(url: str, *, workers: int = 2) -> Iterator[BenchSite]:
    """Migrate, load the demo, and serve it on a free port of 127.0.0.1 until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as media:
        environment = {
            **os.environ,
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "website.settings.demo",
            "SITE_URL": f"http://localhost:{port}",
            "STORAGE_URL": f"file://{media}",
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "site")]),
            "LOG_LEVEL": "WARNING",
            "FORM_RATE_LIMITS": "0",  # everybody comes from this machine
        }
        for command in (["migrate"], ["collectstatic", "--noinput"], ["load_demo"]):
            _run([sys.executable, "manage.py", *command], environment)
        command = [
            *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)),
            *("--workers", str(workers), "--blocking-threads", "1", "--no-ws", "--backlog", "1024"),
            "tests.load.wsgi:application",
        ]
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            _wait_for(f"http://127.0.0.1:{port}/healthz/")
            yield BenchSite(port, url, environment, process.pid)
        finally:
            process.terminate()
            process.wait(20)


def _run(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=2):  # noqa: S310 - our own address
            return
        time.sleep(0.1)
    sys.exit(f"no answer from {url}")


def _embedded() -> str:
    sys.path.insert(0, str(ROOT / "site"))
    from website import embedded

    return embedded.ensure_running(ROOT / "var" / "postgres")


def _with_name(url: str, name: str) -> str:
    head, _, query = url.partition("?")
    return f"{head.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")
