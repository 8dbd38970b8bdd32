"""Production: refuses to start with a missing or insecure setting (see website.checks)."""

from .base import *  # noqa: F403
