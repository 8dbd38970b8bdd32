from django.apps import AppConfig


class EnrolmentsConfig(AppConfig):
    name = "enrolments"

    def ready(self) -> None:
        from enrolments.emails import offers, registrations  # noqa: F401 - registers the kinds of mail
