from django.apps import AppConfig


class EnrolmentsConfig(AppConfig):
    name = "enrolments"

    def ready(self) -> None:
        from enrolments import emails  # noqa: F401 - registers the kinds of mail
