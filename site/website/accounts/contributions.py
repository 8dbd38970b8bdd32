"""What signing in asks of the apps: imports point one way, so each app contributes here."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from website.accounts.models import User
from website.core.registry import Registry

#: Whether an address may sign in by mailed code though no user has it: the callable gets it casefolded.
known_addresses: Registry[Callable[[str], bool]] = Registry()
#: What follows a sign-in, in its transaction: the callable gets the user, whose addresses are proven.
signed_in: Registry[Callable[[User], Any]] = Registry()
#: What follows when a user has proven one or more further addresses: the callable gets the user and them.
#: The users that had them before still stand, and are deleted next.
address_added: Registry[Callable[..., None]] = Registry()
#: What follows when a user lets go of an address.
address_removed: Registry[Callable[[User, str], None]] = Registry()


@dataclass(frozen=True, slots=True)
class Forgettable:
    """One thing we know about somebody: deleted at once, or kept until a day by a reason that is named.

    `url` leads to where the person can do something about it first, with `action` as its words.
    """

    what: str
    kept_until: date | None = None
    why: str = ""
    url: str = ""
    action: str = ""

    @property
    def is_kept(self) -> bool:
        return bool(self.why)


@dataclass(frozen=True, slots=True)
class ForgetMe:
    """How an app forgets somebody: `plan` says what will go and what stays, `forget` does it.

    Both get the user and the addresses that are theirs. `forget` is called in one transaction with all others.
    """

    plan: Callable[[User, list[str]], Iterable[Forgettable]]
    forget: Callable[[User, list[str]], Any]


#: What "forget me" asks of each app.
forget_me: Registry[ForgetMe] = Registry()
