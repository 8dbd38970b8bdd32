"""Secret links: signed from the row and a version on it, so nothing is stored and a link can be replaced."""

import re
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.conf import settings
from django.db.models import Model, QuerySet
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.http import base36_to_int, int_to_base36

from enrolments.models import Enrolment, GroupDraft, Offer, Person, Registration

TOKEN = re.compile(r"([0-9a-z]{1,12})-([0-9a-f]{40})")

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class SecretLink(Generic[Row]):
    """The secret links to rows of one model, which carries a `link_version`.

    Raise the version and the old link is dead. Links of one kind never open another.
    """

    salt: str
    model: type[Row]
    url_name: str

    def token(self, row: Row) -> str:
        """Return the token of the row's current link."""
        return f"{int_to_base36(row.pk)}-{self._signature(row.pk, row.link_version)}"  # type: ignore[attr-defined] # by contract

    def url(self, row: Row) -> str:
        """Return the row's full secret link."""
        return settings.SITE_URL + reverse(self.url_name, args=[self.token(row)])

    def find(self, token: str, rows: QuerySet[Row] | None = None) -> Row | None:
        """Return the row (among `rows`) whose current link carries `token`; None for a forged or replaced one."""
        match = TOKEN.fullmatch(token)
        if not match:
            return None
        rows = self.model._default_manager.all() if rows is None else rows
        row = rows.filter(pk=base36_to_int(match[1])).first()
        if row is None or not constant_time_compare(match[2], self._signature(row.pk, row.link_version)):  # type: ignore[attr-defined] # by contract
            return None
        return row

    def _signature(self, pk: int, version: int) -> str:
        return salted_hmac(self.salt, f"{pk}:{version}", algorithm="sha256").hexdigest()[:40]


#: The contact's link to a registration.
registration_link = SecretLink("enrolments.registration-link", Registration, "enrolments:registration")
#: The participant's own link to their seat.
participant_link = SecretLink("enrolments.participant-link", Enrolment, "enrolments:participant")
#: The link to answer an offer of freed seats.
offer_link = SecretLink("enrolments.offer-link", Offer, "enrolments:offer")
#: The link to a half-finished registration.
draft_link = SecretLink("enrolments.draft-link", GroupDraft, "enrolments:draft")
#: The address of a person's own calendar feed.
feed_link = SecretLink("enrolments.feed-link", Person, "enrolments:feed")


def find_registration(token: str) -> Registration | None:
    """Return the registration whose current link carries `token`, with what its pages show of it."""
    rows = Registration.objects.select_related("run__course", "run__venue", "run__terms", "terms", "organisation")
    return registration_link.find(token, rows)
