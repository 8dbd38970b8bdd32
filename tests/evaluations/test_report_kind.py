"""Evaluations among the reports: a row a run in aggregate, for those who see reports, and never by municipality."""

from datetime import date

import pytest

from enrolments.models import TrainingContact
from enrolments.permissions import may_see_reports
from enrolments.reports.kinds import Choices, report_kinds
from evaluations.enums import Moment
from evaluations.models import Evaluation
from evaluations.standards import questions as standard
from tests.evaluations.factories import closed_evaluation, questionnaire
from tests.factories import CourseRunFactory, PresenterFactory, UserFactory, municipality

pytestmark = pytest.mark.django_db


@pytest.fixture
def organiser():
    return UserFactory(organiser=True)


def rows(user, **choices):
    return report_kinds.get("evaluations").table(user, Choices(**choices)).frame.to_dict("records")


def closed(day=date(2026, 3, 4), satisfaction=(0, 0, 0, 3, 3), **more):
    run = more.pop("run", None) or CourseRunFactory(capacity=None, with_days=1, first_day=day)
    asked = questionnaire(standard.SATISFACTION, standard.CONFIDENCE)
    return closed_evaluation(run=run, people=8, asked=asked, counts={"satisfaction": list(satisfaction)}, **more)


def test_a_run_is_a_row_with_its_rates_and_means_and_the_total_is_of_all(organiser):
    closed(answered=6)
    closed(date(2026, 4, 8), satisfaction=(0, 0, 0, 0, 6), answered=8)

    later, earlier = rows(organiser)
    total = report_kinds.get("evaluations").table(organiser, Choices()).total

    assert (earlier["end_rate"], earlier["satisfaction_mean"], earlier["satisfaction_answers"]) == (0.75, 4.5, 6)
    assert (later["end_rate"], later["satisfaction_mean"]) == (1.0, 5.0)
    assert later["confidence_mean"] is None
    assert (total["end_invited"], total["end_answered"], total["satisfaction_answers"]) == (16, 14, 12)
    assert total["satisfaction_mean"] == 4.75


def test_days_courses_and_runs_narrow_it(organiser):
    first = closed()
    closed(date(2026, 4, 8))
    assert len(rows(organiser)) == 2
    assert len(rows(organiser, end=date(2026, 3, 31))) == 1
    assert len(rows(organiser, runs=(first.run_id,))) == 1
    assert len(rows(organiser, courses=(first.run.course_id,))) == 1


def test_a_municipality_or_a_department_has_no_answers_of_its_own(organiser):
    closed()
    assert rows(organiser, organisations=(municipality().pk,)) == []
    assert rows(organiser, departments=("Børn",)) == []


def test_few_invited_are_in_no_row_and_no_sum(organiser):
    small = closed()
    Evaluation.objects.filter(pk=small.pk).update(invited=4, answered=4)
    closed(date(2026, 4, 8), answered=8)
    table = report_kinds.get("evaluations").table(organiser, Choices())
    assert [row["end_invited"] for row in table.frame.to_dict("records")] == [8, None]
    assert table.total["end_invited"] == 8


def test_presenters_have_their_own_runs_and_training_contacts_none():
    presenter = PresenterFactory(with_user=True)
    own = closed(run=CourseRunFactory(capacity=None, with_days=1, day_fields={"presenters": [presenter]}))
    closed()
    contact = TrainingContact.objects.create(user=UserFactory(), organisation=municipality(), granted_by=UserFactory())
    assert [row["course"] for row in rows(presenter.user)] == [own.run.course.title]
    assert rows(contact.user) == []
    # Neither comes into the report builder at all.
    assert not may_see_reports(presenter.user)
    assert not may_see_reports(contact.user)


def test_each_moment_has_its_own_rate(organiser):
    run = CourseRunFactory(capacity=None, with_days=1)
    closed(run=run, answered=6)
    closed_evaluation(run=run, people=8, answered=4, asked=questionnaire(standard.SATISFACTION, moment=Moment.BEFORE))
    [row] = rows(organiser)
    assert (row["before_rate"], row["end_rate"], row["follow_up_rate"]) == (0.5, 0.75, None)
