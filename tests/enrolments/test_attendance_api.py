"""Registrations and attendance by token: read, marked in batches, refused in one shape."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from wagtail.models import APIToken

from courses.models import AttendanceRule
from enrolments.models import Attendance, AttendanceChange, Enrolment
from tests.enrolments.test_attendance import run_with, status_of
from tests.factories import (
    AttendanceFactory,
    CourseRunFactory,
    EnrolmentFactory,
    PresenterFactory,
    UserFactory,
    municipality,
)

pytestmark = pytest.mark.django_db


class Program:
    """Another program with a token of its user's."""

    def __init__(self, client, user) -> None:
        self.client, self.user = client, user
        self.token, self.secret = APIToken.create_token(user=user, name="Kalender")

    def get(self, path: str, **query):
        return self.client.get(f"/api/v1{path}", query, headers=self.headers)

    def post(self, path: str, data):
        body = data if isinstance(data, str) else json.dumps(data)
        return self.client.post(f"/api/v1{path}", body, content_type="application/json", headers=self.headers)

    def mark(self, day, *marks, **more):
        return self.post(f"/runs/{day.run_id}/days/{day.date}/marks", {"marks": list(marks), **more})

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}", "Accept-Language": "en"}


@pytest.fixture
def organiser(client) -> Program:
    return Program(client, UserFactory(organiser=True))


def mark_of(enrolment, status="present", **fields) -> dict:
    return {"id": str(uuid4()), "enrolment": getattr(enrolment, "pk", enrolment), "status": status, **fields}


def outcomes(answer) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [each["outcome"] for each in answer.json()["results"]]


class TestTokens:
    @pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic YTpi"}])
    def test_without_a_right_one_nothing_is_answered(self, client, headers):
        run = CourseRunFactory()
        answer = client.get(f"/api/v1/runs/{run.pk}/registrations", headers=headers)
        assert answer.status_code == 401
        assert answer.json()["code"] == "unauthorized"
        assert answer["WWW-Authenticate"].startswith("Bearer")

    def test_a_session_is_no_token(self, client):
        client.force_login(UserFactory(organiser=True))
        run = CourseRunFactory()
        assert client.get(f"/api/v1/runs/{run.pk}/registrations").status_code == 401

    def test_one_that_is_revoked_or_whose_user_is_closed_opens_nothing(self, organiser):
        run = CourseRunFactory()
        organiser.user.is_active = False
        organiser.user.save()
        assert organiser.get(f"/runs/{run.pk}/registrations").status_code == 401
        organiser.user.is_active = True
        organiser.user.save()
        organiser.token.revoke()
        assert organiser.get(f"/runs/{run.pk}/registrations").status_code == 401

    def test_made_under_the_key_before_is_in_force_while_that_key_is(self, organiser, settings):
        run = CourseRunFactory()
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another" * 8, [settings.SECRET_KEY]
        assert organiser.get(f"/runs/{run.pk}/registrations").status_code == 200
        settings.SECRET_KEY_FALLBACKS = []
        assert organiser.get(f"/runs/{run.pk}/registrations").status_code == 401

    def test_acts_for_whoever_was_given_the_right_alone_without_a_group(self, client):
        _, day, [anna] = run_with(1)
        program = Program(client, UserFactory())
        assert program.mark(day, mark_of(anna)).status_code == 403
        right = Permission.objects.get(content_type__app_label="enrolments", codename="change_attendance")
        program.user.user_permissions.add(right)
        assert outcomes(program.mark(day, mark_of(anna))) == ["taken"]

    def test_wrong_ones_are_throttled_and_the_right_one_is_not(self, client, organiser):
        run = CourseRunFactory()
        path, wrong = f"/api/v1/runs/{run.pk}/registrations", {"Authorization": "Bearer wagtail_wrong"}
        assert {client.get(path, headers=wrong).status_code for _ in range(20)} == {401}
        answer = client.get(path, headers=wrong)
        assert (answer.status_code, answer.json()["code"]) == (429, "throttled")
        assert int(answer["Retry-After"]) > 0
        assert organiser.get(f"/runs/{run.pk}/registrations").status_code == 200


