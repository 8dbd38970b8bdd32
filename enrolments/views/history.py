"""Somebody's own course history: what they have taken, with hours and certificates."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from enrolments.reports.transcripts import history_of
from website.accounts.operations import addresses_of


@login_required
@never_cache
@require_safe
def course_history(request: HttpRequest) -> HttpResponse:
    """Show every course with one of the person's addresses, the newest first."""
    transcript = history_of(addresses_of(request.user))
    crumbs = [(_("My page"), reverse("accounts:my_page"))]
    return TemplateResponse(request, "enrolments/training/history.html", {"transcript": transcript, "crumbs": crumbs})
