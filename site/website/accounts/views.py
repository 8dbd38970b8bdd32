"""Where a person lands after signing in."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from website.accounts.permissions import is_staff


@login_required
def start(request: HttpRequest) -> HttpResponse:
    """Send staff to the admin, presenters to their roll calls, anyone else to their own page."""
    if is_staff(request.user):
        return redirect("wagtailadmin_home")
    if hasattr(request.user, "presenter"):
        return redirect("enrolments:roll_call_list")
    return redirect("accounts:my_page")
