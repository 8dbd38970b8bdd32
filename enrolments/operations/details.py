"""What a registration is made from: plain values, already validated by the form or the caller."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.files.base import File

from courses.models import Organisation
from enrolments.enums import BillingMethod


@dataclass(frozen=True, slots=True)
class ContactDetails:
    name: str
    email: str
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Affiliation:
    """A known organisation, or the name of one that we do not know."""

    organisation: Organisation | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class PayerDetails:
    billing_method: BillingMethod
    ean: str = ""
    order_reference: str = ""
    person_reference: str = ""
    invoice_email: str = ""
    cvr: str = ""


@dataclass(slots=True)
class GivenAnswer:
    """What somebody answered to a question: text, an ISO date, "yes" or "no"; or a file and its name.

    `stored` is where the file lies once it is in the private storage. `keep` leaves a file that was answered
    with before as it is.
    """

    question_pk: int
    value: str = ""
    file: File | None = None
    stored: str = ""
    keep: bool = False

    @property
    def is_empty(self) -> bool:
        return not self.value and not self.stored and self.file is None and not self.keep


@dataclass(frozen=True, slots=True)
class ParticipantDetails:
    """One participant. An empty `name` books a seat whose name is to follow; then `email` may be empty too.

    `affiliation` and `payer` are given where they are other than the contact's.
    """

    name: str
    email: str
    job_title: str = ""
    department: str = ""
    dietary: str = ""
    affiliation: Affiliation | None = None
    payer: PayerDetails | None = None
    answers: Sequence[GivenAnswer] = ()
