"""What production asks of its environment before it starts. Pure: no Django settings are read."""

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

MINIMUM_KEY_LENGTH = 50
MINIMUM_KEY_CHARACTERS = 5
#: Beginnings of keys that stand in public code.
PUBLIC_KEYS = ("demo-only-", "django-insecure-")
#: Mail schemes that deliver to nobody.
UNSENT_MAIL = ("consolemail", "filemail", "memorymail", "dummymail")


def problems(environment: Mapping[str, str]) -> list[str]:
    """Return what is missing or insecure in these environment variables: a sentence each, no values of secrets."""
    found = []
    for name, check in CHECKS.items():
        value = environment.get(name, "").strip()
        problem = check(value) if value else f"is not set. {EXAMPLES[name]}"
        if problem:
            found.append(f"{name} {problem}")
    return found or _host_of_site_is_allowed(environment)


EXAMPLES = {
    "SECRET_KEY": "Make one: python -c 'import secrets; print(secrets.token_urlsafe(64))'",
    "ALLOWED_HOSTS": "Name the hosts the site answers to, such as kurser.example.dk",
    "SITE_URL": "Give the public address, such as https://kurser.example.dk",
    "DATABASE_URL": "Give a PostgreSQL 15 or newer, such as postgres://user:password@host:5432/name",
    "EMAIL_URL": "Give the mail server, such as smtp+tls://user:password@host:587",
}


def _secret_key(value: str) -> str | None:
    if value.startswith(PUBLIC_KEYS):
        return f"is a key from public code. {EXAMPLES['SECRET_KEY']}"
    if len(value) < MINIMUM_KEY_LENGTH or len(set(value)) < MINIMUM_KEY_CHARACTERS:
        return f"is too weak: it needs {MINIMUM_KEY_LENGTH} random characters. {EXAMPLES['SECRET_KEY']}"
    return None


def _allowed_hosts(value: str) -> str | None:
    if any("*" in host for host in value.split(",")):
        return f"is {value!r}: that lets anybody choose the host. {EXAMPLES['ALLOWED_HOSTS']}"
    return None


def _site_url(value: str) -> str | None:
    parts = urlsplit(value)
    if parts.scheme != "https" or not parts.hostname:
        return f"is {value!r}, which is no https address. {EXAMPLES['SITE_URL']}"
    return None


def _database_url(value: str) -> str | None:
    scheme = value.partition(":")[0]
    if scheme not in ("postgres", "postgresql", "psql", "pgsql"):
        return f"begins with {scheme}: but only PostgreSQL is supported. {EXAMPLES['DATABASE_URL']}"
    return None


def _email_url(value: str) -> str | None:
    scheme = value.partition(":")[0]
    if scheme in UNSENT_MAIL:
        return f"is {scheme}, which sends no mail to anybody. {EXAMPLES['EMAIL_URL']}"
    return None


CHECKS: dict[str, Callable[[str], str | None]] = {
    "SECRET_KEY": _secret_key,
    "ALLOWED_HOSTS": _allowed_hosts,
    "SITE_URL": _site_url,
    "DATABASE_URL": _database_url,
    "EMAIL_URL": _email_url,
}


def _host_of_site_is_allowed(environment: Mapping[str, str]) -> list[str]:
    """The address in our mails must be one the site answers to."""
    host = urlsplit(environment["SITE_URL"].strip()).hostname or ""
    allowed = [name.strip().lower() for name in environment["ALLOWED_HOSTS"].split(",")]
    if any(host == name or (name.startswith(".") and f".{host}".endswith(name)) for name in allowed):
        return []
    return [f"SITE_URL has the host {host}, which ALLOWED_HOSTS ({', '.join(allowed)}) does not name"]
