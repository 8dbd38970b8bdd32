from django.apps import AppConfig


class EvaluationsConfig(AppConfig):
    name = "evaluations"

    def ready(self) -> None:
        """Register what other apps gather: kinds of mail."""
        from evaluations import emails_surveys  # noqa: F401
