"""What accounts know about somebody: for "my data", for "forget me" and for retention."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from website.accounts.contributions import ForgetMe, Forgettable, forget_me
from website.accounts.models import User
from website.accounts.operations import addresses_of, is_plain
from website.core.contributions import my_data
from website.messaging.enums import RETRYABLE_STATUSES
from website.messaging.models import OutboxMessage


@my_data.register("sign_in", order=10)
def sign_in_data(user: User) -> dict[str, Any]:
    """Return the addresses that open the person's page, and when they did."""
    return {
        "addresses": addresses_of(user),
        "name": user.get_full_name(),
        "first_known": user.date_joined.isoformat(),
        "last_sign_in": user.last_login.isoformat() if user.last_login else None,
    }


@my_data.register("mails", order=90)
def mails_data(user: User) -> list[dict[str, Any]]:
    """Return the mails that were sent to the person's addresses, with what they were made from."""
    rows = OutboxMessage.objects.filter(to__in=addresses_of(user)).order_by("created_at")
    return [
        {
            "to": row.to,
            "kind": row.kind,
            "status": row.status,
            "queued": row.created_at.isoformat(),
            "sent": row.sent_at.isoformat() if row.sent_at else None,
            "contents": row.context,
        }
        for row in rows
    ]


def _plan(user: User, emails: list[str]) -> Iterator[Forgettable]:
    if is_plain(user):
        yield Forgettable(
            _("Your sign-in, and the addresses you have proven: %(emails)s") % {"emails": ", ".join(emails)}
        )
    else:
        yield Forgettable(
            _("Your sign-in: %(email)s") % {"email": user.email},
            why=_("You work with this site. An administrator closes your sign-in."),
        )
    if count := _mails_to(emails).count():
        yield Forgettable(_("Our copies of mails to you: %(count)s") % {"count": count})


def _mails_to(emails: list[str]) -> Any:
    """Return the mails to these addresses, but for those that are still to leave."""
    return OutboxMessage.objects.filter(to__in=emails).exclude(status__in=RETRYABLE_STATUSES)


def _forget(user: User, emails: list[str]) -> None:
    _mails_to(emails).delete()
    # Codes that have not left yet open nothing any more. Mails about seats that are kept still go.
    OutboxMessage.objects.filter(to__in=emails, kind__startswith="accounts.").delete()
    # Mails to others may name them: those go too, whole.
    named = Q()
    for email in emails:
        named |= Q(context__icontains=email)
    OutboxMessage.objects.exclude(status__in=RETRYABLE_STATUSES).filter(named).delete()


forget_me.add("accounts", ForgetMe(plan=_plan, forget=_forget), order=10)
