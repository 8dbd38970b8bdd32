"""Settings of the test suite: the demo's, with fast hashing and mail kept in memory."""

from tempfile import TemporaryDirectory

from .demo import *  # noqa: F403
from .demo import DATABASES

_PRIVATE = TemporaryDirectory(prefix="kurser-private-")  # gone when the tests end

# Tests race real connections against each other; the pool must not queue them up first.
DATABASES["default"]["OPTIONS"]["pool"]["max_size"] = 40

# The worker's: tests play both it and the web.
EVALUATION_PRIVATE_KEYS = ["7K5l9nQ3r0nPqfS0mJ6mB0Xy2hVnX0cUo8sG3m1d4bE="]

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
RETENTION_EVERY_NIGHT = True
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "private": {
        # A folder, not memory: the model's field keeps the storage it began with, whatever a test puts in its place.
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": _PRIVATE.name},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
