"""What `make` calls: ports, stamps and texts behave as the README says."""

import socket
import subprocess
import sys
from pathlib import Path

import polib
import pytest

from tools import bootstrap, messages, ports
from tools.demo import web_command

ROOT = Path(__file__).resolve().parents[2]


def test_a_port_that_somebody_listens_on_is_taken():
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # as granian does: it would share
        server.bind(("127.0.0.1", 0))
        server.listen()
        assert ports.is_taken(server.getsockname()[1])


def test_a_port_that_nobody_has_is_free():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]

    assert not ports.is_taken(port)


@pytest.mark.parametrize("text", ["x", "0", "70000", "-1", ""])
def test_what_is_no_port_is_refused_in_words(text):
    with pytest.raises(ValueError, match="is no port"):
        ports.parse(text)


def test_make_demo_refuses_a_taken_port_in_words(tmp_path):
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        program = f"from tools.demo import free_port; free_port('{port}', 0)"
        done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)

    assert f"Port {port} is taken" in done.stderr
    assert f"make demo PORT={port + 1 if port < 65535 else 8001}" in done.stderr


def test_the_demo_is_reached_from_this_machine_only():
    command = web_command(8000)

    assert command[command.index("--host") + 1] == "127.0.0.1"


def test_a_stamp_changes_with_what_it_stands_for(tmp_path):
    lock = tmp_path / "lock.txt"
    lock.write_text("one==1")
    before = bootstrap.stamp(lock)
    lock.write_text("one==2")

    assert bootstrap.stamp(lock) != before


def test_the_locks_name_no_addresses():
    locks = [*ROOT.glob("requirements*.txt"), ROOT / "package-lock.json"]

    assert len(locks) == 4
    assert all("://" not in lock.read_text() for lock in locks)


def test_collecting_texts_keeps_translations_and_drops_guesses(tmp_path):
    path = tmp_path / "django.po"
    before = polib.POFile()
    before.append(polib.POEntry(msgid="Publish", msgstr="Udgiv"))
    after = polib.POFile()
    after.append(polib.POEntry(msgid="Publish", msgstr="Udgiv", obsolete=True))
    after.append(polib.POEntry(msgid="Republish", msgstr="Udgiv", flags=["fuzzy"]))
    after.save(str(path))

    messages.keep_what_stood(path, before)

    kept = {entry.msgid: entry for entry in polib.pofile(str(path))}
    assert not kept["Publish"].obsolete
    assert kept["Publish"].msgstr == "Udgiv"
    assert kept["Republish"].msgstr == ""
    assert not kept["Republish"].fuzzy


def test_every_text_is_compiled():
    messages.compile_all()

    sources = [path for folder in messages.LOCALES for path in folder.glob("*/LC_MESSAGES/*.po")]
    assert sources
    assert all(path.with_suffix(".mo").exists() for path in sources)
