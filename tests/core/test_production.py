"""Production starts with good settings, and with a missing or insecure one says which and stops."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from website.requirements import problems

ROOT = Path(__file__).resolve().parents[2]
GOOD = {
    "SECRET_KEY": secrets.token_urlsafe(64),
    "ALLOWED_HOSTS": "kurser.example.dk",
    "SITE_URL": "https://kurser.example.dk",
    "DATABASE_URL": "postgres://cok:secret@127.0.0.1:1/cok",
    "EMAIL_URL": "smtp+tls://cok:secret@mail.example.dk:587",
}
BAD = {
    "no key": ("SECRET_KEY", None),
    "a short key": ("SECRET_KEY", "kort"),
    "a key of one letter": ("SECRET_KEY", "x" * 64),
    "the demo's key": ("SECRET_KEY", "demo-only-this-key-is-public-and-protects-nothing-0123456789"),
    "Django's key": ("SECRET_KEY", "django-insecure-" + secrets.token_urlsafe(64)),
    "no hosts": ("ALLOWED_HOSTS", None),
    "any host": ("ALLOWED_HOSTS", "*"),
    "other hosts than the site's": ("ALLOWED_HOSTS", "www.example.dk"),
    "no site address": ("SITE_URL", None),
    "plain http": ("SITE_URL", "http://kurser.example.dk"),
    "no database": ("DATABASE_URL", None),
    "another kind of database": ("DATABASE_URL", "sqlite:///db.sqlite3"),
    "no mail server": ("EMAIL_URL", None),
    "mail to the console": ("EMAIL_URL", "consolemail://"),
}


def environment(**changes: str | None) -> dict[str, str]:
    inherited = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
    values = {**inherited, "DJANGO_SETTINGS_MODULE": "website.settings.production", **GOOD, **changes}
    return {key: value for key, value in values.items() if value is not None}


def run(*arguments: str, **changes: str | None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment(**changes), capture_output=True, text=True
    )


@pytest.mark.parametrize("case", BAD)
def test_a_bad_setting_is_named(case):
    name, value = BAD[case]
    values = {**GOOD, name: value or ""}

    found = problems(values)

    assert len(found) == 1
    assert name in found[0]
    assert "secret@" not in found[0]


def test_good_settings_pass_djangos_deployment_checks():
    done = run("manage.py", "check", "--deploy", "--fail-level", "WARNING")

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", GOOD)
def test_no_command_starts_without_a_setting(name):
    done = run("manage.py", "check", **{name: None})

    assert done.returncode != 0
    assert f"{name} is not set" in done.stderr


def test_the_web_server_does_not_start_with_a_bad_setting():
    done = run("-c", "import sys; sys.path[:0] = ['.', 'site']; import website.wsgi", SECRET_KEY="kort")

    assert done.returncode != 0
    assert "SECRET_KEY is too weak" in done.stderr


def test_cookies_and_redirects_follow_from_one_setting():
    program = (
        "import sys; sys.path[:0] = ['.', 'site']\n"
        "from website.settings.{module} import *\n"
        "print(INSECURE_HTTP, SECURE_SSL_REDIRECT, SESSION_COOKIE_SECURE, CSRF_COOKIE_SECURE,"
        " LANGUAGE_COOKIE_SECURE, SECURE_HSTS_SECONDS > 0)"
    )

    assert run("-c", program.format(module="production")).stdout.split() == ["False", *["True"] * 5]
    assert run("-c", program.format(module="demo")).stdout.split() == ["True", *["False"] * 5]


def test_a_proxys_word_on_https_counts_only_when_named():
    program = (
        "import sys; sys.path[:0] = ['.', 'site']\n"
        "from website.settings import production; print(getattr(production, 'SECURE_PROXY_SSL_HEADER', None))"
    )

    assert run("-c", program).stdout.strip() == "None"
    named = run("-c", program, SECURE_PROXY_SSL_HEADER="X-Forwarded-Proto")
    assert named.stdout.strip() == "('HTTP_X_FORWARDED_PROTO', 'https')"
