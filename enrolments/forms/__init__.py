"""The forms of registration."""

from enrolments.forms.registration import MAX_PARTICIPANTS, ParticipantFormSet, RegistrationForm

__all__ = ["MAX_PARTICIPANTS", "ParticipantFormSet", "RegistrationForm"]
