"""The web server that browser tests drive: the demo's, on the test database, with nothing kept in memory.

Tests empty and refill tables under the running server, so no cache may outlive a test. Static files
are found where they stand: nothing needs to be collected.
"""

import os

from .demo import *  # noqa: F403
from .demo import CACHES, MIDDLEWARE, STORAGES

_NOTHING = {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}
CACHES = CACHES | {"default": _NOTHING, "pages": _NOTHING}
STORAGES = STORAGES | {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # as the tests that make the users

# Wagtail's editor saves drafts on its own, at moments that hang on the machine's speed: who publishes while the
# first draft is made is told that the page exists. A test that types faster than anybody meets that at random.
WAGTAIL_AUTOSAVE_INTERVAL = 0

# Mails that are nobody's answer go at any hour, so that a test of them may run at any hour.
REMINDER_HOUR = 0

if os.environ.get("BROWSER_LATENCY"):
    MIDDLEWARE = ["tests.e2e.latency.LatencyMiddleware", *MIDDLEWARE]
