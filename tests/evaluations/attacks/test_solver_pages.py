"""The solver over all that the pages and files publish: real votes, real closings, one after the other over a year.

Read are the organiser's results with their comparisons as they stood after each closing, the presenters' own, the
summary on the course page, the pages across courses with their filters, response rates, and a survey's page and files
with each municipality.
"""

import csv
import os
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from io import StringIO
from random import Random

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from courses.models import CourseRun, Organisation
from evaluations.enums import Moment
from evaluations.models import Evaluation
from evaluations.operations import releasing
from evaluations.operations.casting import cast
from evaluations.operations.closing import close_evaluation
from evaluations.operations.participation import participation
from evaluations.questions import items_of, parse, subjects_of
from evaluations.results.across import Pair, Quarter, Selection, evaluations_of, paired, pooled, rates
from evaluations.results.comparison import set_beside
from evaluations.results.files import FIGURES, figure_records
from evaluations.results.public import summary_of
from evaluations.results.sheet import ORGANISER, Reader, sheet_of
from evaluations.results.survey import all_figures, survey_sheet
from evaluations.results.survey_files import answer_records
from tests import factories
from tests.evaluations import factories as made
from tests.evaluations.attacks.cohorts import Voter, cohort
from tests.evaluations.attacks.solver import Published, isolated
from tests.evaluations.box_helpers import make_due, open_survey
from website.core.exports import csv_records

