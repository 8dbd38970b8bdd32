"""A survey stands beside the same one of the years before, and a difference is told only where it is certain."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from evaluations.enums import Audience, EvaluationStatus
from evaluations.models import Evaluation, Questionnaire, QuestionResult, SurveyResultsPage
from evaluations.operations.surveys import copy_survey
from evaluations.results.comparison import Verdict
from evaluations.results.earlier_surveys import Shares, beside_earlier, earlier_surveys
from evaluations.results.figures import figures_of
from evaluations.results.pdf import results_pdf
from evaluations.results.sheet import ORGANISER, sheet_of
from evaluations.results.survey import survey_sheet
from tests.evaluations.factories import TEACHING, options
from tests.evaluations.results import release
from tests.evaluations.survey_helpers import USE, asked, municipality, survey
from tests.factories import HomePageFactory, UserFactory

pytestmark = pytest.mark.django_db

LOW, MIDDLE, HIGH = [20, 10, 2, 0, 0], [0, 2, 6, 3, 0], [0, 0, 2, 10, 20]


@pytest.fixture
def questions() -> Questionnaire:
    return asked(USE, TEACHING)


def held(year: int, questions: Questionnaire, counts: list[int] = LOW, **fields) -> Evaluation:
    """Return the survey of that year, closed, with these answers released."""
    fields = {"title_da": f"Frivillighed {year}", "slug": f"frivillighed-{year}"} | fields
    made = survey(questionnaire=questions, is_open=False, **fields)
    closed_at = timezone.now() - timedelta(days=365 * (2026 - year))
    Evaluation.objects.filter(survey=made).update(
        status=EvaluationStatus.CLOSED, closed_at=closed_at, invited=40, answered=sum(counts)
    )
    evaluation = Evaluation.objects.select_related("survey", "questionnaire").get(survey=made)
    release(evaluation, "teaching", counts)
    release(evaluation, "use", [6, 3, 3])
    return evaluation


def lines(evaluation: Evaluation, **how) -> list[tuple[str, str, str]]:
    found = beside_earlier(evaluation, figures_of(evaluation), **how).means.get(("teaching", None), [])
    return [(each.label, each.mean.short, each.verdict) for each in found]


def publish(evaluation: Evaluation) -> SurveyResultsPage:
    page = SurveyResultsPage(title=f"Resultater {evaluation.pk}", survey=evaluation.survey)
    return HomePageFactory().add_child(instance=page)


def test_the_years_before_stand_each_by_itself_the_latest_first(questions):
    held(2023, questions, HIGH)
    held(2025, questions, LOW)
    held(2024, questions, HIGH)
    now = held(2026, questions, HIGH)

    assert lines(now) == [
        ("2025", "1,4", Verdict.HIGHER),
        ("2024", "4,6", Verdict.UNSURE),
        ("2023", "4,6", Verdict.UNSURE),
    ]
    assert lines(Evaluation.objects.get(survey__slug="frivillighed-2023")) == []


def test_where_intervals_overlap_there_is_neither_arrow_nor_up_nor_down(questions):
    held(2025, questions, [0, 2, 3, 3, 2])
    now = held(2026, questions, [0, 1, 3, 4, 2])

    (line,) = beside_earlier(now, figures_of(now)).means["teaching", None]
    assert (line.verdict, line.arrow, line.words, line.people) == (
        Verdict.UNSURE,
        "",
        "Ingen sikker forskel",
        "10 svar",
    )


def test_shares_of_a_choice_stand_side_by_side_and_nothing_is_said_of_their_difference(questions):
    before, now = held(2025, questions), held(2026, questions)
    QuestionResult.objects.filter(evaluation=before, question="use").update(counts=[3, 6, 3])

    found = beside_earlier(now, figures_of(now))

    assert found.shares == {
        "use": Shares(
            ("2026", "2025"),
            (("Ja", ("50 %", "25 %")), ("Nej", ("25 %", "50 %")), ("Det er vi på vej til", ("25 %", "25 %"))),
        )
    }
    assert ("use", None) not in found.means


def test_a_copy_and_a_newer_version_of_the_questionnaire_are_the_same_survey(questions):
    before = held(2025, questions)
    copy = copy_survey(pk=before.survey_id)
    newer = asked(USE, TEACHING)
    Questionnaire.objects.filter(pk=newer.pk).update(family=questions.family, version=2)
    Evaluation.objects.filter(survey=copy).update(
        status=EvaluationStatus.CLOSED,
        closed_at=timezone.now(),
        invited=9,
        answered=9,
        questionnaire=newer,
    )

    assert earlier_surveys(Evaluation.objects.get(survey=copy)) == [before]


@pytest.mark.parametrize(
    "fields",
    [{"title_da": "Frivillige på biblioteket 2025"}, {"audience": Audience.OPEN}, {"questionnaire": None}],
    ids=["another title", "another audience", "another questionnaire"],
)
def test_other_surveys_are_not_compared(questions, fields):
    fields = dict(fields)
    of_it = asked(USE, TEACHING) if "questionnaire" in fields and not fields.pop("questionnaire") else questions
    held(2025, of_it, HIGH, **fields)

    assert lines(held(2026, questions, LOW)) == []


def test_questions_that_were_changed_are_not_compared(questions):
    other = asked(USE | {"value": USE["value"] | {"options": options("Nej", "Ja", "Det er vi på vej til")}}, TEACHING)
    Questionnaire.objects.filter(pk=other.pk).update(family=questions.family, version=2)
    held(2025, other)
    now = held(2026, questions)

    assert beside_earlier(now, figures_of(now)).shares == {}
    assert lines(now)


def test_what_was_not_released_then_and_single_municipalities_are_not_compared(questions):
    before, now = held(2025, questions), held(2026, questions)
    QuestionResult.objects.filter(evaluation=before, question="teaching").delete()
    odense = municipality("0461")
    release(before, "teaching", [5, 5, 0, 0, 0], group=odense)
    release(now, "teaching", [5, 5, 0, 0, 0], group=odense)

    assert lines(now) == []


def test_everyone_reads_only_of_years_that_are_published(questions):
    hidden, shown = held(2024, questions), held(2025, questions)
    now = held(2026, questions, HIGH)
    publish(shown)
    publish(hidden).unpublish()

    assert lines(now, published=True) == [("2025", "1,4", Verdict.HIGHER)]
    assert [label for label, *_rest in lines(now)] == ["2025", "2024"]
    section = survey_sheet(now).sections[0]
    by_name = {each.question.name: each for each in section.shown}
    ((_row, (line,)),) = by_name["teaching"].beside
    assert (line.label, line.words) == ("2025", "Højere")
    assert by_name["use"].shares.surveys == ("2026", "2025")


def test_staff_and_everyone_read_it_on_the_pages_and_in_the_report(client, questions):
    publish(held(2025, questions))
    now = held(2026, questions, HIGH)
    public = client.get(publish(now).url).content.decode()
    client.force_login(UserFactory(organiser=True))
    staff = client.get(reverse("surveys:results", args=[now.survey_id])).content.decode()

    for page in (public, staff):
        assert ">2025<" in page and "Højere" in page and "32 svar" in page
    assert results_pdf(sheet_of(now, ORGANISER)).startswith(b"%PDF")


def test_comparing_takes_as_many_queries_however_many_years_there_are(questions):
    now = held(2026, questions)
    figures = figures_of(now)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            beside_earlier(now, figures)
        return len(captured)

    held(2025, questions)
    few = queries()
    for year in range(2018, 2025):
        held(year, questions)

    assert queries() == few == 2
