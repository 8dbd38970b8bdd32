"""What tests do to an embedded server: connect to it, find its processes, kill them all."""

import os
import signal
from pathlib import Path

import psycopg

from website import embedded


def connect(folder: Path) -> psycopg.Connection:
    return embedded.installation(folder).connect()


def server_pids(folder: Path) -> list[int]:
    """The server and its children: the processes whose working folder is the data folder."""
    data = embedded.installation(folder).data
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "cwd").samefile(data):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def kill_everything(folder: Path) -> None:
    for pid in server_pids(folder):
        os.kill(pid, signal.SIGKILL)
