"""The mails about signing in. All are secret: their context is wiped once they are sent."""

from dataclasses import dataclass
from typing import Any, Final

from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from website.messaging.texts import Block, Filled, Placeholder, register_text_mail

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


@register_text_mail(
    LOGIN_CODE.name,
    secret=True,
    title=gettext_lazy("Sign-in code"),
    about=gettext_lazy("At once to whoever asks for a code to sign in with"),
    subject=gettext_lazy("Your sign-in code"),
    body=gettext_lazy(
        "Here is the code you asked for:\n\n"
        "{code}\n\n"
        "Write it in the window where you asked for it. It works for 15 minutes."
        " If it was not you who asked, do nothing: without the code nobody gets in."
    ),
    placeholders=[Placeholder("code", gettext_lazy("the code"), block=True, required=True)],
)
def login_code(context: Context) -> Filled:
    code = context["code"]
    return Filled({"code": Block(text=f"    {code}", html=format_html('<p class="code">{}</p>', code))})


@register_text_mail(
    PASSWORD_RESET.name,
    secret=True,
    title=gettext_lazy("A new password"),
    about=gettext_lazy("At once to staff who have forgotten their password"),
    subject=gettext_lazy("Choose a new password"),
    body=gettext_lazy(
        "You asked to choose a new password. You do that here:\n\n"
        "{link}\n\n"
        "The link works once. If it was not you who asked, do nothing: your password stays as it is."
    ),
    placeholders=[
        Placeholder("link", gettext_lazy("the button that leads to the new password"), block=True, required=True)
    ],
)
def password_reset(context: Context) -> Filled:
    return Filled({"link": Block.button(_("Choose a new password"), context["password_reset_url"])})


@register_text_mail(
    UNKNOWN_ADDRESS.name,
    secret=True,
    title=gettext_lazy("Unknown address"),
    about=gettext_lazy("At once to an address that nobody signs in with, when somebody asks for a code to it"),
    subject=gettext_lazy("We do not know this e-mail address"),
    body=gettext_lazy(
        "Somebody, probably you, wants to sign in with {email}. We know nobody by that address.\n\n"
        "Are you registered with another address? Then use that one. Your registration itself needs no sign-in:"
        " the link is in the confirmation we mailed you. If it was not you, do nothing."
    ),
    placeholders=[Placeholder("email", gettext_lazy("the address that was written"))],
)
def unknown_address(context: Context) -> Filled:
    return Filled({"email": context["email"]})


@register_text_mail(
    NOTICE.name,
    secret=True,
    title=gettext_lazy("The sign-in was changed"),
    about=gettext_lazy("At once to the user when a password, passkey or authenticator app is changed"),
    subject=gettext_lazy("Your sign-in has been changed"),
    body=gettext_lazy("{what}\n\nIf it was not you, tell us at once, so that we can close your access."),
    placeholders=[Placeholder("what", gettext_lazy("a sentence on what was changed"), required=True)],
)
def notice(context: Context) -> Filled:
    return Filled({"what": str(EVENTS.get(context["event"], _("Your sign-in has been changed.")))})
