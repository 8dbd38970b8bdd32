from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "website.core"
    label = "core"
    verbose_name = "Core"

    def ready(self) -> None:
        from website import checks  # noqa: F401  (registers them)
        from website.core import (
            housekeeping,  # noqa: F401  (registers what the nightly job tidies)
            job_files,  # noqa: F401  (as well)
        )
