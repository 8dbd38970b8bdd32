"""Evaluations plan themselves, follow their run, and obey the organiser."""

from datetime import date, datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from courses.enums import RunStatus
from courses.models import CourseDay, CourseRun
from courses.watchers import run_watchers
from evaluations.enums import COURSE_MOMENTS, EvaluationStatus, Moment
from evaluations.exceptions import EvaluationError
from evaluations.models import Evaluation, Questionnaire
from evaluations.operations import planning
from evaluations.operations.opening import open_evaluation as open_evaluation_when_due
from evaluations.operations.planning import close_now, plan_by_hand, plan_evaluations, shift, stop, times_of
from evaluations.schedule import Times, local
from tests.evaluations.factories import open_evaluation, questionnaire
from tests.factories import CourseRunFactory, UserFactory

pytestmark = pytest.mark.django_db

FIRST_DAY = date(2027, 3, 22)  # a Monday before summer time; the second day, a week later, is after
NOW = local(date(2027, 2, 1), time(12))


@pytest.fixture(autouse=True)
def standards() -> dict[str, Questionnaire]:
    Questionnaire.objects.update(is_standard=False)
    return {moment: questionnaire(moment=moment, is_standard=True) for moment in COURSE_MOMENTS}


@pytest.fixture
def run() -> CourseRun:
    return CourseRunFactory(first_day=FIRST_DAY, with_days=2)


def plans(run: CourseRun) -> dict[str, Evaluation]:
    return {each.moment: each for each in Evaluation.objects.filter(run=run)}


def danish(moment: datetime | None) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}" if moment else ""


def spoken(evaluation: Evaluation) -> list[str]:
    return [danish(each) for each in times_of(evaluation).all()]


class TestByThemselves:
    def test_a_held_run_is_asked_before_at_the_end_and_after_three_months(self, run, standards):
        assert plan_evaluations(at=NOW) == 3

        found = plans(run)
        assert {moment: each.questionnaire for moment, each in found.items()} == standards
        # opens, closes, mail, first reminder, second reminder
        assert spoken(found[Moment.BEFORE]) == [
            "2027-03-12 10:00",
            "2027-03-21 12:00",
            "2027-03-12 10:00",
            "2027-03-15 10:00",
            "2027-03-19 10:00",
        ]
        assert spoken(found[Moment.END]) == [
            "2027-03-29 14:00",
            "2027-04-12 23:59",
            "2027-03-29 16:00",
            "2027-04-01 10:00",
            "2027-04-05 10:00",
        ]
        assert spoken(found[Moment.FOLLOW_UP]) == [
            "2027-06-27 10:00",
            "2027-07-11 23:59",
            "2027-06-27 10:00",
            "2027-06-30 10:00",
            "2027-07-04 10:00",
        ]

    def test_the_room_has_its_code_as_soon_as_it_is_planned(self, run):
        plan_evaluations(at=NOW)

        assert len(plans(run)[Moment.END].room_code) == 6
        assert plans(run)[Moment.FOLLOW_UP].room_code is None

    @pytest.mark.parametrize(("ends", "mail"), [(time(12), "15:00"), (time(16), "16:00"), (time(21, 30), "21:30")])
    def test_the_mail_goes_the_same_afternoon_when_the_day_is_over(self, ends, mail):
        run = CourseRunFactory(first_day=FIRST_DAY, day_fields={"end_time": ends})
        plan_evaluations(at=NOW)

        assert danish(plans(run)[Moment.END].invites_at) == f"2027-03-22 {mail}"

    def test_planning_twice_changes_nothing(self, run):
        plan_evaluations(at=NOW)

        assert plan_evaluations(at=NOW + timedelta(hours=1)) == 0
        assert Evaluation.objects.count() == 3

    def test_a_run_made_late_is_asked_at_once_and_stays_so(self, run):
        late = local(FIRST_DAY - timedelta(days=4), time(9, 17))
        plan_evaluations(at=late)
        before = plans(run)[Moment.BEFORE]

        assert before.opens_at == late
        assert before.second_reminder_at is None
        assert plan_evaluations(at=late + timedelta(minutes=5)) == 0

    def test_a_run_made_the_day_before_is_not_asked_what_it_expects(self, run):
        plan_evaluations(at=local(FIRST_DAY - timedelta(days=1), time(12)))

        assert Moment.BEFORE not in plans(run)

    def test_a_run_that_was_over_when_the_system_came_is_left_alone(self):
        plan_evaluations(at=local(FIRST_DAY + timedelta(days=200), time(9)))
        old = CourseRunFactory(first_day=FIRST_DAY)
        plan_evaluations(at=local(FIRST_DAY + timedelta(days=30), time(9)))

        assert set(plans(old)) == {Moment.FOLLOW_UP}

    def test_its_kind_of_course_has_a_questionnaire_of_its_own(self, run):
        own = questionnaire(moment=Moment.END, is_standard=True, course_kind=run.course.kind)
        plan_evaluations(at=NOW)

        assert plans(run)[Moment.END].questionnaire == own

    def test_a_plan_follows_the_standard_until_it_opens(self, run, standards):
        plan_evaluations(at=NOW)
        Questionnaire.objects.filter(moment=Moment.END).update(is_standard=False)
        new = questionnaire(moment=Moment.END, is_standard=True)

        assert plan_evaluations(at=NOW) == 1
        assert plans(run)[Moment.END].questionnaire == new

    def test_a_newer_version_that_staff_put_plans_on_is_kept(self, run, standards):
        plan_evaluations(at=NOW)
        newer = questionnaire(moment=Moment.END, family=standards[Moment.END].family, version=2)
        Evaluation.objects.filter(moment=Moment.END).update(questionnaire=newer)

        assert plan_evaluations(at=NOW) == 0
        assert plans(run)[Moment.END].questionnaire == newer

    def test_without_a_standard_nothing_is_planned(self, run):
        Questionnaire.objects.update(is_standard=False)

        assert plan_evaluations(at=NOW) == 0

    @pytest.mark.parametrize("status", [RunStatus.DRAFT, RunStatus.CANCELLED])
    def test_only_runs_that_are_held_are_planned(self, status):
        CourseRunFactory(first_day=FIRST_DAY, status=status)
        CourseRunFactory(with_days=0)

        assert plan_evaluations(at=NOW) == 0

    def test_the_cost_does_not_grow_with_the_number_of_runs(self, run):
        def cost() -> int:
            with CaptureQueriesContext(connection) as captured:
                plan_evaluations(at=NOW)
            return len(captured)

        first = cost()
        CourseRunFactory.create_batch(6, first_day=FIRST_DAY)

        assert cost() == first
        assert Evaluation.objects.count() == 21


