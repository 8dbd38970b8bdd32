"""Results of many evaluations at once: sums of what was released, counted by PostgreSQL.

Every stored result holds five answers or more, and filters choose whole evaluations. So every figure here is a sum of
whole stored results, and so is every difference between two figures: none holds fewer than five.

    chosen = evaluations_of(user, Selection(kind="one_day"))
    pooled(chosen, by=Quarter("held_on"))         a Pooled for each question and quarter
    rates(chosen, "run__course")                  who was asked and who answered, by course

A constant number of queries, however many evaluations there are.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import CharField, Count, DateField, Expression, F, Func, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce, TruncDate

from courses.models import CourseDay
from evaluations.models import Evaluation, Questionnaire
from evaluations.operations.participation import MIN_INVITED
from evaluations.questions import Question, parse
from evaluations.results.charts import percent
from evaluations.results.figures import Estimate, QuestionKey, Tally, estimate_of, question_key
from website.accounts.typing import AnyUser

By = str | Expression


@dataclass(frozen=True, slots=True)
class Selection:
    """Which runs' evaluations: by the run's last day (both ends included), courses, runs, the kind of course."""

    start: date | None = None
    end: date | None = None
    courses: tuple[int, ...] = ()
    runs: tuple[int, ...] = ()
    kind: str = ""


class Quarter(Func):
    """The first day of a date's quarter."""

    template = "date_trunc('quarter', %(expressions)s)::date"
    output_field = DateField()


class HalfYear(Func):
    """The first day of a date's half of the year."""

    template = (
        "(SELECT (date_trunc('year', day) + interval '6 months' * (extract(month FROM day) > 6)::int)::date"
        " FROM (SELECT %(expressions)s) AS one (day))"
    )
    output_field = DateField()


@dataclass(frozen=True, slots=True)
class Pooled:
    """The answers to one question (of a matrix, one row) of several evaluations; `by` is what they were counted by."""

    question: Question
    row: int | None
    by: Any
    evaluations: int
    tally: Tally

    @property
    def key(self) -> tuple[QuestionKey, int | None]:
        return question_key(self.question), self.row

    @property
    def estimate(self) -> Estimate | None:
        return estimate_of(self.question, self.tally)

    @property
    def text(self) -> str:
        text = str(self.question.text)
        return text if self.row is None else f"{text} – {self.question.rows[self.row]}"


@dataclass(frozen=True, slots=True)
class Rate:
    """Of some evaluations with five invited or more: how many were asked, and how many answered."""

    evaluations: int = 0
    invited: int = 0
    answered: int = 0

    @property
    def share(self) -> float | None:
        return self.answered / self.invited if self.invited else None

    @property
    def percent(self) -> str:
        return "–" if self.share is None else percent(self.share)

    def __add__(self, other: "Rate") -> "Rate":
        return Rate(self.evaluations + other.evaluations, self.invited + other.invited, self.answered + other.answered)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two questions put to the same runs at two moments: (moment, short name) each."""

    first: tuple[str, str]
    second: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Paired:
    """What the same runs answered at two moments. Their people are the same; those who answered may not be."""

    first: Pooled
    second: Pooled

    @property
    def runs(self) -> int:
        return self.first.evaluations


def evaluations_of(user: AnyUser, selection: Selection | None = None) -> QuerySet[Evaluation]:
    """Return the closed evaluations of runs that `user` may see, annotated with `held_on`, the run's last day."""
    selection = selection or Selection()
    last_day = CourseDay.objects.filter(run=OuterRef("run")).order_by("-date").values("date")[:1]
    found = (
        Evaluation.objects.visible_to(user)
        .closed()
        .filter(run__isnull=False)
        .alias(held_on=Coalesce(Subquery(last_day), TruncDate("opens_at"), output_field=DateField()))
        .order_by()
    )
    wanted = {
        "held_on__gte": selection.start,
        "held_on__lte": selection.end,
        "run__course__in": selection.courses,
        "run__in": selection.runs,
        "run__course__kind": selection.kind,
    }
    return found.filter(**{path: value for path, value in wanted.items() if value})


