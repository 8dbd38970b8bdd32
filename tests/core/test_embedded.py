"""The embedded PostgreSQL comes up whatever happened before. Each test runs a server of its own."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import environ
import psycopg
import pytest

from tests.core.embedded_server import connect, kill_everything, server_pids
from website import embedded

START = """
import sys
from pathlib import Path
from tests.core.embedded_server import connect, kill_everything, server_pids
from website import embedded
print(embedded.ensure_running(Path(sys.argv[1])))
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a space in its name that the server's user may reach."""
    parent = Path(tempfile.mkdtemp(prefix="cok embedded "))
    parent.chmod(0o755)
    yield parent / "post gres"
    embedded.stop(parent / "post gres")
    shutil.rmtree(parent)


def test_starts_from_nothing_in_a_folder_with_a_space(folder):
    url = embedded.ensure_running(folder)

    with connect(folder) as connection:
        assert connection.execute("SELECT current_setting('listen_addresses')").fetchone() == ("",), "no TCP"
        assert connection.execute("SELECT current_setting('fsync')").fetchone() == ("on",)
        assert connection.execute("SELECT lower('ÆØÅ')").fetchone() == ("æøå",)
    assert embedded.installation(folder).socket_folder.stat().st_mode & 0o777 == 0o700
    assert embedded.ensure_running(folder) == url


def test_its_address_is_understood_by_django(folder):
    config = environ.Env.db_url_config(embedded.ensure_running(folder))

    with psycopg.connect(dbname=config["NAME"], user=config["USER"], **config["OPTIONS"]) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_what_was_committed_survives_kill_9_of_every_process(folder):
    embedded.ensure_running(folder)
    with connect(folder) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 'acknowledged' AS word")
    kill_everything(folder)

    embedded.ensure_running(folder)

    with connect(folder) as connection:
        assert connection.execute("SELECT word FROM kept").fetchone() == ("acknowledged",)


def test_starts_when_the_old_process_id_belongs_to_somebody_else(folder):
    embedded.ensure_running(folder)
    place = embedded.installation(folder)
    lock_file = place.data / "postmaster.pid"
    lines = lock_file.read_text().split("\n")
    embedded.stop(folder)
    with subprocess.Popen(["sleep", "60"]) as stranger:
        lock_file.write_text("\n".join([str(stranger.pid), *lines[1:]]))
        (place.socket_folder / ".s.PGSQL.5432.lock").write_text(lock_file.read_text())
        os.chown(lock_file, place.uid, -1)

        embedded.ensure_running(folder)

        assert stranger.poll() is None, "the stranger is left alone"
        stranger.kill()


def test_processes_that_start_at_once_share_one_server(folder):
    starts = [
        subprocess.Popen(
            [sys.executable, "-c", START, str(folder)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    answers = {process.communicate()[0].strip() for process in starts}

    assert [process.returncode for process in starts] == [0, 0, 0]
    assert answers == {embedded.installation(folder).url}
    main_processes = [pid for pid in server_pids(folder) if b"-D" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    assert len(main_processes) == 1


def test_a_path_too_long_for_a_socket_gets_a_short_one(folder):
    deep = folder.parent / ("x" * 100) / "postgres"
    try:
        embedded.ensure_running(deep)

        socket = embedded.installation(deep).socket_folder / ".s.PGSQL.5432"
        assert len(os.fsencode(socket)) <= embedded.SOCKET_PATH_LIMIT
        assert socket.parent.stat().st_mode & 0o777 == 0o700
    finally:
        embedded.stop(deep)
        shutil.rmtree(embedded.installation(deep).socket_folder, ignore_errors=True)


def test_a_socket_in_a_folder_of_somebody_else_is_not_trusted(folder, monkeypatch):
    embedded.ensure_running(folder)
    monkeypatch.setattr(embedded.Installation, "uid", property(lambda self: 12345))

    assert not embedded.is_running(folder)


def test_stopping_is_clean_and_can_be_repeated(folder):
    embedded.ensure_running(folder)

    assert embedded.stop(folder) is True
    assert embedded.stop(folder) is False
    assert not (embedded.installation(folder).data / "postmaster.pid").exists()
    assert not embedded.is_running(folder)


def test_the_log_keeps_no_values_of_rows(folder):
    embedded.ensure_running(folder)
    with connect(folder) as connection:
        connection.execute("CREATE TABLE person (email text UNIQUE)")
        connection.execute("INSERT INTO person VALUES ('leder@example.dk')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO person VALUES ('leder@example.dk')")

    log = embedded.installation(folder).log.read_text()
    assert "person_email_key" in log
    assert "leder@example.dk" not in log


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give the server to somebody else")
def test_root_shelters_a_server_whose_user_may_not_reach_the_folder(folder, monkeypatch):
    monkeypatch.setattr(embedded, "SHELTER", folder.parent / "shelter")
    closed = folder.parent / "closed"
    closed.mkdir(mode=0o700)
    try:
        embedded.ensure_running(closed / "postgres")

        assert embedded.installation(closed / "postgres").folder.is_relative_to(folder.parent / "shelter")
        assert embedded.is_running(closed / "postgres")
    finally:
        embedded.stop(closed / "postgres")


def test_a_wheel_that_is_missing_is_told_in_words(folder, monkeypatch):
    with monkeypatch.context() as patch, pytest.raises(embedded.EmbeddedError, match="set DATABASE_URL"):
        patch.setattr(embedded, "find_spec", lambda name: None)
        embedded.ensure_running(folder)


def test_removing_leaves_nothing(folder):
    embedded.ensure_running(folder)

    embedded.remove(folder)

    assert not folder.exists()
    assert not embedded.is_running(folder)
