"""Replace a secret link: the version rises, and the old link is dead."""

from django.db.models import F

from enrolments.models import Enrolment, Registration


def replace_participant_link(*, enrolment_pk: int) -> None:
    """Make the participant's link a new one."""
    Enrolment.objects.filter(pk=enrolment_pk).update(link_version=F("link_version") + 1)


def replace_registration_link(*, registration_pk: int) -> None:
    """Make the contact's link to the registration a new one."""
    Registration.objects.filter(pk=registration_pk).update(link_version=F("link_version") + 1)