def rates(chosen: QuerySet[Evaluation], by: By) -> dict[tuple[Any, str], Rate]:
    """Return who was asked and who answered, by (`by`, moment). One query.

    Evaluations with fewer than five invited are in no sum: a total without them cannot be subtracted from.
    """
    found = (
        chosen.filter(invited__gte=MIN_INVITED)
        .annotate(each=F(by) if isinstance(by, str) else by)
        .values_list("each", "moment")
        .annotate(Count("pk"), Sum("invited"), Sum("answered"))
        .order_by()
    )
    return {(each, moment): Rate(*sums) for each, moment, *sums in found}


def pooled(
    chosen: QuerySet[Evaluation], by: By | None = None, *, moment: str = "", names: Iterable[str] | None = None
) -> list[Pooled]:
    """Return the answers to each question about a course as a whole, by `by`, in the order they are asked in.

    Questions are the same when `question_key` says so. `names` leaves out all but these. Texts are not counted.
    Two queries.
    """
    key: Any = Value("", CharField()) if by is None else F(by) if isinstance(by, str) else by
    found = chosen.filter(moment=moment) if moment else chosen
    sql, params = found.annotate(each=key).values_list("pk", "questionnaire_id", "each").query.sql_with_params()
    named = "AND result.question = ANY(%s)" if names is not None else ""
    statement = f"""
        WITH chosen (evaluation, questionnaire, each) AS ({sql})
        SELECT chosen.questionnaire, result.question, result.row, chosen.each,
            cardinality(result.counts), count(*), sum(result.answered), sum(result.no_opinion), {_SUMS}
        FROM chosen
        JOIN evaluations_questionresult AS result ON result.evaluation_id = chosen.evaluation
        WHERE result.subject = '' AND result.group_id IS NULL AND result.counts <> '{{}}' {named}
        GROUP BY 1, 2, 3, 4, 5
        ORDER BY 1, 2, 3, 4, 5
    """  # noqa: S608 - no text of users: they are parameters
    return _merged(_read(statement, [*params, *([list(names)] if names is not None else [])]))


def paired(chosen: QuerySet[Evaluation], pairs: Sequence[Pair]) -> list[Paired | None]:
    """Return, for each pair, the answers of those runs that have a released result to both; None where none has.

    Two queries.
    """
    if not pairs:
        return []
    sql, params = chosen.values_list("pk", "questionnaire_id", "run_id", "moment").query.sql_with_params()
    sides = [(n, side, *asked) for n, pair in enumerate(pairs) for side, asked in enumerate((pair.first, pair.second))]
    statement = f"""
        WITH chosen (evaluation, questionnaire, run, moment) AS ({sql}),
        sides (pair, side, moment, question) AS (
            SELECT * FROM unnest(%s::int[], %s::int[], %s::text[], %s::text[])
        ),
        both_sides AS (
            SELECT sides.pair, sides.side, chosen.questionnaire, result.question, result.row, result.counts,
                result.answered, result.no_opinion,
                count(*) OVER of_run AS released, sum(cardinality(result.counts)) OVER of_run AS values
            FROM chosen
            JOIN sides ON sides.moment = chosen.moment
            JOIN evaluations_questionresult AS result
                ON result.evaluation_id = chosen.evaluation AND result.question = sides.question
            WHERE result.subject = '' AND result.group_id IS NULL AND result.counts <> '{{}}'
            WINDOW of_run AS (PARTITION BY sides.pair, chosen.run, result.row)
        )
        SELECT questionnaire, question, row, concat_ws(':', pair, side, values), cardinality(counts), count(*),
            sum(answered), sum(no_opinion), {_SUMS}
        FROM both_sides
        WHERE released = 2
        GROUP BY 1, 2, 3, 4, 5
        ORDER BY 1, 2, 3, 4, 5
    """  # noqa: S608 - no text of users: they are parameters
    found: dict[tuple[int, str], tuple[list[Pooled], list[Pooled]]] = {}
    for each in _merged(_read(statement, [*params, *(list(column) for column in zip(*sides, strict=True))])):
        number, side, values = each.by.split(":")
        found.setdefault((int(number), values), ([], []))[int(side)].append(each)
    return [_most(sides for (number, _values), sides in found.items() if number == n) for n in range(len(pairs))]


