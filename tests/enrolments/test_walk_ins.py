"""Who comes without having registered: a seat where a newcomer may have one, flagged where not, never lost."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from courses.models import CourseRun, RunSeats
from enrolments.admin.run_forms import audiences
from enrolments.admin.workspace.figures import figures
from enrolments.enums import ActorKind, EnrolmentStatus, EventKind
from enrolments.exceptions import NoLongerActive, ReasonNeeded, RunCancelled
from enrolments.links import participant_link, registration_link
from enrolments.models import Attendance, AttendanceChange, Enrolment, EnrolmentEvent
from enrolments.my_courses import MyCourses
from enrolments.operations import attendance
from enrolments.operations.attendance import give_seat, walk_in
from enrolments.operations.cancelling import cancel
from enrolments.operations.offers import serve_line
from enrolments.operations.seats import lock_run
from tests.factories import CourseRunFactory, EnrolmentFactory, RegistrationFactory, UserFactory
from website.messaging.models import OutboxMessage

pytestmark = pytest.mark.django_db


@pytest.fixture
def user():
    return UserFactory(organiser=True)


def run_of(capacity: int | None, **kwargs) -> CourseRun:
    return CourseRunFactory(today=True, capacity=capacity, **kwargs)


def comes(run, user, name="Ida Ny", **fields) -> Enrolment:
    given = {"day": run.ordered_days()[0], "submission": name, "name": name, "by": user, **fields}
    return walk_in(**given)


def events(enrolment) -> list[str]:
    return list(enrolment.events.values_list("kind", flat=True))


def mails() -> set[tuple[str, str]]:
    return set(OutboxMessage.objects.values_list("kind", "to"))


def seats(run) -> tuple[int, int]:
    row = RunSeats.objects.get(pk=run.pk)
    return row.taken, row.waiting


class TestSomebodyNew:
    def test_gets_a_free_seat_is_present_and_is_written_to(self, user):
        run = run_of(2)
        ida = comes(run, user, email="Ida@Example.dk")
        assert (ida.status, ida.email, ida.registration.is_walk_in) == ("confirmed", "ida@example.dk", True)
        assert seats(run) == (1, 0)
        mark = Attendance.objects.get(enrolment=ida)
        assert (mark.status, mark.marked_by) == ("present", user)
        assert events(ida) == [EventKind.WALKED_IN]
        assert mails() == {("enrolments.registered", "ida@example.dk")}

    def test_needs_no_address_and_then_nobody_is_written_to(self, user):
        first, second = (comes(run_of(2), user, name) for name in ("Ida", "Bo"))
        assert (first.email, first.registration.contact_email, first.organisation_label) == ("", "", "Ikke oplyst")
        assert second.pk != first.pk
        assert mails() == set()

    def test_comes_without_a_seat_to_a_full_run_and_is_present_all_the_same(self, user):
        run = run_of(1)
        EnrolmentFactory(run=run)
        ida = comes(run, user, email="ida@example.dk")
        assert ida.status == EnrolmentStatus.WALK_IN
        assert Attendance.objects.get(enrolment=ida).status == "present"
        assert seats(run) == (1, 0)
        assert mails() == set()

    def test_never_passes_those_in_line_for_a_seat_that_is_free(self, user):
        run = run_of(2)
        EnrolmentFactory(run=run)
        EnrolmentFactory(run=run, waiting=True)
        assert comes(run, user).status == EnrolmentStatus.WALK_IN
        assert seats(run) == (1, 1)

    def test_sent_twice_is_one_person_and_one_mark(self, user):
        run = run_of(1)
        assert comes(run, user) == comes(run, user)
        assert Enrolment.objects.count() == AttendanceChange.objects.count() == 1

    def test_cannot_name_another_forms_submission_to_get_at_it(self, user):
        run = run_of(5)
        other = RegistrationFactory(run=run, participants=1)
        assert comes(run, user, submission=other.submission).registration != other

    @pytest.mark.parametrize(
        ("fields", "wrong"),
        [
            ({"name": "  "}, "name"),
            ({"name": "x" * 121}, "name"),
            ({"name": "a\0b"}, "name"),
            ({"email": "ida"}, "email"),
            ({"organisation_name": "x" * 151}, "organisation_name"),
        ],
    )
    def test_that_is_no_person_is_refused_by_field(self, user, fields, wrong):
        with pytest.raises(attendance.NotAPerson) as refusal:
            comes(run_of(5), user, **{"submission": "1", "name": "Ida", **fields})
        assert refusal.value.field == wrong
        assert not Enrolment.objects.exists()

    def test_comes_to_no_cancelled_run_and_to_no_day_that_is_gone(self, user):
        with pytest.raises(RunCancelled):
            comes(run_of(5, cancelled=True), user)
        run, other = run_of(5), run_of(5)
        day = run.ordered_days()[0]
        day.run_id = other.pk
        with pytest.raises(attendance.DayRemoved):
            comes(run, user, day=day)

    def test_outside_the_window_leaves_nothing_half_done(self, user):
        with pytest.raises(attendance.NotMarked) as refusal:
            comes(CourseRunFactory(), user)
        assert refusal.value.refusal == "too_early"
        assert not Enrolment.objects.exists()
        assert mails() == set()


class TestSomebodyKnown:
    def test_with_a_seat_is_just_marked(self, user):
        run = run_of(1)
        anna = EnrolmentFactory(run=run, email="anna@example.dk")
        assert comes(run, user, "Anna A.", email="ANNA@example.dk") == anna
        anna.refresh_from_db()
        assert (anna.status, Attendance.objects.get().enrolment) == ("confirmed", anna)
        assert events(anna) == []

    def test_whose_seat_had_no_name_yet_gets_it(self, user):
        run = run_of(1)
        seat = EnrolmentFactory(run=run, email="anna@example.dk", name="")
        comes(run, user, "Anna And", email="anna@example.dk")
        seat.refresh_from_db()
        assert (seat.name, events(seat)) == ("Anna And", [EventKind.NAMED])

    def test_in_line_on_a_full_run_leaves_the_line_and_stands_without_a_seat(self, user):
        run = run_of(1)
        EnrolmentFactory(run=run)
        bo = EnrolmentFactory(run=run, waiting=True, email="bo@example.dk")
        assert comes(run, user, "Bo", email="bo@example.dk") == bo
        bo.refresh_from_db()
        assert (bo.status, bo.line_order) == (EnrolmentStatus.WALK_IN, None)
        assert events(bo) == [EventKind.WALKED_IN]
        assert seats(run) == (1, 0)

    def test_first_in_line_with_a_seat_free_gets_it_and_the_contact_hears(self, user):
        run = run_of(1)
        bo = EnrolmentFactory(run=run, waiting=True, email="bo@example.dk")
        comes(run, user, "Bo", email="bo@example.dk")
        bo.refresh_from_db()
        assert (bo.status, events(bo)) == ("confirmed", [EventKind.SEATED])
        assert ("enrolments.seated", bo.registration.contact_email) in mails()

    def test_behind_another_in_line_does_not_pass_them(self, user):
        run = run_of(1)
        first = EnrolmentFactory(run=run, waiting=True)
        second = EnrolmentFactory(run=run, waiting=True, email="bo@example.dk")
        comes(run, user, "Bo", email="bo@example.dk")
        first.refresh_from_db()
        second.refresh_from_db()
        assert (first.status, second.status) == ("waiting", EnrolmentStatus.WALK_IN)

    def test_who_was_offered_a_seat_takes_the_one_that_is_held(self, user):
        run = CourseRunFactory(capacity=1)
        bo = EnrolmentFactory(run=run, waiting=True, email="bo@example.dk")
        serve_line(lock_run(run.pk))
        bo.refresh_from_db()
        assert bo.status == EnrolmentStatus.OFFERED
        day = run.ordered_days()[0]
        day.date = timezone.localdate()
        day.save()
        comes(CourseRun.objects.get(pk=run.pk), user, "Bo", email="bo@example.dk")
        bo.refresh_from_db()
        assert bo.status == "confirmed"
        assert bo.offer.status == "accepted"

    def test_who_had_cancelled_comes_in_as_somebody_new(self, user):
        run = run_of(2)
        old = EnrolmentFactory(run=run, cancelled=True, email="anna@example.dk")
        assert comes(run, user, "Anna", email="anna@example.dk") != old


class TestGiveSeat:
    def test_adds_one_seat_confirms_and_writes(self, user):
        run = run_of(1)
        EnrolmentFactory(run=run)
        ida = comes(run, user, email="ida@example.dk")
        give_seat(enrolment_pk=ida.pk, user=user)
        ida.refresh_from_db()
        assert ida.status == "confirmed"
        assert CourseRun.objects.get(pk=run.pk).capacity == 2
        assert seats(run) == (2, 0)
        assert mails() == {("enrolments.registered", "ida@example.dk")}
        assert events(ida) == [EventKind.WALKED_IN, EventKind.SEATED]

    def test_passes_a_line_only_openly(self, user):
        run = run_of(2)
        EnrolmentFactory(run=run)
        waiting = EnrolmentFactory(run=run, waiting=True)
        ida = comes(run, user)
        with pytest.raises(ReasonNeeded):
            give_seat(enrolment_pk=ida.pk, user=user)
        give_seat(enrolment_pk=ida.pk, user=user, reason="Var der hele dagen")
        # The free seat is still there for those in line.
        assert CourseRun.objects.get(pk=run.pk).capacity == 3
        waiting.refresh_from_db()
        assert waiting.status == "waiting"
        assert EnrolmentEvent.objects.get(kind=EventKind.SEATED).reason == "Var der hele dagen"

    def test_twice_is_done_once(self, user):
        run = run_of(1)
        EnrolmentFactory(run=run)
        ida = comes(run, user)
        for _ in range(2):
            give_seat(enrolment_pk=ida.pk, user=user)
        assert CourseRun.objects.get(pk=run.pk).capacity == 2

    def test_is_refused_for_who_no_longer_comes(self, user):
        with pytest.raises(NoLongerActive):
            give_seat(enrolment_pk=EnrolmentFactory(cancelled=True).pk, user=user)


class TestWhereverStatusesAreListed:
    """Somebody without a seat is coming, and in no count of seats and in no line."""

    @pytest.fixture
    def ida(self, user):
        run = run_of(1)
        EnrolmentFactory(run=run)
        return comes(run, user, email="ida@example.dk")

    def test_figures_count_them_apart(self, ida):
        counted = figures(ida.run)
        assert (counted.confirmed, counted.waiting, counted.walk_ins, counted.occupied) == (1, 0, 1, 1)

    def test_the_organiser_is_told_and_gives_a_seat_in_two_steps(self, ida, user, client):
        client.force_login(user)
        step = reverse("participants:walk_in_seat", args=[ida.run_id, ida.pk])
        overview = client.get(reverse("participants:run", args=[ida.run_id])).content.decode()
        assert step in overview
        assert "mødte op uden plads" in client.get(reverse("wagtailadmin_home")).content.decode()
        assert "2 i stedet for 1" in client.get(step).content.decode()
        for _ in range(2):
            assert client.post(step, {"reason": ""}).status_code == 302
        ida.refresh_from_db()
        assert (ida.status, CourseRun.objects.get(pk=ida.run_id).capacity) == ("confirmed", 2)

    def test_the_list_of_participants_can_be_narrowed_to_them(self, ida, user, client):
        client.force_login(user)
        page = client.get(reverse("participants:list", args=[ida.run_id]), {"status": "walk_in"}).content.decode()
        assert ida.name in page

    def test_their_own_page_and_the_contacts_say_it_in_words(self, ida, client):
        for url in (participant_link.url(ida), registration_link.url(ida.registration)):
            page = client.get(url).content.decode()
            heading = page.partition("<h1>")[2].partition("</h1>")[0]
            assert "uden" in heading and "plads" in heading
        assert "Vi har sendt en bekræftelse" not in page

    def test_messages_count_them_with_those_who_are_there(self, ida):
        assert ("seats", "Deltagere med plads (2)") in audiences(ida.run)
        assert "line" not in dict(audiences(ida.run))

    def test_they_are_cancelled_without_a_fee_and_free_no_seat(self, ida):
        [done] = cancel(registration=ida.registration, actor=ActorKind.STAFF)
        assert (done.status, done.fee) == ("cancelled", None)
        assert seats(ida.run) == (1, 0)

    def test_min_side_shows_the_course_they_came_to_when_it_is_over(self, ida):
        ida.run.days.update(date=timezone.localdate() - timedelta(days=3))
        assert [course.enrolment for course in MyCourses({"ida@example.dk"}).past] == [ida]
