"""Mailed codes that prove an address, or that it is still you: for adding an address and for being forgotten.

The session holds a digest of the code, never the code. Three wrong guesses or a quarter of an hour end it.
"""

import time
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.core import ratelimit
from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare, salted_hmac

from website.accounts.exceptions import CodeExpired, TooManyCodes, WrongCode
from website.accounts.my_page_emails import ADDRESS_CODE, FORGET_CODE
from website.messaging.operations import queue_mail

SESSION_KEY = "proof_code"
ATTEMPTS = 3
#: The mail that carries the code, by what it is for.
MAILS = {"address": ADDRESS_CODE, "forget": FORGET_CODE}


def send_code(request: HttpRequest, *, purpose: str, email: str) -> None:
    """Mail a code to `email` and remember in the session what it is for. Raises TooManyCodes."""
    if not ratelimit.consume(request, action="request_login_code", key=email):
        raise TooManyCodes
    code = get_adapter().generate_login_code()
    request.session[SESSION_KEY] = {
        "purpose": purpose,
        "email": email,
        "digest": _digest(code),
        "at": time.time(),
        "wrong": 0,
    }
    queue_mail(kind=MAILS[purpose], to=email, context={"code": code})


def pending(request: HttpRequest, *, purpose: str) -> str:
    """Return the address that a code for `purpose` was sent to and may still be answered; else nothing."""
    state = _state(request, purpose)
    return state["email"] if state else ""


def check_code(request: HttpRequest, *, purpose: str, code: str) -> str:
    """Return the address that the code proves; it works once. Raises WrongCode or CodeExpired."""
    state = _state(request, purpose)
    if state is None:
        raise CodeExpired
    if not constant_time_compare(state["digest"], _digest(code)):
        state["wrong"] += 1
        if state["wrong"] >= ATTEMPTS:
            del request.session[SESSION_KEY]
            raise CodeExpired
        request.session[SESSION_KEY] = state
        raise WrongCode
    del request.session[SESSION_KEY]
    return state["email"]


def _state(request: HttpRequest, purpose: str) -> dict[str, Any] | None:
    state = request.session.get(SESSION_KEY)
    if not state or state["purpose"] != purpose or time.time() - state["at"] > settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT:
        return None
    return state


def _digest(code: str) -> str:
    digits = "".join(character for character in code if character.isdigit())
    return salted_hmac("accounts.proof-code", digits, algorithm="sha256").hexdigest()
