"""What a registration is made from: plain values, already validated by the form or the caller."""

from dataclasses import dataclass

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
class ParticipantDetails:
    name: str
    email: str
    job_title: str = ""
    department: str = ""
    dietary: str = ""


@dataclass(frozen=True, slots=True)
class PayerDetails:
    billing_method: BillingMethod
    ean: str = ""
    order_reference: str = ""
    person_reference: str = ""
    invoice_email: str = ""
    cvr: str = ""