class TestRegistrations:
    def test_of_a_run_are_read_with_what_an_integration_needs_and_no_more(self, organiser):
        enrolment = EnrolmentFactory(name="Åse Ærø", dietary="nødder", notes="hemmeligt")
        answer = organiser.get(f"/runs/{enrolment.run_id}/registrations")
        [item] = answer.json()["items"]
        assert (item["id"], item["name"], item["status"]) == (enrolment.pk, "Åse Ærø", "confirmed")
        assert item["organisation"] == {"code": "0751", "name": "Aarhus Kommune"}
        assert item["email"] == enrolment.email
        assert "nødder" not in answer.content.decode() and "hemmeligt" not in answer.content.decode()

    def test_presenters_see_their_own_run_without_addresses_and_no_other(self, client):
        presenter = PresenterFactory(with_user=True)
        run = CourseRunFactory(day_fields={"presenters": [presenter]})
        EnrolmentFactory(run=run)
        program = Program(client, presenter.user)
        [item] = program.get(f"/runs/{run.pk}/registrations").json()["items"]
        assert (item["email"], item["price"]) == (None, None)
        answer = program.get(f"/runs/{EnrolmentFactory().run_id}/registrations")
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")

    def test_can_be_asked_for_by_status_and_by_what_has_happened_since(self, organiser):
        run = CourseRunFactory()
        EnrolmentFactory(run=run)
        Enrolment.objects.update(created_at=timezone.now() - timedelta(days=3))
        late = EnrolmentFactory(run=run, waiting=True)
        since = (timezone.now() - timedelta(days=1)).isoformat()
        for query in ({"status": "waiting"}, {"changed_since": since}):
            assert [item["id"] for item in organiser.get(f"/runs/{run.pk}/registrations", **query).json()["items"]] == [
                late.pk
            ]

    def test_cost_the_same_for_one_and_for_forty(self, organiser):
        def cost(participants: int) -> int:
            run, *_ = run_with(participants)
            with CaptureQueriesContext(connection) as queries:
                assert organiser.get(f"/runs/{run.pk}/registrations").json()["count"] == participants
            return len(queries)

        organiser.get("/runs/1/registrations")
        assert cost(1) == cost(40)


class TestAttendance:
    def test_is_read_per_participant_and_day_and_not_taken_is_not_absent(self, organiser):
        run = CourseRunFactory(with_days=2, first_day=timezone.localdate())
        first, second = run.ordered_days()
        anna = EnrolmentFactory(run=run)
        AttendanceFactory(enrolment=anna, day=first, status="excused", reason="syg", note="ring")
        answer = organiser.get(f"/runs/{run.pk}/attendance")
        items = answer.json()["items"]
        assert [(each["enrolment"], each["day"], each["status"]) for each in items] == [
            (anna.pk, str(first.date), "excused"),
            (anna.pk, str(second.date), None),
        ]
        assert "syg" not in answer.content.decode() and "ring" not in answer.content.decode()
        [one] = organiser.get(f"/runs/{run.pk}/attendance", day=str(second.date)).json()["items"]
        assert one["day"] == str(second.date)

    def test_changed_since_tells_the_marks_that_came_in_also_those_tapped_long_before(self, organiser):
        run, day, [anna, bo] = run_with(2)
        organiser.mark(day, mark_of(bo))
        AttendanceChange.objects.update(received_at=timezone.now() - timedelta(hours=2))
        since = timezone.now() - timedelta(minutes=30)
        organiser.mark(day, mark_of(anna, at=(timezone.now() - timedelta(hours=5)).isoformat()))
        items = organiser.get(f"/runs/{run.pk}/attendance", changed_since=since.isoformat()).json()["items"]
        assert [each["enrolment"] for each in items] == [anna.pk]


