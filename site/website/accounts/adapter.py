"""How allauth behaves on this site: nobody signs up, and every mail goes through the outbox."""

from typing import Any, cast
from urllib.parse import quote

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from website.accounts.contributions import signed_in
from website.accounts.emails import KINDS, NOTICE
from website.accounts.models import User
from website.accounts.permissions import SECOND_FACTORS, is_staff
from website.messaging.operations import queue_mail


class AccountAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _("The e-mail address and the password do not match."),
        "incorrect_code": _("That code is not right. Check it, or ask for a new one."),
        "incorrect_password": _("That password is not right."),
        "too_many_login_attempts": _("There have been too many attempts. Wait five minutes and try again."),
        "rate_limited": _("There have been too many attempts. Wait a moment and try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """Sign in, by whatever way, and let the apps do what follows."""
        with transaction.atomic():
            super().login(request, user)
            for contribute in signed_in:
                contribute(cast(User, user))

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("accounts:start")

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Build the link on the site's own address, whatever host the request named."""
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return settings.SITE_URL + path.replace("UID-KEY", quote(key))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue the mail. Only what its text needs goes along, and is wiped once the mail is sent."""
        name = template_prefix.rpartition("/")[2]
        kind = KINDS.get(name, NOTICE)
        wanted = {key: str(context[key]) for key in kind.needs if key in context}
        queue_mail(kind=kind.name, to=email, context={**wanted, "event": name, "email": email})


class MFAAdapter(DefaultMFAAdapter):
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("That code is not right. Codes change every half minute: try the newest one."),
        "cannot_delete_authenticator": _("Staff must keep one second factor. Add another before you remove this one."),
    }

    def get_totp_issuer(self) -> str:
        return settings.WAGTAIL_SITE_NAME

    def _get_site_name(self) -> str:
        return settings.WAGTAIL_SITE_NAME

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Authenticator.Type) -> str:
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return str(_("Passkey %(number)s") % {"number": count + 1})

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Staff keep at least one second factor where it is required."""
        if not settings.STAFF_SECOND_FACTOR_REQUIRED or not is_staff(authenticator.user):
            return True
        others = Authenticator.objects.filter(user_id=authenticator.user_id, type__in=SECOND_FACTORS)
        return others.exclude(pk=authenticator.pk).exists()
