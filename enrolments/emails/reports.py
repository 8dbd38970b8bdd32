"""Saved reports by mail: a link to fetch the file after signing in, never the file.

A report names people. In a mailbox it would outlive its period and be forwarded; behind the link it is only for the
recipient, only as long as they may see it, and it is deleted after two weeks.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enrolments.models import SavedReport
from enrolments.reports.asked import choices_in_words
from enrolments.reports.kinds import Choices
from website.accounts.models import User
from website.core.models import LongJob
from website.messaging.operations import QueuedMail, queue_mails
from website.messaging.texts import Block, Filled, Placeholder, register_text_mail, words_block

READY = "enrolments.report"
PAUSED = "enrolments.report_paused"


def queue_report_mails(report: SavedReport, jobs: Iterable[tuple[User, LongJob]], choices: Choices) -> None:
    """Queue a mail to each recipient with the link to their own file."""
    of = [[what, which] for what, which in choices_in_words(choices)]
    queue_mails(
        QueuedMail(
            READY,
            user.email,
            {"name": user.get_full_name() or user.email, "report": report.name, "job": job.pk, "of": of},
        )
        for user, job in jobs
    )


def queue_paused_mails(report: SavedReport, why: str, users: Sequence[User]) -> None:
    """Queue a mail to each who should know that the report is not sent any more."""
    queue_mails(
        QueuedMail(PAUSED, user.email, {"name": user.get_full_name() or user.email, "report": report.name, "why": why})
        for user in users
    )


def _ready_sample() -> dict[str, Any]:
    report = SavedReport.objects.order_by("-pk").first()
    return {
        "name": "Anne Holm",
        "report": report.name if report else _("No-shows last month"),
        "job": 0,
        "of": [[_("Period"), _("Last month")]],
    }


def _paused_sample() -> dict[str, Any]:
    return _ready_sample() | {"why": "owner"}


@register_text_mail(
    READY,
    title=gettext_lazy("Saved report"),
    about=gettext_lazy(
        "To those a saved report is sent to on its schedule. The file is behind a link, never attached."
    ),
    subject=gettext_lazy("Report: {report}"),
    body=gettext_lazy(
        "Dear {name}\n\n"
        "The report “{report}” is ready.\n\n"
        "{of}\n\n"
        "{fetch}\n\n"
        "You sign in to fetch it, because it may name people. The file is deleted after {days} days."
    ),
    placeholders=(
        Placeholder("name", gettext_lazy("the recipient's name")),
        Placeholder("report", gettext_lazy("what the report is called")),
        Placeholder("of", gettext_lazy("what the report is of: its period and choices"), block=True),
        Placeholder("fetch", gettext_lazy("the button that leads to the file"), block=True, required=True),
        Placeholder("days", gettext_lazy("for how many days the file is kept")),
    ),
    sample=_ready_sample,
)
def fill_ready(context: dict[str, Any]) -> Filled:
    url = settings.SITE_URL + reverse("files:job", args=[context["job"]])
    lines = "\n".join(f"- {what}: {which}" for what, which in context["of"])
    return Filled(
        values={
            "name": context["name"],
            "report": context["report"],
            "of": words_block(lines.replace("{", "(").replace("}", ")"), {}),
            "fetch": Block.button(_("Fetch the report"), url),
            "days": str(settings.RETENTION["job_files"]["days"]),
        }
    )


def why_in_words(why: str) -> str:
    """Say why a report is not sent any more."""
    if why == "owner":
        return _("The one who made it no longer has access to reports, so there is nobody whose figures it could show.")
    if why == "recipients":
        return _("None of those it was sent to may see reports any more.")
    return _("The report it shows is no longer there.")


@register_text_mail(
    PAUSED,
    title=gettext_lazy("Saved report is paused"),
    about=gettext_lazy("To the owner and the recipients of a saved report that can no longer be sent."),
    subject=gettext_lazy("No longer sent: {report}"),
    body=gettext_lazy(
        "Dear {name}\n\n"
        "The report “{report}” is no longer sent by mail. {why}\n\n"
        "Whoever still needs it can make a copy of it, or a new one, and choose when it is sent.\n\n"
        "{reports}"
    ),
    placeholders=(
        Placeholder("name", gettext_lazy("the recipient's name")),
        Placeholder("report", gettext_lazy("what the report is called")),
        Placeholder("why", gettext_lazy("why it is no longer sent"), required=True),
        Placeholder("reports", gettext_lazy("the button to the reports"), block=True),
    ),
    sample=_paused_sample,
)
def fill_paused(context: dict[str, Any]) -> Filled:
    return Filled(
        values={
            "name": context["name"],
            "report": context["report"],
            "why": why_in_words(context["why"]),
            "reports": Block.button(_("See the reports"), settings.SITE_URL + reverse("report_builder")),
        }
    )
