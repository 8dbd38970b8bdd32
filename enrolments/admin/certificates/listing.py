"""The tab itself, and the certificates as files."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView, View

from courses.models.runs import today
from enrolments.admin.workspace.tabs import RunMixin
from enrolments.certificates import words
from enrolments.certificates.data import rule_in_words
from enrolments.certificates.documents import CertificateGone, certificate_pdf, filename
from enrolments.certificates.standings import HOURS, NAME, REQUIREMENT, ROLL, RunStandings, Standing, standings_of
from enrolments.emails.certificates import address_of
from enrolments.enums import CertificateStanding
from enrolments.models import Certificate
from enrolments.operations.certificates import may_have
from website.core.pdf import pdf_response

PER_PAGE = 100
#: What a valid certificate no longer agrees with, in words.
DIFFERENCES = {
    NAME: gettext_lazy("the name has been corrected"),
    HOURS: gettext_lazy("the hours are others now"),
    REQUIREMENT: gettext_lazy("the requirement is no longer met"),
    ROLL: gettext_lazy("no longer takes part in the run"),
}
#: Shown in this order: what waits for somebody first.
ORDER = [
    CertificateStanding.OUTDATED,
    CertificateStanding.READY,
    CertificateStanding.IN_DOUBT,
    CertificateStanding.UNNAMED,
    CertificateStanding.NOT_OVER,
    CertificateStanding.VALID,
    CertificateStanding.REVOKED,
    CertificateStanding.NOT_MET,
]


@dataclass(frozen=True, slots=True)
class Row:
    """A participant as the table shows them."""

    standing: Standing
    may_issue: bool

    @property
    def certificate(self) -> Certificate | None:
        return self.standing.certificate

    @property
    def attended(self) -> str:
        result = self.standing.person.result
        return words.attended({"minutes_attended": result.minutes_attended, "minutes_planned": result.minutes_planned})

    @property
    def percent(self) -> str:
        return f"{number_format(self.standing.person.result.percent.normalize())} %"

    @property
    def untaken(self) -> int:
        result = self.standing.person.result
        return result.days_planned - result.days_taken

    @property
    def differs(self) -> str:
        return ", ".join(str(DIFFERENCES[name]) for name in self.standing.differs)

    @property
    def has_address(self) -> bool:
        return bool(address_of(self.standing.person.enrolment))


class CertificatesView(RunMixin, TemplateView):
    """Who has a certificate, who is to have one, and whose is in doubt: what waits for somebody first."""

    tab = "certificates"
    template_name = "enrolments/admin/certificates/list.html"
    page_title = gettext_lazy("Certificates")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        standings = standings_of(self.run)
        only = self.request.GET.get("only", "")
        counts = Counter(standing.kind for standing in standings.standings)
        chosen = [each for each in in_order(standings) if only not in CertificateStanding.values or each.kind == only]
        page = Paginator(chosen, PER_PAGE).get_page(self.request.GET.get("p"))
        valid = counts[CertificateStanding.VALID] + counts[CertificateStanding.OUTDATED]
        return super().get_context_data(
            rows=[
                Row(each, not each.has_valid and may_have(each, is_over=standings.is_over, exception="-"))
                for each in page.object_list
            ],
            page=page,
            elided_page_range=page.paginator.get_elided_page_range(page.number),
            query=f"only={only}" if only in CertificateStanding.values else "",
            only=only,
            counts=[(kind, kind.label, counts[kind]) for kind in ORDER if counts[kind]],
            total=len(standings.standings),
            valid=valid,
            ready=counts[CertificateStanding.READY],
            in_doubt=counts[CertificateStanding.IN_DOUBT],
            outdated=counts[CertificateStanding.OUTDATED],
            rule=rule_in_words(standings.state.rule),
            when=self.when(standings),
            **kwargs,
        )

    def when(self, standings: RunStandings) -> str:
        """Say when certificates are issued by themselves, or that they are not."""
        if not standings.state.rule.issues_certificates:
            return _("The rule of this course issues none by itself: you issue them here.")
        if not standings.state.days or not self.run.is_held:
            return ""
        if (
            standings.is_over
            and standings.state.days[-1].date + timedelta(days=settings.CERTIFICATE_GRACE_DAYS) < today()
        ):
            return _("Those who meet it, and have attendance on every day, get theirs by e-mail.")
        first = standings.state.days[-1].date + timedelta(days=settings.CERTIFICATE_GRACE_DAYS + 1)
        return _("From %(date)s those who meet it, and have attendance on every day, get theirs by e-mail.") % {
            "date": date_format(first, "DATE_FORMAT")
        }


def in_order(standings: RunStandings) -> Iterable[Standing]:
    """Return the participants with what waits for somebody first, else in Danish order."""
    place = {kind: at for at, kind in enumerate(ORDER)}
    return sorted(standings.standings, key=lambda standing: place[standing.kind])


class DownloadView(RunMixin, View):
    """One certificate, also a revoked one, as it was issued."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        rows = Certificate.objects.filter(enrolment__run=self.run, pk=kwargs["certificate_pk"])
        certificate = rows.first()
        if certificate is None:
            raise Http404
        try:
            document = certificate_pdf(certificate)
        except CertificateGone as error:
            raise Http404 from error
        return pdf_response(document, filename(certificate, with_name=True))
