"""What browser tests share: a server of production kind on the test database, and pages in Chromium.

    def test_a_leader_registers(site, open_page): …
        page = open_page(width=390)
        page.goto(f"{site.url}/kurser/")
        check_accessibility(page)

Each test commits for real (tests/conftest.py restores the tables). `demo_site` instead of `site` is the
same server with the demo's content, loaded once for all tests that ask for it: such a test may add rows of
its own, and must not mind those of others.

Nothing but our own server may be asked for anything: a request elsewhere is blocked and fails the test,
and so do errors in our scripts and violations of the Content-Security-Policy.
"""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.models import Q
from django.test import Client, override_settings
from django.utils import timezone
from playwright.sync_api import Browser, ConsoleMessage, Page, Route, expect, sync_playwright
from procrastinate.contrib.django.models import ProcrastinateJob

from demo.models import LoadedItem
from tests.conftest import restore_reference_data
from tools import chromium
from website.accounts.models import User

ROOT = Path(__file__).resolve().parents[2]
WIDTHS = (1280, 390)
#: How long a busy machine may take over one step, in milliseconds.
TIMEOUT = 20_000
#: So many workers, one after the other, do what waits and what comes of it.
ROUNDS = 10


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test in this folder `e2e`; those on the demo's content come first, so that one load is enough."""
    places = [at for at, item in enumerate(items) if Path(item.fspath).is_relative_to(Path(__file__).parent)]
    ours = sorted((items[at] for at in places), key=lambda item: "demo_site" not in item.fixturenames)
    for at, item in zip(places, ours, strict=True):
        item.add_marker(pytest.mark.e2e)
        items[at] = item


@dataclass(frozen=True)
class Site:
    """The running site: its address, the folders of its mails and uploaded files, and its environment."""

    url: str
    mail: Path
    media: Path
    environment: dict[str, str] = field(repr=False)

    def run_worker(self) -> None:
        """Let a real worker do every job that waits, several at a time as in earnest; mails become files in `mail`.

        It alone has the private key of evaluations, as in earnest; the key is that of the tests themselves.

        A worker that is not to wait stops looking as soon as nothing waits, though jobs still run; what these defer
        (mails) would lie there. So another one is sent for it.
        """
        command = [sys.executable, "manage.py", "procrastinate", "worker", "--one-shot"]
        environment = self.environment | {"EVALUATION_PRIVATE_KEYS": ",".join(settings.EVALUATION_PRIVATE_KEYS)}
        for _round in range(ROUNDS):
            done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
            assert done.returncode == 0, done.stderr[-4000:]
            if not _jobs_wait():
                return
        raise AssertionError("There is still work after so many workers.")


def _jobs_wait() -> bool:
    """Whether there is a job that a worker would take now; the clock's own come each minute and do not count."""
    due = Q(scheduled_at=None) | Q(scheduled_at__lte=timezone.now())
    return ProcrastinateJob.objects.filter(due, status="todo").exclude(args__has_key="timestamp").exists()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium.find()
    if path is None:
        message = f"browser tests are left out: no Chromium. Get it: {chromium.HOW}"
        if os.environ.get("CI"):
            pytest.fail(f"In CI {message}", pytrace=False)
        pytest.skip(message)
    # Playwright keeps an event loop in this thread, which Django takes for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    try:
        expect.set_options(timeout=TIMEOUT)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=chromium.ARGUMENTS)
            yield browser
            browser.close()
    finally:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="session")
def server(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Granian, as in production, on the test database. One for all browser tests."""
    files = tmp_path_factory.mktemp("site")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "website.settings.e2e",
        "DATABASE_URL": _database_url(),
        "SITE_URL": f"http://localhost:{port}",
        "EMAIL_URL": "",
        "EVALUATION_PRIVATE_KEYS": "",
        "MAIL_FOLDER": str(files / "mail"),
        "STORAGE_URL": f"file://{quote(str(files / 'media'))}",
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "site")]),
    }
    command = [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)),
        *("--workers", "1", "--blocking-threads", "4", "--no-ws", "website.wsgi:application"),
    ]
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            _wait_for(f"http://127.0.0.1:{port}/healthz/", process, log)
            yield Site(f"http://localhost:{port}", files / "mail", files / "media", environment)
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.wait()


@pytest.fixture
def site(server: Site, transactional_db: None) -> Site:
    """The running site on an empty test database (reference data stand). Make data with the factories."""
    if LoadedItem.objects.exists():
        # A test on the demo's content ran before this one.
        restore_reference_data()
    return server


@pytest.fixture(scope="package")
def _demo_database(server: Site, django_db_blocker: pytest.FixtureDef) -> Iterator[None]:
    """Let tests on the demo's content use the database, and leave nothing of it to the tests after them."""
    with django_db_blocker.unblock():
        yield
        restore_reference_data()


@pytest.fixture
def demo_site(server: Site, _demo_database: None) -> Site:
    """The running site with the demo's content, and whatever earlier tests added to it."""
    if not LoadedItem.objects.exists():
        storage = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(server.media)}}
        with override_settings(STORAGES=settings.STORAGES | {"default": storage}):
            call_command("load_demo", verbosity=0)
    return server


