"""allauth's forms in our words: labels that say what to write, no placeholders that vanish."""

from typing import Any

from allauth.account import forms as account
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from django import forms
from django.utils.translation import gettext_lazy as _

EMAIL = _("E-mail address")
CODE = {"inputmode": "numeric", "class": "form-input--short"}


class PlainFields(forms.Form):
    """Drops placeholders and gives fields our labels, hints and attributes."""

    labels: dict[str, Any] = {}
    hints: dict[str, Any] = {}
    attributes: dict[str, dict[str, str]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = self.labels.get(name, field.label)
            field.help_text = self.hints.get(name, field.help_text if name == "password1" else "")
            field.error_messages["required"] = _("Fill in “%(label)s”.") % {"label": field.label}
            field.widget.attrs.update(self.attributes.get(name, {}))


class LoginForm(PlainFields, account.LoginForm):
    labels = {"login": EMAIL, "password": _("Password")}
    attributes = {"login": {"autocomplete": "username", "id": "id_login"}}


class RequestLoginCodeForm(PlainFields, account.RequestLoginCodeForm):
    labels = {"email": EMAIL}


class ConfirmLoginCodeForm(PlainFields, account.ConfirmLoginCodeForm):
    labels = {"code": _("Code from the e-mail")}
    hints = {"code": _("Eight digits, such as 1234-5678")}
    attributes = {"code": CODE}


class ResetPasswordForm(PlainFields, account.ResetPasswordForm):
    labels = {"email": EMAIL}


class ResetPasswordKeyForm(PlainFields, account.ResetPasswordKeyForm):
    labels = {"password1": _("New password"), "password2": _("The new password again")}
    hints = {"password1": _("At least 12 characters. Three or four words in a row are good.")}


class ChangePasswordForm(PlainFields, account.ChangePasswordForm):
    labels = {
        "oldpassword": _("Current password"),
        "password1": _("New password"),
        "password2": _("The new password again"),
    }
    hints = {"password1": _("At least 12 characters. Three or four words in a row are good.")}


class SetPasswordForm(PlainFields, account.SetPasswordForm):
    labels = ChangePasswordForm.labels
    hints = ChangePasswordForm.hints


class ReauthenticateForm(PlainFields, account.ReauthenticateForm):
    labels = {"password": _("Your password")}


class SecondFactorForm(PlainFields, mfa.AuthenticateForm):
    labels = {"code": _("Code from the authenticator app")}
    hints = {"code": _("Six digits. One of your recovery codes works too.")}
    attributes = {"code": CODE}


class SecondFactorAgainForm(PlainFields, mfa.ReauthenticateForm):
    labels = SecondFactorForm.labels
    hints = SecondFactorForm.hints
    attributes = SecondFactorForm.attributes


class ActivateTOTPForm(PlainFields, totp.ActivateTOTPForm):
    labels = {"code": _("Code that the app shows")}
    hints = {"code": _("Six digits. They change every half minute.")}
    attributes = SecondFactorForm.attributes


class AddPasskeyForm(PlainFields, webauthn.AddWebAuthnForm):
    """Adds a passkey. Every one may open the site alone: it asks for a finger, a face or a PIN itself."""

    labels = {"name": _("Name of the passkey")}
    hints = {"name": _("So that you can tell it from others, such as “Work laptop”")}
    passwordless = forms.BooleanField(initial=True, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].max_length = 60


class EditPasskeyForm(PlainFields, webauthn.EditWebAuthnForm):
    labels = AddPasskeyForm.labels
