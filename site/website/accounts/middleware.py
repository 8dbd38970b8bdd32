"""Who gets into the rooms of staff."""

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import translation
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from wagtail.users.models import UserProfile

from website.accounts import second_factor
from website.accounts.permissions import has_second_factor, is_staff

ADMIN = "/admin/"
#: Where staff work with other people's data: the admin and the roll calls.
STAFF_ROOMS = (ADMIN, "/fremmoede/")
#: Reachable from the admin without a second factor: the way out, and the texts the admin's pages need.
ALWAYS_OPEN = ("/admin/logout/", "/admin/jsi18n/", "/admin/sprite/")

GetResponse = Callable[[HttpRequest], HttpResponse]


class AdminDoorMiddleware:
    """Refuses signed-in people who are no staff. Wagtail would send them to sign in, round and round."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(ADMIN) and request.user.is_authenticated and not is_staff(request.user):
            raise PermissionDenied
        return self.get_response(request)


class AdminLanguageMiddleware:
    """Speaks the admin's user's own language (Danish unless they chose English) on all of the admin.

    Wagtail does so for its views, not for its refusals and whatever is rendered after them.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not (request.path.startswith(ADMIN) and is_staff(request.user)):
            return self.get_response(request)
        language = UserProfile.get_for_user(request.user).get_preferred_language()
        with translation.override(language):
            response = self.get_response(request)
        response.headers["Content-Language"] = language
        return response


class StaffSecondFactorMiddleware:
    """Lets staff into their rooms only with a second factor (settings.STAFF_SECOND_FACTOR_REQUIRED).

    Who has none is sent to enrol one; whose session has not shown it (it is older than the
    enrolment) is asked for it.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not self._applies(request):
            return self.get_response(request)
        if not has_second_factor(request.user):
            messages.warning(request, _("Add a passkey or an authenticator app before you go on. Staff need one."))
            return HttpResponseRedirect(reverse("mfa_index"))
        if not second_factor.is_shown(request):
            query = urlencode({REDIRECT_FIELD_NAME: request.get_full_path()})
            return HttpResponseRedirect(f"{reverse('mfa_reauthenticate')}?{query}")
        return self.get_response(request)

    def _applies(self, request: HttpRequest) -> bool:
        return (
            settings.STAFF_SECOND_FACTOR_REQUIRED
            and request.path.startswith(STAFF_ROOMS)
            and not request.path.startswith(ALWAYS_OPEN)
            and is_staff(request.user)
        )
