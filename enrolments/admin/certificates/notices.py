"""What an organiser should look at about a run's certificates, on the run's first page."""

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from courses.models import CourseRun
from enrolments.admin.workspace.figures import Figures
from enrolments.admin.workspace.notices import RunNotice, run_notices
from enrolments.certificates.standings import standings_of
from enrolments.enums import CertificateStanding


@run_notices.register("certificates", order=75)
def certificates_to_look_at(run: CourseRun, figures: Figures, at: datetime) -> Iterator[RunNotice]:
    """Say whose certificate no longer says what is so, and who waits for one because attendance is missing."""
    ends_at = run.ends_at
    if ends_at is None or ends_at > at or not run.is_held:
        return
    standings = standings_of(run, at=at)
    url = reverse("participants:certificates", args=[run.pk])
    if outdated := len(standings.of(CertificateStanding.OUTDATED)):
        text = ngettext(
            "%(count)s certificate no longer says what is so.",
            "%(count)s certificates no longer say what is so.",
            outdated,
        )
        yield RunNotice(text % {"count": outdated}, url, _("See which"), urgent=True)
    waiting = len(standings.of(CertificateStanding.IN_DOUBT))
    if waiting and standings.state.rule.issues_certificates:
        text = ngettext(
            "%(count)s waits for a certificate: attendance has not been taken on every day.",
            "%(count)s wait for certificates: attendance has not been taken on every day.",
            waiting,
        )
        yield RunNotice(text % {"count": waiting}, url, _("See which"))
