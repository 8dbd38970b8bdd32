"""A person's transcript, from one of their registrations: courses across jobs, with hours and certificates.

The address of the page carries the number of a registration: who somebody is stands in none.
"""

from typing import Any

from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from enrolments.admin.workspace.person import OneParticipantMixin
from enrolments.reports.transcripts import transcript_of


class TranscriptView(OneParticipantMixin, TemplateView):
    template_name = "enrolments/admin/workspace/transcript.html"
    page_title = gettext_lazy("Transcript")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        enrolment = self.find()
        transcript = transcript_of(enrolment=enrolment, user=self.request.user)
        return super().get_context_data(enrolment=enrolment, transcript=transcript, own_url=self.own_url, **kwargs)
