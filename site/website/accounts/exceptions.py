"""Refusals of accounts."""


class AccountError(Exception):
    """Base of all refusals. Nothing has been changed when one is raised."""


class WrongCode(AccountError):
    """That is not the code that was mailed."""


class CodeExpired(AccountError):
    """There is no code to answer, its time is up, or it was guessed at too often."""


class TooManyCodes(AccountError):
    """So many codes have been mailed to the address that it must wait."""


class AddressRefused(AccountError):
    """The address opens a sign-in that cannot become part of another: that of staff or a presenter."""
