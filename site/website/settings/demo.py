"""The demo on one machine, over plain http: for trying, never for real people's data."""

from .base import *  # noqa: F403
from .base import env

# The one setting that plain http needs relaxed: without it browsers drop the cookies.
INSECURE_HTTP = True

SECRET_KEY = env("SECRET_KEY", default="demo-only-this-key-is-public-and-protects-nothing-0123456789")
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