@pytest.fixture
def sign_in(server: Site) -> Callable[[Page, str], None]:
    """Return a function that gives a page's visitor the session of a user, without the sign-in page."""

    def sign_in(page: Page, email: str) -> None:
        client = Client()
        client.force_login(User.objects.get(email=email), backend="allauth.account.auth_backends.AuthenticationBackend")
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": server.url}])

    return sign_in


@pytest.fixture
def open_page(browser: Browser, server: Site, request: pytest.FixtureRequest) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a page of that width (`width=390`), without JavaScript if asked to.

    Each call is a visitor of its own. At the end of the test it fails for requests to others, errors in scripts
    and policy violations.
    """
    if "site" in request.fixturenames:
        # Made before the pages, so emptied after they are closed: a page that still asks for something (a live
        # preview) while tables are emptied would meet an error that nobody can explain.
        request.getfixturevalue("site")
    contexts, complaints = [], []

    def only_us(route: Route) -> None:
        if urlsplit(route.request.url).netloc in ("", urlsplit(server.url).netloc):
            route.continue_()
        else:
            complaints.append(f"asked a third party: {route.request.url}")
            route.abort()

    def listen(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text or "Content-Security-Policy" in message.text:
            complaints.append(message.text)

    def open_one(*, width: int = 1280, height: int = 900, javascript: bool = True, **options: object) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height}, java_script_enabled=javascript, locale="da-DK", **options
        )
        contexts.append(context)
        context.set_default_timeout(TIMEOUT)
        context.route("**/*", only_us)
        page = context.new_page()
        page.on("console", listen)
        page.on("pageerror", lambda error: complaints.append(f"error in a script: {error}"))
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture(params=WIDTHS, ids=lambda width: f"{width}px")
def width(request: pytest.FixtureRequest) -> int:
    """Both widths that every page is made for: a test that asks for it runs at each."""
    return request.param


@pytest.fixture
def page(open_page: Callable[..., Page], request: pytest.FixtureRequest) -> Page:
    """A page at the test's `width`, or 1280 when it has none."""
    wanted = request.getfixturevalue("width") if "width" in request.fixturenames else 1280
    return open_page(width=wanted)


@pytest.fixture
def check_accessibility() -> Callable[[Page], None]:
    """Return a function that fails, with axe's words, when the page as it stands has any violation.

    That targets are 24 px or stand apart (WCAG 2.2) is asked for too: axe leaves it out unless told.
    """
    options = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}

    def check(page: Page) -> None:
        # A heading is there before the style sheets are, and what they lay out is what people meet.
        page.wait_for_load_state()
        results = Axe().run(page, options=options)
        assert results.violations_count == 0, f"{page.url}\n{results.generate_report()}"

    return check


def _database_url() -> str:
    """Return the address of the test database that this process uses."""
    stands = connection.settings_dict
    user = quote(stands["USER"] or "", safe="") + (
        ":" + quote(stands["PASSWORD"], safe="") if stands["PASSWORD"] else ""
    )
    place = f"{stands['HOST']}:{stands['PORT']}" if stands["PORT"] else stands["HOST"]
    query = "&".join(f"{key}={quote(str(value), safe='')}" for key, value in stands["OPTIONS"].items() if key != "pool")
    return f"postgres://{user}@{place}/{stands['NAME']}" + (f"?{query}" if query else "")


def _wait_for(url: str, process: subprocess.Popen, log) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - our own server
                return
        except OSError:
            time.sleep(0.1)
    log.seek(0)
    raise RuntimeError(f"the server of the browser tests did not start:\n{log.read()[-4000:]}")
