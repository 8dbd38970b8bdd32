"""The waiting line: the rule, and seating by an organiser's hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.enums import LineRule, RunStatus
from courses.models import CourseRun
from enrolments.exceptions import GroupStaysTogether, NotEnoughSeats, NotWaiting, ReasonNeeded, RunCancelled
from enrolments.models import Enrolment, EnrolmentEvent
from enrolments.operations.line import LineEntry, mark_next, waiting_line
from enrolments.operations.seating import seat_from_line
from tests.enrolments.helpers import sign_up, statuses
from tests.factories import CourseRunFactory, EnrolmentFactory, UserFactory
from website.messaging.models import OutboxMessage

SIZES = st.lists(st.integers(1, 5), max_size=12)


def line(sizes: list[int]) -> list[LineEntry]:
    return [LineEntry(at, tuple(Enrolment(pk=100 * at + n) for n in range(size))) for at, size in enumerate(sizes, 1)]


@given(sizes=SIZES, free=st.integers(0, 6))
def test_first_fit_seats_the_first_entry_that_fits_and_no_other(sizes, free):
    marked = [entry.position for entry in mark_next(line(sizes), free=free, rule=LineRule.FIRST_FIT) if entry.is_next]

    fitting = [at for at, size in enumerate(sizes, 1) if size <= free]
    assert marked == fitting[:1]


@given(sizes=SIZES, free=st.integers(0, 6))
def test_in_strict_order_only_the_head_of_the_line_is_ever_next(sizes, free):
    marked = [entry.position for entry in mark_next(line(sizes), free=free, rule=LineRule.STRICT) if entry.is_next]

    assert marked == ([1] if sizes and sizes[0] <= free else [])


@pytest.fixture
def run_with_line(db) -> CourseRun:
    """A full run of two seats; in line a group of two that stays together, then Dorte alone. One seat is freed."""
    run = CourseRunFactory(capacity=2)
    seated = EnrolmentFactory(run=run, name="Anna"), EnrolmentFactory(run=run, name="Anders")
    sign_up(run, "Bo", "Carl", accepts_line=True, keep_together=True)
    sign_up(run, "Dorte", accepts_line=True)
    seated[0].delete()
    return CourseRun.objects.get(pk=run.pk)


def pks(*names: str) -> list[int]:
    return list(Enrolment.objects.filter(name__in=names).values_list("pk", flat=True))


def test_a_smaller_entry_may_pass_a_group_that_does_not_fit_yet(run_with_line):
    entries = waiting_line(run_with_line)

    assert [(entry.position, entry.size, entry.is_next) for entry in entries] == [(1, 2, False), (2, 1, True)]


def test_nobody_is_seated_on_a_cancelled_run(run_with_line):
    CourseRun.objects.filter(pk=run_with_line.pk).update(status=RunStatus.CANCELLED)

    with pytest.raises(RunCancelled):
        seat_from_line(run_pk=run_with_line.pk, enrolment_pks=pks("Dorte"), user=UserFactory())


def test_in_strict_order_nobody_passes_the_group(run_with_line):
    run_with_line.line_rule = LineRule.STRICT

    assert not any(entry.is_next for entry in waiting_line(run_with_line))


def test_the_one_who_is_next_is_seated_and_told(run_with_line):
    OutboxMessage.objects.all().delete()

    seat_from_line(run_pk=run_with_line.pk, enrolment_pks=pks("Dorte"), user=UserFactory())

    assert statuses(run_with_line)["Dorte"] == "confirmed"
    assert EnrolmentEvent.objects.filter(enrolment__name="Dorte", kind="seated").exists()
    assert set(OutboxMessage.objects.values_list("kind", flat=True)) == {
        "enrolments.seated",
        "enrolments.invitation",
    }


def test_a_group_that_stays_together_is_never_split(run_with_line):
    with pytest.raises(GroupStaysTogether):
        seat_from_line(run_pk=run_with_line.pk, enrolment_pks=pks("Bo"), user=UserFactory(), reason="ringede")

    assert statuses(run_with_line)["Bo"] == "waiting"


def test_nobody_is_seated_beyond_capacity(run_with_line):
    with pytest.raises(NotEnoughSeats):
        seat_from_line(run_pk=run_with_line.pk, enrolment_pks=pks("Bo", "Carl"), user=UserFactory(), reason="ringede")


def test_passing_the_next_in_line_takes_a_reason_that_is_kept(run_with_line):
    EnrolmentFactory(run=run_with_line, name="Erik", waiting=True)

    with pytest.raises(ReasonNeeded):
        seat_from_line(run_pk=run_with_line.pk, enrolment_pks=pks("Erik"), user=UserFactory())
    seat_from_line(run_pk=run_with_line.pk, enrolment_pks=pks("Erik"), user=UserFactory(), reason="Oplægsholder")

    assert EnrolmentEvent.objects.get(enrolment__name="Erik", kind="seated").reason == "Oplægsholder"


def test_who_is_no_longer_in_line_cannot_be_seated(run_with_line):
    with pytest.raises(NotWaiting):
        seat_from_line(run_pk=run_with_line.pk, enrolment_pks=pks("Anders"), user=UserFactory())


def test_a_seat_its_log_entry_and_its_mail_are_written_together_or_not_at_all(run_with_line, monkeypatch):
    """Invariant 3: a failure after the last write leaves nothing of the others."""

    def broken(*args, **kwargs):
        raise RuntimeError("the outbox is gone")

    monkeypatch.setattr("enrolments.emails.registrations.queue_mails", broken)
    with pytest.raises(RuntimeError):
        seat_from_line(run_pk=run_with_line.pk, enrolment_pks=pks("Dorte"), user=UserFactory())

    assert statuses(run_with_line)["Dorte"] == "waiting"
    assert not EnrolmentEvent.objects.filter(kind="seated").exists()
