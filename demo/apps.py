from django.apps import AppConfig


class DemoConfig(AppConfig):
    """Installed by the settings of the demo and of the tests only."""

    name = "demo"
    verbose_name = "Demo"
