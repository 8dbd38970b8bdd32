"""The demo on one machine, over plain http: for trying, never for real people's data."""

import sys

from website import embedded

from .base import *  # noqa: F403
from .base import INSTALLED_APPS, VAR, database, env, transport_security

# The demo's content, and a `load_demo` that comes before the one that refuses.
INSTALLED_APPS = ["demo", *INSTALLED_APPS]

# The one setting that plain http needs relaxed: without it browsers drop the cookies.
INSECURE_HTTP = True
vars().update(transport_security(insecure_http=INSECURE_HTTP))

SECRET_KEY = env("SECRET_KEY", default="demo-only-this-key-is-public-and-protects-nothing-0123456789")
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]

# Nothing to install: without DATABASE_URL a PostgreSQL of our own is started.
if not env("DATABASE_URL", default=""):
    try:
        DATABASES = {"default": database(embedded.ensure_running(VAR / "postgres"))}
    except embedded.EmbeddedError as error:
        sys.exit(f"{error}")

# Mails are files to read in var/mail.
if not env("EMAIL_URL", default=""):
    EMAIL_BACKEND = "website.mailbox.EmailBackend"
    EMAIL_FILE_PATH = env("MAIL_FOLDER", default=str(VAR / "mail"))

SERVE_MEDIA = True
STAFF_SECOND_FACTOR_REQUIRED = False
RETENTION_EVERY_NIGHT = False  # the demo's people are invented, and its runs of 2015 would lose them
