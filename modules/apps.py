from django.apps import AppConfig


class ModulesConfig(AppConfig):
    name = "modules"

    def ready(self) -> None:
        from modules import report_columns, retention  # noqa: F401 - names what the law makes us keep

        report_columns.contribute()
