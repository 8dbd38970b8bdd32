from django.apps import AppConfig


class EvaluationsConfig(AppConfig):
    name = "evaluations"

    def ready(self) -> None:
        """Register what other apps gather: kinds of mail, parts of pages, what is deleted when, and checks."""
        from evaluations import (  # noqa: F401
            attention,
            checks,
            contributions,
            database_checks,
            emails,
            emails_changes,
            emails_surveys,
            my_evaluations,
            reports,
            retention,
        )
        from evaluations.operations import planning  # noqa: F401 - follows what organisers do to runs
