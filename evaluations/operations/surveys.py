"""Surveys as a whole: make and change one with its evaluation, copy it for next year, extend, close early, call off."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from evaluations.enums import Audience, EvaluationStatus, Moment
from evaluations.exceptions import EvaluationError, NotOpen, SurveyGone
from evaluations.models import Evaluation, Questionnaire, Survey, SurveyInvitation
from evaluations.schedule import later
from website.core.database import violated_constraint

#: Days of a year of whole weeks: a survey that opened on a Monday does so again.
NEXT_YEAR = 52 * 7
YEAR = re.compile(r"\b(19|20)\d\d\b")
LONGEST_SLUG = 60


class SurveyUnderWay(EvaluationError):
    """It has opened: what people answer to, who may, and since when stand."""

    message = _("The survey has opened. Its questions, its address and who may answer can no longer be changed.")


class AddressTaken(EvaluationError):
    message = _("Another survey has this address.")


class ClosesTooEarly(EvaluationError):
    message = _("Choose a later time than it closes now.")


@dataclass(frozen=True, slots=True)
class SurveyDetails:
    """What staff decide of a survey. Reminders go to those on the list only, the invitation when it opens."""

    title_da: str
    questionnaire: Questionnaire
    audience: str
    slug: str
    opens_at: datetime
    closes_at: datetime
    first_reminder_at: datetime | None = None
    second_reminder_at: datetime | None = None
    title_en: str = ""
    introduction_da: str = ""
    introduction_en: str = ""


def slug_for(title: str) -> str:
    """Return an address for a title: "Frivillige på biblioteket" becomes "frivillige-paa-biblioteket"."""
    spelled = title.casefold().replace("æ", "ae").replace("ø", "oe").replace("å", "aa")
    return slugify(spelled)[:LONGEST_SLUG].strip("-") or "undersoegelse"


def save_survey(*, details: SurveyDetails, pk: int | None = None) -> Survey:
    """Make a survey with its evaluation, or change the one of that number. Raises SurveyUnderWay, AddressTaken."""
    try:
        with transaction.atomic():
            return _change(pk, details) if pk else _make(details)
    except IntegrityError as error:
        if "slug" in violated_constraint(error):
            raise AddressTaken from error
        raise


def _make(details: SurveyDetails) -> Survey:
    survey = Survey()
    _write(survey, details)
    survey.save()
    evaluation = Evaluation(survey=survey, moment=Moment.SURVEY)
    _plan(evaluation, details)
    evaluation.save()
    return survey


def _change(pk: int, details: SurveyDetails) -> Survey:
    evaluation, survey = _locked_both(pk)
    if evaluation.status not in (EvaluationStatus.PLANNED, EvaluationStatus.STOPPED):
        stands = (survey.questionnaire_id, survey.audience, survey.slug, evaluation.opens_at, evaluation.closes_at)
        asked = (details.questionnaire.pk, details.audience, details.slug, details.opens_at, details.closes_at)
        if stands != asked:
            raise SurveyUnderWay
    _write(survey, details)
    survey.save()
    _plan(evaluation, details)
    evaluation.save(
        update_fields=[
            "questionnaire",
            "opens_at",
            "closes_at",
            "invites_at",
            "first_reminder_at",
            "second_reminder_at",
        ]
    )
    return survey


def _write(survey: Survey, details: SurveyDetails) -> None:
    for name in ("title_da", "title_en", "introduction_da", "introduction_en", "questionnaire", "audience", "slug"):
        setattr(survey, name, getattr(details, name))


def _plan(evaluation: Evaluation, details: SurveyDetails) -> None:
    mails = details.audience == Audience.INVITED
    evaluation.questionnaire = details.questionnaire
    evaluation.opens_at, evaluation.closes_at = details.opens_at, details.closes_at
    evaluation.invites_at = details.opens_at if mails else None
    evaluation.first_reminder_at = details.first_reminder_at if mails else None
    evaluation.second_reminder_at = details.second_reminder_at if mails else None


def copy_survey(*, pk: int, with_list: bool = False) -> Survey:
    """Return a planned copy a year later, with the same questions so that the years can be compared.

    `with_list`: the same people are invited, but those who want no more mails. Raises SurveyGone.
    """
    with transaction.atomic():
        old = Survey.objects.select_related("questionnaire", "evaluation").filter(pk=pk).first()
        if old is None:
            raise SurveyGone
        plan = old.evaluation
        days = _days_to_next_year(plan.opens_at)
        opens_at = later(plan.opens_at, days)
        years = opens_at.year - timezone.localtime(plan.opens_at).year

        def after(at: datetime | None) -> datetime | None:
            return later(at, days) if at else None

        details = SurveyDetails(
            title_da=_title_later(old.title_da, years),
            title_en=_title_later(old.title_en, years),
            introduction_da=old.introduction_da,
            introduction_en=old.introduction_en,
            questionnaire=old.questionnaire,
            audience=old.audience,
            slug=_free_slug(slug_for(_title_later(old.title_da, years))),
            opens_at=opens_at,
            closes_at=later(plan.closes_at, days),
            first_reminder_at=after(plan.first_reminder_at),
            second_reminder_at=after(plan.second_reminder_at),
        )
        new = _make(details)
        if with_list and old.audience == Audience.INVITED:
            people = old.invitations.filter(wants_no_mail=False).order_by("email")
            SurveyInvitation.objects.bulk_create(
                (
                    SurveyInvitation(survey=new, name=one.name, email=one.email, organisation_id=one.organisation_id)
                    for one in people.iterator()
                ),
                batch_size=1000,
            )
        return new


def _days_to_next_year(opened: datetime) -> int:
    """Return the days to the same weekday a year later; of a survey of long ago, to the next one to come."""
    days = NEXT_YEAR
    while later(opened, days) <= timezone.now():
        days += NEXT_YEAR
    return days


def _title_later(title: str, years: int) -> str:
    """Return the title with the year it is copied for: "Frivillighed 2015" becomes "Frivillighed 2016"."""
    return YEAR.sub(lambda match: str(int(match[0]) + years), title)


def _free_slug(wanted: str) -> str:
    taken = set(Survey.objects.filter(slug__startswith=wanted[: LONGEST_SLUG - 4]).values_list("slug", flat=True))
    if wanted not in taken:
        return wanted
    numbered = (f"{wanted[: LONGEST_SLUG - 4]}-{number}" for number in range(2, len(taken) + 3))
    return next(slug for slug in numbered if slug not in taken)


def extend_survey(*, pk: int, closes_at: datetime, at: datetime | None = None) -> Evaluation:
    """Let an open survey take answers longer. Raises NotOpen, ClosesTooEarly."""
    at = at or timezone.now()
    with transaction.atomic():
        evaluation = _locked(pk)
        if not evaluation.takes_answers(at):
            raise NotOpen
        if closes_at <= evaluation.closes_at:
            raise ClosesTooEarly
        evaluation.closes_at = closes_at
        evaluation.save(update_fields=["closes_at"])
        return evaluation


def close_survey(*, pk: int, at: datetime | None = None) -> Evaluation:
    """Take no more answers from now on; the worker counts within a minute. Raises NotOpen."""
    at = at or timezone.now()
    with transaction.atomic():
        evaluation = _locked(pk)
        if not evaluation.takes_answers(at):
            raise NotOpen
        evaluation.closes_at = max(at, evaluation.opens_at + timedelta(microseconds=1))
        evaluation.save(update_fields=["closes_at"])
        return evaluation


def stop_survey(*, pk: int) -> Evaluation:
    """Call a survey off before it opens. Raises SurveyUnderWay."""
    return _set_status(pk, EvaluationStatus.PLANNED, EvaluationStatus.STOPPED)


def resume_survey(*, pk: int) -> Evaluation:
    """Plan a survey that was called off after all. Raises SurveyUnderWay."""
    return _set_status(pk, EvaluationStatus.STOPPED, EvaluationStatus.PLANNED)


def delete_survey(*, pk: int) -> None:
    """Delete a survey that nobody has been asked in, with its list. Raises SurveyUnderWay, SurveyGone."""
    with transaction.atomic():
        evaluation, survey = _locked_both(pk)
        if evaluation.status not in (EvaluationStatus.PLANNED, EvaluationStatus.STOPPED):
            raise SurveyUnderWay
        survey.delete()


def _set_status(pk: int, before: str, after: str) -> Evaluation:
    with transaction.atomic():
        evaluation = _locked(pk)
        if evaluation.status != before:
            raise SurveyUnderWay
        evaluation.status = after
        evaluation.save(update_fields=["status"])
        return evaluation


def _locked_both(pk: int) -> tuple[Evaluation, Survey]:
    return _locked(pk), Survey.objects.get(pk=pk)


def _locked(survey_pk: int) -> Evaluation:
    """Return the survey's evaluation, which nobody else changes, opens or closes until the transaction ends.

    Raises SurveyGone: two may delete it at the same moment.
    """
    found = Evaluation.objects.select_for_update(no_key=True).filter(survey=survey_pk).first()
    if found is None:
        raise SurveyGone
    return found
