"""Sign in by mailed code also for people who are known by their address alone.

allauth mails a code to users. Whoever is (or was) on a registration has none, until the first right code:
so our process mails those a code too and makes the user when it comes back. An address that nobody knows
gets the same answer on the page; only the mail tells.
"""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows import login_by_code
from allauth.account.models import EmailAddress
from django.db import transaction
from django.shortcuts import redirect

from website.accounts.contributions import known_addresses
from website.accounts.models import User
from website.accounts.operations import ensure_user_for_address


def may_begin(email: str) -> bool:
    """Whether an address without a user may sign in: some app knows it, and no account of it has been closed."""
    email = email.strip().casefold()
    if User.objects.filter(email=email).exists() or EmailAddress.objects.filter(email=email).exists():
        return False
    return any(knows(email) for knows in known_addresses)


class CodeProcess(login_by_code.LoginCodeVerificationProcess):
    """allauth's process; where there is no user yet, one is made by the first right code."""

    def send_by_email(self, email: str, skip_enumeration_mails: bool = False) -> None:
        if self.user or not may_begin(email):
            super().send_by_email(email, skip_enumeration_mails=skip_enumeration_mails)
            return
        context = {"request": self.request, "code": self.generate_code()}
        get_adapter().send_mail("account/email/login_code", email, context)
        self.state["makes_user"] = True
        self.add_sent_message({"email": email, "recipient": email})

    def finish(self, redirect_url: str | None) -> Any:
        if self.user is None and not self.state.get("makes_user"):
            # A code that nobody was sent ("send a new code" to an unknown address makes one) opens nothing.
            self.abort()
            return redirect("account_login")
        with transaction.atomic():
            if self.user is None:
                self._user = ensure_user_for_address(self.state["email"], "")
            return super().finish(redirect_url)


def use_our_process() -> None:
    """Put our process in the place of allauth's, which has no setting for it."""
    assert hasattr(login_by_code, "LoginCodeVerificationProcess")  # noqa: S101
    login_by_code.LoginCodeVerificationProcess = CodeProcess
