from django.apps import AppConfig


class EnrolmentsConfig(AppConfig):
    name = "enrolments"

    def ready(self) -> None:
        from enrolments import (  # noqa: F401 - give other pages their parts
            contributions,
            forgetting,
            retention,
            training_contacts,
            training_files,
        )
        from enrolments.admin import questions  # noqa: F401 - joins the menu of courses
        from enrolments.certificates import contributions as certificates_of_runs  # noqa: F401 - gives theirs
        from enrolments.emails import (  # noqa: F401 - register the kinds of mail
            certificates,
            change_texts,
            groups,
            offers,
            presenters,
            registrations,
            reminders,
            reports,
            runs,
        )
        from enrolments.operations import run_changes  # noqa: F401 - watches what organisers do to runs
        from enrolments.reports import (
            catalogue,  # noqa: F401 - names the reports
            delivering,  # noqa: F401 - makes files that were ordered
        )