def _most(found: Iterable[tuple[list[Pooled], list[Pooled]]]) -> Paired | None:
    """Return the pair that most runs answered: a question whose values were changed since is another."""
    # Two questions of one side in the same runs' sums differ in kind: which runs answered which is not told.
    whole = [Paired(first[0], second[0]) for first, second in found if len(first) == len(second) == 1]
    return max(whole, key=lambda each: each.runs, default=None)


def questions_by_moment(chosen: QuerySet[Evaluation]) -> dict[str, dict[str, Question]]:
    """Return the questions about a course as a whole that were asked, by moment and short name, the newest of each.

    Two queries.
    """
    used = list(chosen.order_by("questionnaire_id").values_list("questionnaire_id", "moment").distinct())
    questions = _questions({pk for pk, _moment in used})
    found: dict[str, dict[str, Question]] = {}
    for pk, moment in used:
        for question in questions[pk].values():
            if not question.about or question.about == "course":
                found.setdefault(moment, {})[question.name] = question
    return found


def _questions(pks: Iterable[int]) -> Mapping[int, dict[str, Question]]:
    """Return the questions of these questionnaires by their names, in order. One query."""
    found = Questionnaire.objects.filter(pk__in=set(pks)).only("questions")
    return {each.pk: {question.name: question for question in parse(each.questions)} for each in found}


#: As many values as a question can have (a number's eleven; options are fewer than this), each added up by itself:
#: a third of the time that taking the arrays apart and grouping their parts takes.
_MOST_VALUES = 40
_SUMS = "ARRAY[" + ", ".join(f"sum(counts[{place}])" for place in range(1, _MOST_VALUES + 1)) + "]"


@dataclass(frozen=True, slots=True)
class _Row:
    """The sums of one questionnaire's question."""

    questionnaire: int
    question: str
    row: int | None
    by: Any
    values: int
    evaluations: int
    answered: int
    no_opinion: int
    counts: tuple[int, ...]


def _read(statement: str, params: Sequence[Any]) -> list[_Row]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return [_Row(*head, counts=tuple(sums[: head[4]])) for *head, sums in cursor.fetchall()]


def _merged(rows: list[_Row]) -> list[Pooled]:
    """Return the rows with their questions, versions of a questionnaire put together, in the questions' order."""
    asked = _questions({row.questionnaire for row in rows})
    found: dict[tuple[Any, ...], Pooled] = {}
    for row, question in _with_questions(rows, asked):
        key = (question_key(question), row.row, row.by)
        before = found.get(key)
        tally = Tally(row.answered, row.no_opinion, row.counts)
        if before:
            tally = Tally(
                before.tally.answered + row.answered,
                before.tally.no_opinion + row.no_opinion,
                tuple(one + other for one, other in zip(before.tally.counts, row.counts, strict=True)),
            )
        found[key] = Pooled(question, row.row, row.by, row.evaluations + (before.evaluations if before else 0), tally)
    places = {name: place for names in asked.values() for place, name in enumerate(names)}
    return sorted(found.values(), key=lambda each: (places[each.question.name], each.question.name, each.row or 0))


def _with_questions(rows: list[_Row], asked: Mapping[int, dict[str, Question]]) -> Iterator[tuple[_Row, Question]]:
    for row in sorted(rows, key=lambda each: each.questionnaire):
        question = asked[row.questionnaire].get(row.question)
        # A result to what is no question (any more), or with other values than it has, means nothing.
        if question is not None and len(question.values) == row.values:
            yield row, question


def headline(found: Iterable[Pooled], names: Sequence[str]) -> Pooled | None:
    """Return the first of these named questions that was measured at the end; else the one most answered."""
    measured = [each for each in found if each.question.is_measured and each.row is None]
    for name in names:
        for each in measured:
            if each.question.name == name:
                return each
    return max(measured, key=lambda each: each.tally.answered, default=None)
