from django.apps import AppConfig


class EvaluationsConfig(AppConfig):
    name = "evaluations"

    def ready(self) -> None:
        """Register what other apps gather: kinds of mail, and who watches runs."""
        from evaluations import contributions, emails, emails_changes, emails_surveys  # noqa: F401
        from evaluations.operations import planning  # noqa: F401 - follows what organisers do to runs
