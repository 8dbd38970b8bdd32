from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "website.core"
    label = "core"
    verbose_name = "Core"

    def ready(self) -> None:
        from website import checks  # noqa: F401  (registers them)
