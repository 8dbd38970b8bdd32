"""The survey of volunteering, from `fixtures/demo/surveys.toml`: held in 2015, planned anew, and one to try.

What was answered in 2015 is made up and goes through the very rules of release: small municipalities are left out
here as they would be in earnest. The web that loads the demo has no key, so there are no ballots to open; the worker
opens the survey to try within a minute.
"""

from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from django.utils import timezone

from courses.enums import OrganisationKind
from courses.models import Organisation
from demo.loader.files import read
from demo.loader.ledger import Ledger
from evaluations.ballots import Answer, Paper
from evaluations.enums import Audience, EvaluationStatus, Moment, QuestionKind
from evaluations.models import Evaluation, Questionnaire, Survey
from evaluations.operations.closing import publish
from evaluations.operations.releasing import Counting
from evaluations.operations.survey_invitations import Invitee, invite
from evaluations.operations.surveys import SurveyDetails, save_survey
from evaluations.questions import NO_OPINION, Question, parse
from evaluations.standards.questions import ask, options, section

#: How many of a hundred skip a question, have no opinion, and write a text.
SKIPS, UNSURE, WRITES = 4, 5, 22
TEXTS = ("title_da", "title_en", "introduction_da", "introduction_en", "slug")


def load(ledger: Ledger) -> None:
    """Load the surveys, once."""
    if not ledger.is_new("surveys"):
        return
    about = read("surveys")
    asked = _questionnaire(about)
    _closed(about, asked)
    # Where runs and people are counted from the first load, so are these.
    _open(about["open"], asked, ledger.now)
    _planned(about["planned"], asked, ledger.now)


def _questionnaire(about: dict[str, Any]) -> Questionnaire:
    made = Questionnaire(moment=Moment.SURVEY, **about["questionnaire"])
    blocks = []
    for entry in about["question"]:
        if "section" in entry:
            blocks.append(section(*entry["section"]))
        blocks.append(_block(entry))
    made.questions = made._meta.get_field("questions").to_python(blocks)
    made.save()
    return made


def _block(entry: dict[str, Any]) -> dict[str, Any]:
    more: dict[str, Any] = {name: entry[name] for name in ("help_da", "help_en", "no_opinion") if name in entry}
    for name in ("options", "rows"):
        if name in entry:
            more[name] = options(*(tuple(pair) for pair in entry[name]))
    for end in ("low", "high"):
        if end in entry:
            more |= {f"{end}_da": entry[end][0], f"{end}_en": entry[end][1]}
    return ask(entry["kind"], entry["name"], entry["da"], entry["en"], **more)


def _closed(about: dict[str, Any], asked: Questionnaire) -> None:
    """Make the survey of 2015 with what may be known of its answers."""
    entry = about["closed"]
    survey = Survey.objects.create(
        **{name: entry[name] for name in TEXTS}, questionnaire=asked, audience=Audience.INVITED
    )
    groups = dict(Organisation.objects.filter(kind=OrganisationKind.MUNICIPALITY).values_list("code", "pk"))
    papers = _papers(about, parse(asked.questions))
    counting = Counting(parse(asked.questions), groups=groups)
    for paper in papers:
        counting.add(paper)
    closes_at = _at(entry["closes"], 16)
    evaluation = Evaluation.objects.create(
        survey=survey,
        moment=Moment.SURVEY,
        questionnaire=asked,
        opens_at=_at(entry["opens"], 9),
        closes_at=closes_at,
        status=EvaluationStatus.CLOSED,
        closed_at=closes_at,
        invited=entry["invited"],
        answered=len(papers),
    )
    Questionnaire.objects.filter(pk=asked.pk).update(locked_at=evaluation.opens_at)
    publish(evaluation, counting.cells(), groups)


def _papers(about: dict[str, Any], questions: list[Question]) -> list[Paper]:
    # A chance of its own: what the other steps draw stays as it was.
    random = Random(2015)  # noqa: S311 (made-up answers, no secrets)
    weights = {entry["name"]: entry.get("weights", []) for entry in about["question"]}
    papers = []
    for code, people in about["closed"]["answers"].items():
        # Municipalities differ a little, each in its own way.
        tilt = random.uniform(-0.35, 0.35)
        for _person in range(people):
            answers = [
                answer
                for question in questions
                for answer in _answers(question, weights[question.name], tilt, random, about["closed"]["texts"])
            ]
            papers.append(Paper(tuple(answers), code))
    return papers


def _answers(question: Question, weights: list[Any], tilt: float, random: Random, texts: list[str]) -> list[Answer]:
    if random.randrange(100) < SKIPS:
        return []
    match question.kind:
        case QuestionKind.MUNICIPALITY:
            return []
        case QuestionKind.TEXT:
            return [Answer(question.name, "", None, random.choice(texts))] if random.randrange(100) < WRITES else []
        case QuestionKind.MULTIPLE:
            chosen = tuple(place for place, share in enumerate(weights) if random.randrange(100) < share)
            return [Answer(question.name, "", None, chosen)] if chosen else []
        case QuestionKind.MATRIX:
            return [
                Answer(question.name, "", row, _value(question, of_row, tilt, random))
                for row, of_row in enumerate(weights)
            ]
    return [Answer(question.name, "", None, _value(question, weights, tilt, random))]


def _value(question: Question, weights: list[int], tilt: float, random: Random) -> int:
    """Return one of the values; of those in an order, the tilt leans towards one end."""
    if question.has_no_opinion and random.randrange(100) < UNSURE:
        return NO_OPINION
    if question.is_measured:
        middle = (len(weights) - 1) / 2
        weights = [weight * (1 + tilt * (place - middle) / middle) for place, weight in enumerate(weights)]
    return random.choices(range(len(weights)), weights)[0]


def _open(entry: dict[str, Any], asked: Questionnaire, now: datetime) -> None:
    """Plan the survey that everyone may try: it opens as soon as a worker runs."""
    save_survey(
        details=SurveyDetails(
            **{name: entry[name] for name in TEXTS},
            questionnaire=asked,
            audience=Audience.OPEN,
            opens_at=now - timedelta(hours=1),
            closes_at=now + timedelta(days=60),
        )
    )


def _planned(entry: dict[str, Any], asked: Questionnaire, now: datetime) -> None:
    """Plan the same survey anew, with people on its list."""
    opens_at = _at(timezone.localdate(now) + timedelta(days=30), 9)
    texts = {name: entry[name].format(year=opens_at.year) for name in TEXTS}
    survey = save_survey(
        details=SurveyDetails(
            **texts,
            questionnaire=asked,
            audience=Audience.INVITED,
            opens_at=opens_at,
            closes_at=opens_at + timedelta(days=21),
            first_reminder_at=opens_at + timedelta(days=7),
            second_reminder_at=opens_at + timedelta(days=14),
        )
    )
    groups = dict(Organisation.objects.filter(kind=OrganisationKind.MUNICIPALITY).values_list("code", "pk"))
    invite(survey_pk=survey.pk, people=[Invitee(email, name, groups[code]) for name, email, code in entry["people"]])


def _at(day: date, hour: int) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(hour)))