class TestMarking:
    def test_marks_in_a_batch_and_answers_each(self, organiser):
        run, day, [anna, bo] = run_with(2)
        cancelled = EnrolmentFactory(run=run, cancelled=True)
        answer = organiser.mark(
            day,
            mark_of(anna, "late", minutes_late=12),
            mark_of(cancelled),
            mark_of(bo, "asleep"),
            mark_of(2**40),
            device="dør-1",
            clock_offset=5,
        )
        assert outcomes(answer) == ["taken", "refused", "refused", "refused"]
        assert [each["code"] for each in answer.json()["results"]] == [None, "cancelled", "unknown_status", "unknown"]
        mark, change = Attendance.objects.get(), AttendanceChange.objects.get()
        assert (mark.status, mark.minutes_late, mark.source, mark.marked_by) == ("late", 12, "api", organiser.user)
        assert (change.device, change.clock_offset) == ("dør-1", 5)

    def test_sent_again_changes_nothing(self, organiser):
        _, day, [anna] = run_with(1)
        once = mark_of(anna)
        organiser.mark(day, once)
        assert outcomes(organiser.mark(day, once)) == ["repeated"]
        assert AttendanceChange.objects.count() == 1

    def test_that_was_tapped_before_the_one_that_stands_is_superseded(self, organiser):
        _, day, [anna] = run_with(1)
        organiser.mark(day, mark_of(anna, "absent"))
        earlier = (timezone.now() - timedelta(minutes=9)).isoformat()
        assert outcomes(organiser.mark(day, mark_of(anna, at=earlier))) == ["superseded"]
        assert status_of(anna, day) == "absent"

    def test_by_a_presenter_goes_for_their_own_run_only(self, client):
        presenter = PresenterFactory(with_user=True)
        program = Program(client, presenter.user)
        run = CourseRunFactory(today=True, day_fields={"presenters": [presenter]})
        anna = EnrolmentFactory(run=run)
        assert outcomes(program.mark(run.ordered_days()[0], mark_of(anna))) == ["taken"]
        _, day, [bo] = run_with(1)
        answer = program.mark(day, mark_of(bo))
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
        assert status_of(bo, day) is None

    def test_after_the_rules_days_is_refused_mark_by_mark(self, client):
        AttendanceRule.objects.filter(is_default=True).delete()
        AttendanceRule.objects.create(
            name="Kort", is_default=True, presenters_correct_days=1, organisers_correct_days=9
        )
        presenter = PresenterFactory(with_user=True)
        run = CourseRunFactory(
            first_day=timezone.localdate() - timedelta(days=3), day_fields={"presenters": [presenter]}
        )
        day, anna = run.ordered_days()[0], EnrolmentFactory(run=run)
        answer = Program(client, presenter.user).mark(day, mark_of(anna))
        assert [each["code"] for each in answer.json()["results"]] == ["too_late"]
        queued = mark_of(anna, at=day.starts_at.isoformat())
        assert outcomes(Program(client, presenter.user).mark(day, queued)) == ["taken"]
        assert outcomes(Program(client, UserFactory(organiser=True)).mark(day, mark_of(anna))) == ["taken"]

    def test_before_the_day_takes_only_who_has_called_off(self, organiser):
        run = CourseRunFactory()
        day, anna = run.ordered_days()[0], EnrolmentFactory(run=run)
        answer = organiser.mark(day, mark_of(anna), mark_of(anna, "excused", reason="barsel"))
        assert outcomes(answer) == ["refused", "taken"]
        assert answer.json()["results"][0]["code"] == "too_early"

    def test_on_a_day_or_run_that_is_not_there_is_404(self, organiser):
        _, day, [anna] = run_with(1)
        for path in (f"/runs/{day.run_id}/days/2001-01-01/marks", f"/runs/{2**40}/days/{day.date}/marks"):
            answer = organiser.post(path, {"marks": [mark_of(anna)]})
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")

    @pytest.mark.parametrize(
        ("batch", "field", "value"),
        [
            ({"marks": [{"id": "x", "enrolment": 1}]}, "body.marks.0.id", "x"),
            ({"marks": [{"id": str(uuid4()), "enrolment": "Anna"}]}, "body.marks.0.enrolment", "Anna"),
            ({"marks": [{"id": str(uuid4())}]}, "body.marks.0.enrolment", None),
            ({"clock_offset": 10**12}, "body.clock_offset", 10**12),
            (
                {"marks": [{"id": str(uuid4()), "enrolment": 1, "at": "2026-01-01T10:00"}]},
                "body.marks.0.at",
                "2026-01-01T10:00",
            ),
            ({"marks": [{"id": str(uuid4()), "enrolment": 1, "at": "i går"}]}, "body.marks.0.at", "i går"),
            ({"walk_ins": [{"id": "1", "name": "Bo", "organisation": "9999"}]}, "body.walk_ins.0.organisation", "9999"),
        ],
    )
    def test_malformed_names_the_field_and_the_value_and_takes_nothing(self, organiser, batch, field, value):
        _, day, _ = run_with(1)
        answer = organiser.post(f"/runs/{day.run_id}/days/{day.date}/marks", batch)
        assert answer.status_code == 422
        [error] = answer.json()["errors"]
        assert (error["field"], error["value"]) == (field, value)
        assert error["message"]

    def test_more_than_a_thousand_at_once_are_refused(self, organiser):
        _, day, [anna] = run_with(1)
        answer = organiser.mark(day, *(mark_of(anna) for _ in range(1001)))
        assert answer.status_code == 422

    def test_a_body_that_is_no_json_is_refused(self, organiser):
        _, day, _ = run_with(1)
        answer = organiser.post(f"/runs/{day.run_id}/days/{day.date}/marks", "{nope")
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")

    def test_takes_as_few_queries_for_two_hundred_as_for_one(self, organiser):
        def cost(participants: int) -> int:
            _, day, enrolments = run_with(participants)
            with CaptureQueriesContext(connection) as queries:
                organiser.mark(day, *(mark_of(each) for each in enrolments))
            return len(queries)

        organiser.get("/runs/1/registrations")  # the token's last use is noted once a minute
        assert cost(1) == cost(200) <= 7

    def test_takes_one_query_more_of_a_presenter(self, client):
        presenter = PresenterFactory(with_user=True)
        program = Program(client, presenter.user)

        def cost(participants: int) -> int:
            run = CourseRunFactory(today=True, day_fields={"presenters": [presenter]})
            day, enrolments = run.days.get(), [EnrolmentFactory(run=run) for _ in range(participants)]
            with CaptureQueriesContext(connection) as queries:
                answer = program.mark(day, *(mark_of(each) for each in enrolments))
            assert set(outcomes(answer)) == {"taken"}
            return len(queries)

        program.get("/runs/1/registrations")
        assert cost(1) == cost(20) <= 8


