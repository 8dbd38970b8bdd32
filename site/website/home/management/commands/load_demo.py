"""What `load_demo` answers where the app `demo` is not installed (that app's command comes first)."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = "Load the demo's content. Only in the demo: see website.settings.demo."

    def handle(self, *args: Any, **options: Any) -> None:
        raise CommandError(
            f"Demo content is never loaded with {settings.SETTINGS_MODULE}: it brings sign-ins whose password is "
            "public. Run it with DJANGO_SETTINGS_MODULE=website.settings.demo and a database of its own."
        )
