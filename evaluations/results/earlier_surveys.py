"""How a survey's figures stand beside those of the years before: the same survey, repeated with the same questions.

No row says that one survey is another's copy, so it is told by what copying keeps: versions of one questionnaire, the
same audience, and the same title but for the year ("Frivillighed 2025" comes before "Frivillighed 2026"). Only what
was released of everybody is read, so five or more stand behind every figure; those of single municipalities are not
held up against each other. A difference of means is told only where the 95 % intervals do not overlap; of shares none
is told at all.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.utils import timezone

from evaluations.enums import QuestionKind
from evaluations.models import Evaluation, QuestionResult
from evaluations.operations.surveys import YEAR
from evaluations.questions import Question, parse
from evaluations.results.charts import mean_in_words, percent
from evaluations.results.comparison import SURVEY, Compared, Comparisons, put_beside, verdict
from evaluations.results.figures import Figure, Tally, estimate_of, points, question_key
from evaluations.results.sheet import Sheet

#: So many of the years before, the latest first.
YEARS = 3
CHOICES = (QuestionKind.SINGLE, QuestionKind.MULTIPLE)


@dataclass(frozen=True, slots=True)
class Shares:
    """A choice's shares then and now: `surveys` are the columns, this one's first; a row for each answer."""

    surveys: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Earlier:
    """What the figures are compared with: means by (short name, row), shares by short name."""

    means: Comparisons = field(default_factory=dict)
    shares: dict[str, Shares] = field(default_factory=dict)


def earlier_surveys(evaluation: Evaluation, *, published: bool = False) -> list[Evaluation]:
    """Return the same survey of the years before, the latest first. One query.

    `published`: only those whose results stand on a live page already, for pages that everyone reads.
    """
    survey = evaluation.survey
    if survey is None or evaluation.closed_at is None:
        return []
    same = (
        Evaluation.objects.closed()
        .filter(
            survey__audience=survey.audience,
            questionnaire__family=evaluation.questionnaire.family,
            closed_at__lt=evaluation.closed_at,
        )
        .exclude(pk=evaluation.pk)
        .select_related("survey", "questionnaire")
        .defer("public_key", "sealed_key", "subjects")
        .order_by("-closed_at", "-pk")
    )
    if published:
        same = same.filter(survey__pages__live=True).distinct()
    name = _name(survey.title_da)
    return [each for each in same if each.survey and _name(each.survey.title_da) == name][:YEARS]


def beside_earlier(evaluation: Evaluation, figures: Iterable[Figure], *, published: bool = False) -> Earlier:
    """Return what the figures of everybody are compared with. Two queries, however many questions there are."""
    asked = [each for each in figures if each.group is None and not each.subject.key]
    before = earlier_surveys(evaluation, published=published) if asked else []
    if not before:
        return Earlier()
    known = {each.pk: {one.name: one for one in parse(each.questionnaire.questions)} for each in before}
    stored = {
        (each.evaluation_id, each.question, each.row): each
        for each in QuestionResult.objects.filter(
            evaluation__in=before, subject="", group=None, question__in={each.question.name for each in asked}
        )
    }
    found = Earlier()
    for figure in asked:
        name = figure.question.name
        same = [
            (label_of(each), Tally(result.answered, result.no_opinion, tuple(result.counts)))
            for each in before
            if (result := stored.get((each.pk, name, figure.row)))
            and is_same(figure.question, known[each.pk].get(name))
        ]
        if not same:
            continue
        if figure.question.kind in CHOICES:
            found.shares[name] = _shares(figure, label_of(evaluation), same)
        elif lines := list(_lines(figure, same)):
            found.means[name, figure.row] = lines
    return found


def set_beside_earlier(sheet: Sheet) -> None:
    """Put the figures of the years before on the parts of a survey's sheet."""
    figures = [figure for _question, part in sheet.parts for figure in part.figures]
    found = beside_earlier(sheet.evaluation, figures)
    put_beside(sheet, found.means)
    for question, part in sheet.parts:
        part.shares = found.shares.get(question.name)


def label_of(evaluation: Evaluation) -> str:
    """Return what tells one year's survey from another's, whose names are the same: the year."""
    found = YEAR.search(str(evaluation.survey))
    return found[0] if found else str(timezone.localtime(evaluation.opens_at).year)


def is_same(question: Question, other: Question | None) -> bool:
    """Whether both ask the same: of what can be chosen, the very answers, since each is compared by itself."""
    if other is None or question_key(question) != question_key(other):
        return False
    return question.kind not in CHOICES or list(map(str, question.options)) == list(map(str, other.options))


def _lines(figure: Figure, same: Iterable[tuple[str, Tally]]) -> Iterator[Compared]:
    own = figure.estimate
    for label, tally in same:
        then = estimate_of(figure.question, tally)
        if own is None or then is None:
            continue
        mean = mean_in_words(then, points(figure.question))
        yield Compared(SURVEY, label, 1, tally.answered, mean, verdict(own, then))


def _shares(figure: Figure, now: str, same: list[tuple[str, Tally]]) -> Shares:
    columns = [figure.counts, *(tally.counts for _label, tally in same)]
    people = [figure.answered, *(tally.answered for _label, tally in same)]
    rows = (
        (choice.label, tuple(percent(counts[place] / of) for counts, of in zip(columns, people, strict=True)))
        for place, choice in enumerate(figure.choices)
    )
    return Shares((now, *(label for label, _tally in same)), tuple(rows))


def _name(title: str) -> str:
    """Return a title's words without its years, and without regard to case and signs."""
    return " ".join(re.findall(r"\w+", YEAR.sub(" ", title).casefold()))
