"""Invariant 5: an acknowledged registration survives `kill -9` of every process, the database's included."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.conf import settings

from tests.core.embedded_server import connect, kill_everything
from tests.enrolments.helpers import form_data
from website import embedded

ROOT = Path(settings.ROOT)
MAKE_RUN = """
import os, django
django.setup()
from tests.factories import CourseRunFactory
print(CourseRunFactory(free=True).pk)
"""


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None


def python(code: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run([sys.executable, *code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def cluster() -> Iterator[Path]:
    """The folder of a PostgreSQL of this test's own, so that all of it can be killed."""
    folder = Path(tempfile.mkdtemp(prefix="cok-kill-"))
    folder.chmod(0o755)
    yield folder / "postgres"
    embedded.stop(folder / "postgres")
    shutil.rmtree(folder)


def test_a_registration_that_was_answered_is_there_after_everything_was_killed(cluster):
    url, port = embedded.ensure_running(cluster), free_port()
    environment = {
        **os.environ,
        "FORM_RATE_LIMITS": "0",  # everybody comes from this machine
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "website.settings.e2e",
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "site")]),
    }
    python(["manage.py", "migrate", "--verbosity", "0"], environment)
    run_pk = python(["-c", MAKE_RUN], environment).splitlines()[-1]
    server = subprocess.Popen(
        [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
         "--workers", "1", "--no-ws", "website.wsgi:application"],
        cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        form = f"http://localhost:{port}/tilmelding/{run_pk}/"
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()), NoRedirect)
        page = _first_answer(opener, form)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
        data = urlencode(form_data("Anna", csrfmiddlewaretoken=token)).encode()
        with pytest.raises(urllib.error.HTTPError) as answer:
            opener.open(form, data)
        assert answer.value.code == 302
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        kill_everything(cluster)
        server.wait()

    embedded.ensure_running(cluster)
    with connect(cluster) as connection:
        seated = connection.execute("SELECT name, status FROM enrolments_enrolment").fetchall()
        mails = connection.execute("SELECT count(*) FROM messaging_outboxmessage WHERE status = 'queued'").fetchone()
    assert seated == [("Anna", "confirmed")]
    assert mails == (2,)


def _first_answer(opener: urllib.request.OpenerDirector, url: str) -> str:
    deadline = time.monotonic() + 60
    while True:
        try:
            with opener.open(url) as response:
                return response.read().decode()
        except urllib.error.HTTPError:
            raise
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
