from django.apps import AppConfig


class ModulesConfig(AppConfig):
    name = "modules"

    def ready(self) -> None:
        from modules import certificates, report_columns, retention  # noqa: F401 - give other pages their parts

        report_columns.contribute()
