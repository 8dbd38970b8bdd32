"""Opening: keys, subjects, ballot size, lock and roll at once, or nothing at all."""

from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.utils import timezone

from evaluations import sealing
from evaluations.enums import EvaluationStatus, Moment, Trouble
from evaluations.models import Evaluation
from evaluations.operations import opening
from evaluations.operations.opening import open_due, open_evaluation
from evaluations.questions import subjects_of
from tests.evaluations.factories import questionnaire
from tests.factories import CourseRunFactory, EnrolmentFactory, PresenterFactory

pytestmark = pytest.mark.django_db


def planned(run=None, **fields) -> Evaluation:
    run = run or CourseRunFactory()
    asked = questionnaire(moment=fields.pop("moment", Moment.END))
    now = timezone.now()
    values = {"opens_at": now - timedelta(minutes=1), "closes_at": now + timedelta(days=1), **fields}
    return Evaluation.objects.create(run=run, moment=asked.moment, questionnaire=asked, **values)


def test_opening_writes_keys_subjects_size_lock_and_roll_together():
    lone, kim = PresenterFactory(name="Lone Holm"), PresenterFactory(name="Kim Dal")
    run = CourseRunFactory(with_days=2, day_fields={"presenters": [lone, kim]})
    EnrolmentFactory.create_batch(3, run=run)
    evaluation = planned(run)

    assert open_evaluation(pk=evaluation.pk)

    evaluation.refresh_from_db()
    assert evaluation.takes_answers()
    key = sealing.evaluation_key(evaluation.sealed_key)
    assert sealing.unseal(sealing.seal(b"x", evaluation.public_key), key) == b"x"
    assert evaluation.ballot_size > 0
    assert evaluation.questionnaire.is_locked
    assert evaluation.voters.filter(has_answered=False, mails=0).count() == 3
    days = run.ordered_days()
    keys = [subject.key for subject in subjects_of(evaluation.subjects)]
    assert keys == [f"p{lone.pk}", f"p{kim.pk}", f"d{days[0].date}", f"d{days[1].date}"]
    assert subjects_of(evaluation.subjects)[0].label == "Lone Holm"
    assert subjects_of(evaluation.subjects)[0].id == lone.pk


def test_each_evaluation_has_keys_of_its_own():
    first, second = planned(), planned()
    assert open_due() == 2
    first.refresh_from_db(), second.refresh_from_db()

    assert bytes(first.public_key) != bytes(second.public_key)


def test_the_room_has_a_code_at_the_end_alone():
    end, before = planned(), planned(moment=Moment.BEFORE)
    open_due()
    end.refresh_from_db(), before.refresh_from_db()

    assert len(end.room_code) == opening.ROOM_LENGTH
    assert before.room_code is None


def test_nothing_opens_before_its_time_after_its_end_twice_or_when_stopped():
    now = timezone.now()
    early = planned(opens_at=now + timedelta(hours=1))
    late = planned(closes_at=now - timedelta(seconds=1), opens_at=now - timedelta(days=1))
    stopped = planned(status=EvaluationStatus.STOPPED)
    done = planned()
    open_evaluation(pk=done.pk)
    done.refresh_from_db()
    key = bytes(done.public_key)

    assert not any(open_evaluation(pk=each.pk) for each in (early, late, stopped, done))
    done.refresh_from_db()
    assert bytes(done.public_key) == key


def test_an_evaluation_of_a_run_that_is_not_held_does_not_open():
    assert not open_evaluation(pk=planned(CourseRunFactory(cancelled=True)).pk)
    assert not open_evaluation(pk=planned(CourseRunFactory(draft=True)).pk)


def test_without_the_workers_key_nothing_opens_and_staff_are_told_until_it_does(settings, caplog):
    evaluation = planned()
    keys, settings.EVALUATION_PRIVATE_KEYS = settings.EVALUATION_PRIVATE_KEYS, []

    assert not open_evaluation(pk=evaluation.pk)
    evaluation.refresh_from_db()
    assert evaluation.status == EvaluationStatus.PLANNED
    assert evaluation.trouble == Trouble.KEY_MISSING
    assert "EVALUATION_PRIVATE_KEYS" in caplog.text

    settings.EVALUATION_PRIVATE_KEYS = keys
    assert open_evaluation(pk=evaluation.pk)
    evaluation.refresh_from_db()
    assert evaluation.trouble == Trouble.NONE


def test_an_opening_that_is_cut_off_leaves_nothing_behind(monkeypatch):
    evaluation = planned()
    EnrolmentFactory(run=evaluation.run)

    def cut_off(**_fields):
        raise DatabaseError

    with monkeypatch.context() as patched:
        patched.setattr(opening, "write_roll", cut_off)
        with pytest.raises(DatabaseError):
            open_evaluation(pk=evaluation.pk)
    evaluation.refresh_from_db()
    assert evaluation.status == EvaluationStatus.PLANNED
    assert not evaluation.questionnaire.is_locked

    assert open_evaluation(pk=evaluation.pk)


def test_a_roll_of_a_run_with_nobody_is_empty_and_opens_all_the_same():
    evaluation = planned()

    assert open_evaluation(pk=evaluation.pk)
    assert not evaluation.voters.exists()
