"""The demo's evaluations are held in earnest: results of five or more, nothing of three, one open to try."""

import pytest

from courses.models import CourseRun
from enrolments.reports.kinds import Choices, report_kinds
from evaluations.enums import EvaluationStatus, Moment
from evaluations.models import Ballot, Evaluation, TextAnswer, Voter
from evaluations.operations.participation import participation
from website.accounts.models import User

pytestmark = pytest.mark.django_db


def evaluation(label: str, moment: str = Moment.END) -> Evaluation:
    return Evaluation.objects.get(run__label=label, moment=moment, run__status="closed")


def test_past_runs_have_results_with_texts_a_reply_and_what_was_changed(demo: int) -> None:
    closed = Evaluation.objects.closed().filter(run__isnull=False)

    assert closed.count() >= 12
    assert set(closed.values_list("moment", flat=True)) == {Moment.BEFORE, Moment.END, Moment.FOLLOW_UP}
    assert closed.filter(is_public=True).count() == 1
    assert closed.exclude(changes_made="").count() >= 2
    assert TextAnswer.objects.filter(result__evaluation__in=closed).count() > 100
    assert TextAnswer.objects.filter(result__evaluation__in=closed).exclude(reply="").exists()


def test_their_ballots_are_gone_and_their_roll_tells_nothing(demo: int) -> None:
    closed = Evaluation.objects.closed()
    assert not Ballot.objects.filter(evaluation__in=closed).exists()
    assert not Evaluation.objects.closed().filter(sealed_key__isnull=False).exists()
    assert set(Voter.objects.filter(evaluation__in=closed).values_list("has_answered", flat=True)) <= {None}


def test_of_a_run_with_three_participants_nothing_is_released(demo: int) -> None:
    small = evaluation("Aalborg, hold 1")
    assert (small.invited, small.answered) == (3, 3)
    assert not small.results.exists()
    assert participation([small])[small.pk].is_hidden


def test_one_is_open_with_a_code_for_the_room_and_some_answers(demo: int) -> None:
    now_open = evaluation("Aarhus, hold 2")
    assert now_open.status == EvaluationStatus.OPEN
    assert now_open.room_code
    rate = participation([now_open])[now_open.pk].rate
    assert rate is not None
    assert 0 < rate < 1


def test_runs_to_come_are_planned_and_the_report_has_a_row_for_each_held(demo: int) -> None:
    assert Evaluation.objects.filter(status=EvaluationStatus.PLANNED, run__isnull=False).count() > 10
    organiser = User.objects.get(email="arrangoer@example.dk")
    rows = report_kinds.get("evaluations").table(organiser, Choices()).frame
    held = CourseRun.objects.filter(evaluations__status=EvaluationStatus.CLOSED).distinct()
    assert len(rows) == held.count()