class TestWithTheRun:
    def test_moved_days_move_what_is_planned(self, run):
        plan_evaluations(at=NOW)
        for day in run.ordered_days():
            CourseDay.objects.filter(pk=day.pk).update(date=day.date + timedelta(days=28))

        assert plan_evaluations(at=NOW) == 3
        assert danish(plans(run)[Moment.END].invites_at) == "2027-04-26 16:00"

    def test_a_cancelled_run_stops_what_is_planned_and_ends_what_is_open(self, run):
        asked = open_evaluation(run=run, people=2, asked=questionnaire(moment=Moment.BEFORE))
        plan_evaluations()
        CourseRun.objects.update(status=RunStatus.CANCELLED)
        plan_evaluations()

        found = plans(run)
        assert found[Moment.END].status == found[Moment.FOLLOW_UP].status == EvaluationStatus.STOPPED
        assert not found[Moment.BEFORE].takes_answers()
        assert found[Moment.BEFORE].pk == asked.pk

    def test_a_run_that_is_held_after_all_is_asked_after_all(self, run):
        plan_evaluations(at=NOW)
        CourseRun.objects.update(status=RunStatus.CANCELLED)
        plan_evaluations(at=NOW)
        CourseRun.objects.update(status=RunStatus.OPEN)
        plan_evaluations(at=NOW)

        assert {each.status for each in plans(run).values()} == {EvaluationStatus.PLANNED}

    def test_what_the_organiser_chose_stands_again_when_a_cancelled_run_is_held_after_all(self, run):
        plan_evaluations(at=NOW)
        end = plans(run)[Moment.END]
        chosen = times_of(end).shifted(2)
        other = questionnaire(title="Et andet")
        shift(pk=end.pk, times=chosen, questionnaire=other, at=NOW)
        CourseRun.objects.update(status=RunStatus.CANCELLED)
        plan_evaluations(at=NOW)
        waiting = plans(run)
        assert not open_evaluation_when_due(pk=end.pk, at=chosen.opens_at + timedelta(minutes=1))
        assert waiting[Moment.END].waits_for_its_run
        assert waiting[Moment.FOLLOW_UP].status == EvaluationStatus.STOPPED
        CourseRun.objects.update(status=RunStatus.OPEN)
        plan_evaluations(at=NOW)
        found = plans(run)

        assert {each.status for each in found.values()} == {EvaluationStatus.PLANNED}
        assert (times_of(found[Moment.END]), found[Moment.END].questionnaire) == (chosen, other)

    def test_what_was_chosen_and_is_past_while_the_run_was_cancelled_is_planned_anew_with_new_days(self, run):
        plan_evaluations(at=NOW)
        end = plans(run)[Moment.END]
        shift(pk=end.pk, times=times_of(end).shifted(1), at=NOW)
        CourseRun.objects.update(status=RunStatus.CANCELLED)
        later_on = times_of(end).closes_at + timedelta(days=30)
        plan_evaluations(at=later_on)
        assert plans(run)[Moment.END].status == EvaluationStatus.STOPPED
        for day in reversed(run.ordered_days()):
            CourseDay.objects.filter(pk=day.pk).update(date=day.date + timedelta(days=200))
        CourseRun.objects.update(status=RunStatus.OPEN)
        plan_evaluations(at=later_on)

        assert plans(run)[Moment.END].opens_at > later_on
        assert plans(run)[Moment.END].status == EvaluationStatus.PLANNED

    def test_what_the_organiser_stopped_stays_stopped(self, run):
        plan_evaluations(at=NOW)
        stop(pk=plans(run)[Moment.END].pk)
        plan_evaluations(at=NOW)

        assert plans(run)[Moment.END].status == EvaluationStatus.STOPPED

    def test_what_could_not_open_in_time_is_stopped_and_not_asked_months_late(self, run):
        plan_evaluations(at=NOW)
        plan_evaluations(at=local(FIRST_DAY + timedelta(days=60), time(9)))

        assert plans(run)[Moment.END].status == EvaluationStatus.STOPPED
        assert plans(run)[Moment.FOLLOW_UP].status == EvaluationStatus.PLANNED

    def edit(self, run: CourseRun, *, days: int) -> None:
        """Move every day, as the run's form does."""
        watcher = run_watchers.get("evaluations")
        before = watcher.before(run)
        for day in reversed(run.ordered_days()) if days > 0 else run.ordered_days():
            day.date += timedelta(days=days)
            day.save()
        watcher.after(CourseRun.objects.get(pk=run.pk), before, UserFactory())

    def test_what_the_organiser_chose_moves_along_with_the_days(self):
        run = CourseRunFactory(first_day=timezone.localdate() + timedelta(days=30))
        plan_evaluations()
        end = plans(run)[Moment.END]
        chosen = times_of(end).shifted(2)
        shift(pk=end.pk, times=chosen)
        self.edit(run, days=14)

        assert times_of(plans(run)[Moment.END]) == chosen.shifted(14)

    def test_it_moves_along_while_the_run_is_cancelled_too(self):
        run = CourseRunFactory(first_day=timezone.localdate() + timedelta(days=30))
        plan_evaluations()
        end = plans(run)[Moment.END]
        chosen = times_of(end).shifted(2)
        shift(pk=end.pk, times=chosen)
        CourseRun.objects.update(status=RunStatus.CANCELLED)
        self.edit(CourseRun.objects.get(pk=run.pk), days=14)

        assert times_of(plans(run)[Moment.END]) == chosen.shifted(14)

    def test_what_is_open_keeps_its_past_and_moves_what_is_to_come(self):
        run = CourseRunFactory(first_day=timezone.localdate() + timedelta(days=5))
        now = timezone.now()
        asked = open_evaluation(
            run=run,
            asked=questionnaire(moment=Moment.BEFORE),
            invites_at=now - timedelta(hours=1),
            second_reminder_at=now + timedelta(days=2),
            closes_at=now + timedelta(days=4),
        )
        before = times_of(asked)
        self.edit(run, days=14)
        after = times_of(plans(run)[Moment.BEFORE])

        assert (after.opens_at, after.invites_at) == (before.opens_at, before.invites_at)
        assert (after.closes_at, after.second_reminder_at) == (
            before.shifted(14).closes_at,
            before.shifted(14).second_reminder_at,
        )

    def test_a_saved_run_has_its_plans_at_once(self):
        run = CourseRunFactory()
        self.edit(run, days=1)

        assert set(plans(run)) == set(COURSE_MOMENTS)


