from django.apps import AppConfig


class EnrolmentsConfig(AppConfig):
    name = "enrolments"

    def ready(self) -> None:
        from enrolments import contributions, forgetting, retention  # noqa: F401 - give other pages their parts
        from enrolments.emails import offers, registrations, runs  # noqa: F401 - registers the kinds of mail
        from enrolments.operations import run_changes  # noqa: F401 - watches what organisers do to runs
        from enrolments.emails import groups  # noqa
