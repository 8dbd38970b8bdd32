"""The results of a survey as everyone may read them: the whole, and one municipality beside it where it is released.

No texts: what somebody wrote is for those who asked. All of it takes six queries, however many municipalities.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from courses.enums import OrganisationKind
from courses.models import Organisation
from evaluations.enums import QuestionKind
from evaluations.models import Evaluation, QuestionResult
from evaluations.questions import Item, Question, items_of, parse
from evaluations.results.charts import Chart, Matrix, chart_of, matrix_of
from evaluations.results.comparison import Compared
from evaluations.results.earlier_surveys import Shares, beside_earlier
from evaluations.results.figures import Figure, figure
from website.core.danish import DanishOrder

#: Kinds that no chart shows: what people wrote, and the municipality itself.
NOT_CHARTED = (QuestionKind.TEXT, QuestionKind.MUNICIPALITY)


@dataclass(frozen=True)
class Drawn:
    """The answers to one question, of everyone or of one municipality: a figure, or the rows of a matrix."""

    question: Question
    figures: tuple[Figure | None, ...]
    group: Organisation | None = None

    @property
    def is_withheld(self) -> bool:
        return not any(self.figures)

    @cached_property
    def matrix(self) -> Matrix | None:
        if self.question.kind != QuestionKind.MATRIX or self.is_withheld:
            return None
        return matrix_of(self.question, self.figures, self._caption)

    @cached_property
    def chart(self) -> Chart | None:
        first = self.figures[0]
        return chart_of(first) if first is not None and self.question.kind != QuestionKind.MATRIX else None

    @property
    def _caption(self) -> str:
        return f"{self.question.text} – {self.group}" if self.group else ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A question with everyone's answers and, where one is chosen, those of a municipality."""

    question: Question
    whole: Drawn
    own: Drawn | None
    #: The years before, where their results are published: means as `beside` of a sheet's part, shares of a choice.
    beside: tuple[tuple[str, list[Compared]], ...] = ()
    shares: Shares | None = None


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    shown: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class SurveySheet:
    """`municipalities`: those of which anything is released. `chosen`: the one asked for, released or not."""

    evaluation: Evaluation
    sections: tuple[Section, ...]
    municipalities: tuple[Organisation, ...]
    chosen: Organisation | None

    @property
    def is_empty(self) -> bool:
        return all(shown.whole.is_withheld for section in self.sections for shown in section.shown)

    @property
    def chosen_is_released(self) -> bool:
        return self.chosen in self.municipalities

    @property
    def withheld(self) -> int:
        """How many questions too few have answered."""
        return sum(shown.whole.is_withheld for section in self.sections for shown in section.shown)


def survey_sheet(evaluation: Evaluation, code: str = "") -> SurveySheet:
    """Return what a closed survey may show; with the municipality of that code beside it, if there is one.

    The years before stand beside it where their results are published.
    """
    items = charted_items(evaluation)
    chosen = None
    if code.isascii() and code.isdigit() and len(code) == 4:
        chosen = Organisation.objects.filter(kind=OrganisationKind.MUNICIPALITY, code=code).first()
    municipalities = released_municipalities(evaluation, items)
    whole = _stored(evaluation, None)
    own = _stored(evaluation, chosen) if chosen in municipalities else {}
    everybody = [figure(item, whole[item.key]) for item in items if item.key in whole]
    earlier = beside_earlier(evaluation, everybody, published=True)
    sections = []
    for title, of_section in groupby(items, key=lambda item: item.question.section):
        shown = []
        for _name, of_question in groupby(of_section, key=lambda item: item.question.name):
            asked = list(of_question)
            beside = _drawn(asked, own, chosen) if own else None
            question = asked[0].question
            means = tuple(
                ("" if item.row is None else str(question.rows[item.row]), lines)
                for item in asked
                if (lines := earlier.means.get((question.name, item.row)))
            )
            drawn = _drawn(asked, whole)
            shown.append(Shown(question, drawn, beside, means, earlier.shares.get(question.name)))
        sections.append(Section(str(title), tuple(shown)))
    return SurveySheet(evaluation, tuple(sections), municipalities, chosen)


def charted_items(evaluation: Evaluation) -> list[Item]:
    """Return what is shown of a survey's questions, in their order."""
    questions = [each for each in parse(evaluation.questionnaire.questions) if each.kind not in NOT_CHARTED]
    return list(items_of(questions))


def released_municipalities(evaluation: Evaluation, items: Iterable[Item]) -> tuple[Organisation, ...]:
    """Return the municipalities of which the answers to any of these are released, in Danish order. One query."""
    names = {item.question.name for item in items}
    groups = QuestionResult.objects.filter(evaluation=evaluation, question__in=names, group__isnull=False)
    return tuple(Organisation.objects.filter(pk__in=groups.values("group")).order_by(DanishOrder("name")))


def all_figures(evaluation: Evaluation) -> Iterator[Figure]:
    """Yield every released figure: of everyone, then of each municipality in Danish order. Two queries."""
    items = {item.key: (place, item) for place, item in enumerate(charted_items(evaluation))}
    rows = QuestionResult.objects.filter(evaluation=evaluation).select_related("group")
    order = {each.pk: n for n, each in enumerate(released_municipalities(evaluation, (i for _p, i in items.values())))}
    found = []
    for row in rows:
        placed = items.get((row.question, row.subject, row.row))
        if placed:
            found.append((-1 if row.group_id is None else order[row.group_id], placed[0], figure(placed[1], row)))
    yield from (each for _group, _place, each in sorted(found, key=lambda entry: entry[:2]))


def _stored(evaluation: Evaluation, group: Organisation | None) -> dict[tuple[str, str, int | None], QuestionResult]:
    rows = QuestionResult.objects.filter(evaluation=evaluation, group=group).select_related("group")
    return {(each.question, each.subject, each.row): each for each in rows}


def _drawn(
    items: Sequence[Item],
    stored: dict[tuple[str, str, int | None], QuestionResult],
    group: Organisation | None = None,
) -> Drawn:
    figures = (figure(item, stored[item.key]) if item.key in stored else None for item in items)
    return Drawn(items[0].question, tuple(figures), group)
