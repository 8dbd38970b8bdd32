"""What tests of registration share: a valid post of the form, and details for the operation."""

from typing import Any

from courses.models import CourseRun
from enrolments.models import Registration
from enrolments.operations.details import Affiliation, ContactDetails, ParticipantDetails, PayerDetails
from enrolments.operations.registering import register
from tests.factories import municipality

EAN = "5798009811578"


def form_data(*people: str, **fields: Any) -> dict[str, Any]:
    """Return a valid post of the form for participants of these names (default: one, Anna)."""
    people = people or ("Anna",)
    data: dict[str, Any] = {
        "contact_name": "Bente Holm",
        "contact_email": "bente@example.dk",
        "organisation": "0751",
        "billing_method": "ean",
        "ean": EAN,
        "participants-TOTAL_FORMS": str(len(people)),
        "accept_terms": "on",
    }
    for at, name in enumerate(people):
        data[f"participants-{at}-name"] = name
        data[f"participants-{at}-email"] = f"{name.split()[0].lower()}@example.dk"
    return {**data, **fields}


def sign_up(run: CourseRun, *people: str, **fields: Any) -> Registration:
    """Register people of these names by the operation."""
    given = {
        "run_pk": run.pk,
        "submission": f"{run.pk}:{people}",
        "contact": ContactDetails("Bente Holm", "bente@example.dk"),
        "affiliation": Affiliation(municipality()),
        "participants": [ParticipantDetails(name, f"{name.lower()}@example.dk") for name in people],
        "payer": PayerDetails("ean", ean=EAN),
        **fields,
    }
    return register(**given)


def statuses(run: CourseRun) -> dict[str, str]:
    """Return each participant's status by name."""
    return dict(run.enrolments.values_list("name", "status"))