pytestmark = pytest.mark.django_db
EXAMPLES = int(os.environ.get("SOLVER_PAGES_EXAMPLES", 3))
few = settings(
    max_examples=EXAMPLES,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
seeds = st.integers(0, 2**32)
GRID = made.question(
    "matrix", "grid", "Hvordan var", rows=made.options("Stedet", "Maden"), options=made.options("Skidt", "Godt")
)
WHY = made.question(
    "single",
    "why",
    "Hvorfor?",
    options=made.options("Tid", "Sted", "Andet"),
    show_if={"question": "teaching", "answers": "1-3"},
)
ASKED = (made.TEACHING, WHY, made.CONFIDENCE, made.PRESENTER, GRID, made.LEARNED)
CODES = ("0751", "0461", "0101", "0147")


def asked(moment: str = Moment.END):
    questions = ASKED if moment != Moment.SURVEY else (made.TEACHING, WHY, GRID, made.LEARNED)
    return made.questionnaire(*questions, moment=moment, title=f"Om {moment}")


class History:
    """Evaluations that were answered and closed, who said what in each, and all that was published meanwhile."""

    def __init__(self, seed: int) -> None:
        self.source = Random(seed)
        self.voters: dict[int, list[Voter]] = {}
        self.invited: dict[int, int] = {}
        self.figures: list[Published] = []

    def answer_and_close(self, evaluation: Evaluation, sizes: dict[str, int]) -> Evaluation:
        questions = parse(evaluation.questionnaire.questions)
        items = list(items_of(questions, subjects_of(evaluation.subjects)))
        people = cohort(self.source, items, sizes=sizes, name=f"{evaluation.pk}-")
        entries = list(evaluation.voters.all())
        for entry, person in zip(entries, people, strict=False):
            cast(voter=entry, paper=person.paper)
        self.voters[evaluation.pk], self.invited[evaluation.pk] = people[: len(entries)], len(entries)
        make_due(evaluation)
        assert close_evaluation(pk=evaluation.pk)
        return Evaluation.objects.select_related("questionnaire", "run__course").get(pk=evaluation.pk)

    def who(self, pks: Iterable[int], judge: Callable[[Voter], bool], *, at_least: int = 5) -> frozenset[str]:
        """Return who is in a figure of these evaluations: a sum leaves out what was not released of one of them."""
        parts = [{each.name for each in self.voters[pk] if judge(each)} for pk in pks]
        return frozenset().union(*(part for part in parts if len(part) >= at_least))

    def publish(self, key, people: frozenset[str], count: int, where: str) -> None:
        assert len(people) == count, f"{where}: the figure counts others than is thought"
        self.figures.append(Published(key, people, where))

    def read_results(self, evaluation: Evaluation, reader: Reader, where: str) -> None:
        """Read an evaluation's results, and its comparisons with what was closed before."""
        sheet = sheet_of(evaluation, reader)
        for question, part in sheet.parts:
            for row, figure in [(figure.row, figure) for figure in part.figures]:
                key = question.name, part.subject.key, row
                self.publish(key, self.who([evaluation.pk], answers(key)), figure.answered, where)
        self.read_file(sheet, evaluation, where)
        if not reader.sees_all:
            return
        set_beside(sheet)
        earlier = [pk for pk in self.voters if pk < evaluation.pk and moment_of(pk) == evaluation.moment]
        scopes = {
            "course": [pk for pk in earlier if run_of(pk).course_id == evaluation.run.course_id],
            "kind": [pk for pk in earlier if run_of(pk).course.kind == evaluation.run.course.kind],
            "all": earlier,
        }
        for question, part in sheet.parts:
            # A row of a matrix that nothing earlier is like has no line at all.
            rows = {"": None} | {str(label): row for row, label in enumerate(question.rows)}
            for label, lines in part.beside:
                key = question.name, "", rows[label]
                for line in lines:
                    people = self.who(scopes[line.scope], answers(key))
                    self.publish(key, people, line.answered, f"{where}, beside {line.scope}")

    def read_file(self, sheet, evaluation: Evaluation, where: str) -> None:
        """Read the file as a program does, and find in it what the page says and nothing else."""
        content = b"".join(csv_records(FIGURES, figure_records(sheet))).decode("utf-8-sig")
        lines = list(csv.reader(StringIO(content), delimiter=";"))[1:]
        counted = sorted(int(line[5]) for line in lines if line[5])
        shown = [each.answered for _q, part in sheet.parts for each in part.figures]
        texts = [part.answered for _q, part in sheet.parts if part.texts is not None]
        assert counted == sorted([*shown, *texts]), where

    def read_summary(self, course) -> None:
        Evaluation.objects.filter(run__course=course.pk, closed_at__isnull=False).update(is_public=True)
        summary = summary_of(course)
        pks = [pk for pk in self.voters if moment_of(pk) == Moment.END and run_of(pk).course_id == course.pk]
        for each in summary.asked if summary else ():
            key = each.question.name, "", None
            people = self.who(pks, answers(key))
            assert str(len(people)) in each.chart.people, "the chart says of how many it is"
            self.figures.append(Published(key, people, "summary"))

    def read_across(self, user, selection: Selection, where: str) -> None:
        """Read every sum that the pages across courses make of a choice of runs."""
        chosen = evaluations_of(user, selection)
        for by in (None, "run", "run__course", "moment", Quarter("held_on")):
            groups: dict = {}
            for pk, each in chosen.annotate(each_of=_by(by)).values_list("pk", "each_of"):
                groups.setdefault(each, []).append(pk)
            for found in pooled(chosen, by):
                key = found.question.name, "", found.row
                people = self.who(groups[found.by], answers(key))
                self.publish(key, people, found.tally.answered, f"{where} by {by}")
        pks = list(chosen.values_list("pk", flat=True))
        for pair in paired(chosen, [Pair((Moment.END, "confidence"), (Moment.FOLLOW_UP, "confidence"))]):
            if pair is None:
                continue
            key = "confidence", "", None
            whole = {pk for pk in pks if self.who([pk], answers(key))}
            runs = [{run_of(pk).pk for pk in whole if moment_of(pk) == m} for m in (Moment.END, Moment.FOLLOW_UP)]
            for moment, side in ((Moment.END, pair.first), (Moment.FOLLOW_UP, pair.second)):
                both = [pk for pk in whole if moment_of(pk) == moment and run_of(pk).pk in runs[0] & runs[1]]
                self.publish(key, self.who(both, answers(key)), side.tally.answered, f"{where}, effects")
        for (_by_course, moment), rate in rates(chosen, "run__course").items():
            told = [pk for pk in pks if moment_of(pk) == moment and run_of(pk).course_id == _by_course]
            told = [pk for pk in told if self.invited[pk] >= 5]
            people = frozenset(f"{pk}/{number}" for pk in told for number in range(self.invited[pk]))
            self.publish("turnout", people, rate.invited, f"{where}, rates")

    def read_survey(self, evaluation: Evaluation) -> None:
        """Read the survey's page with every municipality there is, and its file."""
        for code in ("", *Organisation.objects.filter(kind="municipality").values_list("code", flat=True)[:10], *CODES):
            for section in survey_sheet(evaluation, code).sections:
                for shown in section.shown:
                    for drawn in filter(None, (shown.whole, shown.own)):
                        self.read_drawn(evaluation, drawn, "page")
        figures = list(all_figures(evaluation))
        for figure in figures:
            self.read_figure(evaluation, figure, "file")
        counted = {(line[0], line[2], line[3], line[-1]) for line in answer_records(figures)}
        assert len(counted) <= len(figures)

    def read_drawn(self, evaluation: Evaluation, drawn, where: str) -> None:
        for figure in filter(None, drawn.figures):
            self.read_figure(evaluation, figure, where)

    def read_figure(self, evaluation: Evaluation, figure, where: str) -> None:
        key, code = figure.key, figure.group.code if figure.group else ""
        there = self.who([evaluation.pk], lambda each: not code or each.group == code, at_least=0)
        people = there & self.who([evaluation.pk], answers(key), at_least=0)
        self.publish(("survey", key), people, figure.answered, where)


def answers(key) -> Callable[[Voter], bool]:
    return lambda each: each.answered(key)


def run_of(pk: int) -> CourseRun | None:
    return Evaluation.objects.select_related("run__course").get(pk=pk).run


def moment_of(pk: int) -> str:
    return Evaluation.objects.get(pk=pk).moment


def _by(by):
    from django.db.models import CharField, F, Value

    return Value("", CharField()) if by is None else F(by) if isinstance(by, str) else by


def year_of_courses(history: History) -> Iterator[Evaluation]:
    """Hold five runs of two courses, evaluate each, some again after three months; read all after each closing."""
    source = history.source
    courses = [factories.CoursePageFactory(kind="one_day"), factories.CoursePageFactory(kind="theme_day")]
    presenters = [factories.PresenterFactory(with_user=True) for _each in range(2)]
    paper = {moment: asked(moment) for moment in (Moment.END, Moment.FOLLOW_UP)}
    organiser = factories.UserFactory(organiser=True)
    for number in range(5):
        run = factories.CourseRunFactory(
            course=source.choice(courses),
            capacity=None,
            first_day=date(2026, 1, 7) + timedelta(days=60 * number),
            day_fields={"presenters": presenters},
        )
        for moment in (Moment.END, *([Moment.FOLLOW_UP] if source.random() < 0.5 else [])):
            invited = source.randint(2, 10)
            evaluation = made.open_evaluation(run=run, people=invited, asked=paper[moment])
            closed = history.answer_and_close(evaluation, {"": source.randint(1, invited)})
            history.read_results(closed, ORGANISER, f"results {closed.pk}")
            for presenter in presenters:
                history.read_results(closed, Reader(False, frozenset({presenter.pk})), f"presenter {presenter.pk}")
            assert participation([closed])[closed.pk].is_hidden == (invited < 5)
            history.read_summary(run.course)
            yield closed
    runs = [each.pk for each in CourseRun.objects.filter(course__in=courses)]
    for selection in (
        Selection(),
        *(Selection(courses=(course.pk,)) for course in courses),
        *(Selection(kind=course.kind) for course in courses),
        *(Selection(runs=(run,)) for run in runs),
        *(Selection(start=date(2026, month, 1), end=date(2026, month + 4, 1)) for month in range(1, 8, 2)),
    ):
        history.read_across(organiser, selection, str(selection))


@few
@given(seeds)
def test_no_sum_of_what_pages_and_files_publish_of_courses_leaves_fewer_than_five_alone(seed):
    with rolled_back():
        history = History(seed)
        for _closed in year_of_courses(history):
            pass

        assert isolated(history.figures) == {}


def survey_answered(seed: int, sizes: dict[str, int]) -> History:
    history = History(seed)
    evaluation = open_survey(asked=asked(Moment.SURVEY), people=sum(sizes.values()))
    history.read_survey(history.answer_and_close(evaluation, sizes))
    return history


@few
@given(seeds, st.dictionaries(st.sampled_from([*CODES, ""]), st.integers(1, 9), min_size=2))
def test_no_sum_of_what_a_surveys_page_and_file_publish_leaves_fewer_than_five_alone(seed, sizes):
    with rolled_back():
        assert isolated(survey_answered(seed, sizes).figures) == {}


def test_were_no_municipality_to_give_way_the_surveys_page_would_betray_people(monkeypatch):
    monkeypatch.setattr(
        releasing, "releasable", lambda everyone, groups: [code for code, each in groups.items() if each.answered >= 5]
    )

    # All answer; three of the second municipality are what is left over.
    found = isolated(survey_answered(4, {"0751": 9, "0461": 3}).figures)

    assert found


class rolled_back:
    """A place for one example: nothing of it is left for the next."""

    def __enter__(self) -> None:
        self.atomic = transaction.atomic()
        self.atomic._from_testcase = True  # as the test's own: closing insists on a transaction of its own
        self.atomic.__enter__()

    def __exit__(self, *error) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(*error)