class TestWalkIns:
    def test_come_in_with_a_seat_or_without_and_once(self, organiser):
        run, day, _ = run_with(1)
        run.capacity = 2
        run.save()
        people = [
            {"id": "1", "name": "Bo Ny", "organisation": "0751"},
            {"id": "2", "name": "Ida Ny", "email": "ida@example.dk", "organisation_name": "Foreningen"},
        ]
        answer = organiser.mark(day, walk_ins=people)
        assert [each["seat"] for each in answer.json()["results"]] == [True, False]
        assert organiser.mark(day, walk_ins=people).json()["results"] == answer.json()["results"]
        bo, ida = Enrolment.objects.order_by("pk")[1:]
        assert (bo.organisation, bo.status, ida.organisation_label, ida.status) == (
            municipality(), "confirmed", "Foreningen", "walk_in",
        )  # fmt: skip
        assert {status_of(each, day) for each in (bo, ida)} == {"present"}

    def test_wrong_ones_are_told_one_by_one(self, organiser):
        _, day, _ = run_with(1)
        answer = organiser.mark(
            day,
            walk_ins=[{"id": "1", "name": " "}, {"id": "2", "name": "Bo", "email": "bo"}, {"id": "3", "name": "Eva"}],
        )
        assert outcomes(answer) == ["refused", "refused", "taken"]
        assert [each["code"] for each in answer.json()["results"]] == ["name", "email", None]


class TestDescription:
    def test_names_every_call_with_its_answers(self, client):
        schema = client.get("/api/v1/openapi.json").json()
        marks = schema["paths"]["/api/v1/runs/{run_id}/days/{day}/marks"]["post"]
        assert marks["security"]
        assert {"200", "401", "403", "404", "422", "429"} <= set(marks["responses"])
        assert set(schema["components"]["schemas"]["Problem"]["properties"]) == {"code", "message", "errors"}

    def test_for_people_shows_what_to_send_and_what_comes_back(self, client):
        page = client.get("/api/v1/docs").content.decode()
        for words in (
            "marks[].minutes_late",
            "clock_offset",
            "Authorization: Bearer",
            "results[].outcome",
            "changed_since",
        ):
            assert words in page
