from django.apps import AppConfig


class EnrolmentsConfig(AppConfig):
    name = "enrolments"

    def ready(self) -> None:
        from enrolments import contributions, forgetting, retention  # noqa: F401 - give other pages their parts
        from enrolments.emails import (  # noqa: F401 - register the kinds of mail
            offers,
            presenters,
            registrations,
            reminders,
        )