class TestByHand:
    def times(self, **changed) -> Times:
        return Times(
            **{
                "opens_at": NOW + timedelta(days=1),
                "closes_at": NOW + timedelta(days=9),
                "invites_at": NOW + timedelta(days=1),
                "first_reminder_at": NOW + timedelta(days=4),
                **changed,
            }
        )

    def test_an_organiser_plans_what_was_not_planned(self, run, standards):
        made = plan_by_hand(run=run, moment=Moment.END, questionnaire=standards[Moment.END], times=self.times(), at=NOW)

        assert made.room_code
        assert times_of(made) == self.times()
        plan_evaluations(at=NOW)
        assert times_of(plans(run)[Moment.END]) == self.times()

    def test_what_was_stopped_can_be_planned_again_and_what_stands_cannot(self, run, standards):
        plan_evaluations(at=NOW)
        end = plans(run)[Moment.END]
        given = {"run": run, "moment": Moment.END, "questionnaire": standards[Moment.END], "times": self.times()}
        with pytest.raises(EvaluationError):
            plan_by_hand(**given, at=NOW)

        stop(pk=end.pk)
        assert plan_by_hand(**given, at=NOW).pk == end.pk

    def test_a_planned_one_gets_other_times_and_another_questionnaire(self, run):
        plan_evaluations(at=NOW)
        other = questionnaire(moment=Moment.END)
        shift(pk=plans(run)[Moment.END].pk, times=self.times(), questionnaire=other, at=NOW)

        end = plans(run)[Moment.END]
        assert (times_of(end), end.questionnaire) == (self.times(), other)

    def test_what_people_answer_keeps_its_questions_and_its_beginning(self):
        asked = open_evaluation()
        now = timezone.now()
        times = Times(now + timedelta(days=2), now + timedelta(days=3))
        with pytest.raises(EvaluationError):
            shift(pk=asked.pk, times=times, questionnaire=questionnaire())

        shifted = shift(pk=asked.pk, times=times)
        assert (shifted.opens_at, shifted.closes_at) == (asked.opens_at, times.closes_at)

    @pytest.mark.parametrize(
        "changed",
        [
            {"closes_at": NOW},
            {"closes_at": NOW + timedelta(hours=1)},
            {"opens_at": NOW - timedelta(days=9), "closes_at": NOW - timedelta(days=1), "invites_at": None},
            {"first_reminder_at": NOW + timedelta(days=9)},
            {"invites_at": NOW},
            {"invites_at": None},
            {"second_reminder_at": NOW + timedelta(days=2)},
        ],
    )
    def test_times_that_make_no_sense_are_refused_in_words(self, run, standards, changed):
        with pytest.raises(EvaluationError, match=r"\."):
            plan_by_hand(
                run=run,
                moment=Moment.END,
                questionnaire=standards[Moment.END],
                times=self.times(**changed),
                at=NOW,
            )
        assert not Evaluation.objects.exists()

    def test_a_questionnaire_of_another_moment_is_refused(self, run, standards):
        with pytest.raises(EvaluationError):
            plan_by_hand(run=run, moment=Moment.END, questionnaire=standards[Moment.BEFORE], times=self.times(), at=NOW)

    def test_a_run_that_is_not_held_is_not_asked(self, standards):
        run = CourseRunFactory(cancelled=True)
        with pytest.raises(EvaluationError):
            plan_by_hand(run=run, moment=Moment.END, questionnaire=standards[Moment.END], times=self.times(), at=NOW)

    def test_only_a_planned_one_is_stopped_and_only_an_open_one_closed(self, run):
        plan_evaluations(at=NOW)
        end = plans(run)[Moment.END]
        asked = open_evaluation()
        with pytest.raises(EvaluationError):
            close_now(pk=end.pk)
        with pytest.raises(EvaluationError):
            stop(pk=asked.pk)

        assert stop(pk=end.pk).status == EvaluationStatus.STOPPED
        assert not close_now(pk=asked.pk).takes_answers()
        assert Evaluation.objects.to_close().get() == asked

    def test_surveys_are_not_planned_here(self):
        assert planning._stop_unheld(None, NOW) == 0
