"""The mails about signing in. All are secret: their context is wiped once they are sent."""

from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from website.messaging.registry import Mail, register_mail
from website.messaging.rendering import render_mail

Context = dict[str, Any]


@dataclass(frozen=True, slots=True)
class AccountMail:
    """A registered kind of mail, and the names of what its text needs from allauth's context."""

    name: str
    needs: tuple[str, ...] = ()


LOGIN_CODE: Final = AccountMail("accounts.login_code", needs=("code",))
PASSWORD_RESET: Final = AccountMail("accounts.password_reset", needs=("password_reset_url",))
UNKNOWN_ADDRESS: Final = AccountMail("accounts.unknown_address")
NOTICE: Final = AccountMail("accounts.notice")

#: allauth's names of mails. Whatever is not here only tells that something was changed.
KINDS: Final = {
    "login_code": LOGIN_CODE,
    "password_reset_key": PASSWORD_RESET,
    "unknown_account": UNKNOWN_ADDRESS,
}

EVENTS: Final = {
    "password_changed": gettext_lazy("Your password has been changed."),
    "password_reset": gettext_lazy("Your password has been changed."),
    "password_set": gettext_lazy("You have chosen a password."),
    "totp_activated": gettext_lazy("An authenticator app has been added to your sign-in."),
    "totp_deactivated": gettext_lazy("The authenticator app has been removed from your sign-in."),
    "webauthn_added": gettext_lazy("A passkey has been added to your sign-in."),
    "webauthn_removed": gettext_lazy("A passkey has been removed from your sign-in."),
    "recovery_codes_generated": gettext_lazy("You have got new recovery codes. The old ones no longer work."),
}


@register_mail(LOGIN_CODE.name, secret=True)
def login_code(context: Context) -> Mail:
    return render_mail("account/mail/login_code", context, subject=_("Your sign-in code"))


@register_mail(PASSWORD_RESET.name, secret=True)
def password_reset(context: Context) -> Mail:
    return render_mail("account/mail/password_reset", context, subject=_("Choose a new password"))


@register_mail(UNKNOWN_ADDRESS.name, secret=True)
def unknown_address(context: Context) -> Mail:
    return render_mail("account/mail/unknown_address", context, subject=_("We do not know this e-mail address"))


@register_mail(NOTICE.name, secret=True)
def notice(context: Context) -> Mail:
    what = EVENTS.get(context["event"], _("Your sign-in has been changed."))
    return render_mail("account/mail/notice", {**context, "what": what}, subject=_("Your sign-in has been changed"))
