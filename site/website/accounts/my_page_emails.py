"""The mails of Min side: codes that prove an address or a wish, and the receipt for being forgotten."""

from typing import Any, Final

from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from website.messaging.texts import Block, Filled, Placeholder, register_text_mail

ADDRESS_CODE: Final = "accounts.address_code"
FORGET_CODE: Final = "accounts.forget_code"
FORGOTTEN: Final = "accounts.forgotten"

CODE = (Placeholder("code", _("The code"), block=True, required=True),)


def _code(context: dict[str, Any]) -> Filled:
    code = context["code"]
    return Filled({"code": Block(text=f"    {code}", html=format_html('<p class="code">{}</p>', code))})


def _example() -> dict[str, Any]:
    return {"code": "1234-5678"}


register_text_mail(
    ADDRESS_CODE,
    title=_("Code that proves another address"),
    about=_("Sent when somebody adds an address to their page, to that address."),
    subject=_("Your code to add this address"),
    body=_(
        "Here is the code that adds this address to your page:\n\n"
        "{code}\n\n"
        "Write it in the window where you asked for it. It works for 15 minutes. If it was not you who asked,"
        " do nothing: without the code nothing happens."
    ),
    placeholders=CODE,
    sample=_example,
    secret=True,
)(_code)

register_text_mail(
    FORGET_CODE,
    title=_("Code that confirms “forget me”"),
    about=_("Sent when somebody asks to be forgotten, to the address they sign in with."),
    subject=_("Your code to be forgotten"),
    body=_(
        "You have asked us to delete what we know about you. Here is the code that confirms it:\n\n"
        "{code}\n\n"
        "It works for 15 minutes. What is deleted cannot be brought back. If it was not you who asked, do nothing."
    ),
    placeholders=CODE,
    sample=_example,
    secret=True,
)(_code)


@register_text_mail(
    FORGOTTEN,
    title=_("Receipt for “forget me”"),
    about=_("Sent when somebody has been forgotten. The mail's own trace goes the following night."),
    subject=_("We have deleted what we know about you"),
    body=_(
        "We have deleted what we know about you, as you asked.\n\n"
        "If the page named something that the law makes us keep, it stays until the day that stood there and"
        " is then deleted by itself. Seats on courses that have not been held are kept as well.\n\n"
        "The address that this mail went to is deleted from our system tonight. You need not do anything."
    ),
    placeholders=(),
    sample=dict,
    secret=True,
)
def forgotten(context: dict[str, Any]) -> Filled:
    return Filled({})
