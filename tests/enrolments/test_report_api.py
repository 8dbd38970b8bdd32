"""Reports by token: the kinds, the saved ones, pages of JSON and whole CSV files, and refusals in one shape."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from wagtail.models import APIToken

from enrolments.models import SavedReport
from enrolments.reports.kinds import report_kinds
from tests.factories import (
    AttendanceFactory,
    CourseRunFactory,
    EnrolmentFactory,
    RegistrationFactory,
    UserFactory,
    municipality,
)

pytestmark = pytest.mark.django_db


class Program:
    """Another program with a token of its user's."""

    def __init__(self, client, user) -> None:
        self.client, self.user = client, user
        _token, secret = APIToken.create_token(user=user, name="BI")
        self.headers = {"Authorization": f"Bearer {secret}", "Accept-Language": "en"}

    def get(self, path: str, **query):
        return self.client.get(f"/api/v1{path}", query, headers=self.headers)


@pytest.fixture
def organiser(client) -> Program:
    return Program(client, UserFactory(organiser=True))


def run_of(*names, on=date(2026, 4, 23)):
    run = CourseRunFactory(first_day=on, capacity=None)
    registration = RegistrationFactory(run=run, organisation=municipality())
    return run, [EnrolmentFactory(registration=registration, name=name) for name in names]


def items(answer):
    assert answer.status_code == 200, answer.content
    return answer.json()["items"]


def problem(answer, status):
    assert answer.status_code == status, answer.content
    return answer.json()


def test_the_kinds_and_saved_reports_are_listed_with_their_columns(organiser):
    own = SavedReport.objects.create(
        owner=organiser.user, name="Mit", kind="facts", parameters={"period": "last_month"}
    )
    shared = SavedReport.objects.create(owner=UserFactory(), name="Delt", kind="facts", is_shared=True)
    SavedReport.objects.create(owner=UserFactory(), name="Andres", kind="facts")

    found = organiser.get("/reports").json()

    assert [kind["name"] for kind in found["reports"]] == [kind.name for kind in report_kinds]
    assert {"name": "date", "type": "date"}.items() <= {
        key: value
        for column in found["reports"][0]["columns"]
        if column["name"] == "date"
        for key, value in column.items()
    }.items()
    assert [(each["id"], each["is_own"]) for each in found["saved"]] == [(shared.pk, False), (own.pk, True)]


def test_every_kind_is_read_as_json_and_as_csv(organiser):
    run_of("Anna")

    for kind in report_kinds:
        assert organiser.get(f"/reports/{kind.name}").status_code == 200, kind.name
        answer = organiser.get(f"/reports/{kind.name}", format="csv")
        assert answer["Content-Type"].startswith("text/csv"), kind.name
        assert b"".join(answer.streaming_content).startswith(b"\xef\xbb\xbf")


def test_rows_come_in_pages_with_the_chosen_columns_in_their_order(organiser):
    run_of("Anna", "Bo", "Carl")

    answer = organiser.get("/reports/facts", column=["participant", "date"], limit=2, offset=1)

    assert items(answer) == [
        {"participant": "Bo", "date": "2026-04-23"},
        {"participant": "Carl", "date": "2026-04-23"},
    ]
    assert answer.json()["count"] == 3
    assert [column["name"] for column in answer.json()["columns"]] == ["participant", "date"]


def test_filters_narrow_and_a_table_has_its_total(organiser):
    run, _people = run_of("Anna", "Bo")
    run_of("Carl", on=date(2025, 4, 23))

    found = organiser.get("/reports/facts", start="2026-01-01", end="2026-12-31")
    assert {item["participant"] for item in items(found)} == {"Anna", "Bo"}
    assert len(items(organiser.get("/reports/facts", run=run.pk, municipality=municipality().code))) == 2
    assert items(organiser.get("/reports/facts", run=987654)) == []
    table = organiser.get("/reports/municipality_course").json()
    assert table["total"]["booked"] == sum(item["booked"] for item in table["items"]) == 3


def test_a_saved_report_is_read_by_its_number_and_narrowed(organiser):
    run_of("Anna")
    run_of("Bo", on=date(2025, 4, 23))
    report = SavedReport.objects.create(
        owner=organiser.user, name="Mit", kind="facts", parameters={"columns": ["participant"]}
    )

    assert {item["participant"] for item in items(organiser.get(f"/reports/{report.pk}"))} == {"Anna", "Bo"}
    narrowed = organiser.get(f"/reports/{report.pk}", start="2026-01-01")
    assert items(narrowed) == [{"participant": "Anna"}]


def test_reasons_and_notes_are_in_no_report(organiser):
    run, people = run_of("Anna", on=date(2026, 10, 7))
    AttendanceFactory(
        enrolment=people[0], day=run.days.get(), status="excused", reason="KANARIEFUGL-REASON", note="KANARIEFUGL-NOTE"
    )
    people[0].dietary = "KANARIEFUGL-NEEDS"
    people[0].save()

    for kind in report_kinds:
        assert b"KANARIEFUGL" not in organiser.get(f"/reports/{kind.name}").content, kind.name
        csv = b"".join(organiser.get(f"/reports/{kind.name}", format="csv").streaming_content)
        assert b"KANARIEFUGL" not in csv, kind.name


def test_it_takes_a_token_of_somebody_who_may_see_reports(client):
    assert problem(client.get("/api/v1/reports"), 401)["code"] == "unauthorized"
    client.force_login(UserFactory(organiser=True))
    assert client.get("/api/v1/reports/facts").status_code == 401  # a session is no token

    editor = Program(client, UserFactory(editor=True))
    assert problem(editor.get("/reports"), 403)["code"] == "forbidden"
    assert problem(editor.get("/reports/facts", format="csv"), 403)["code"] == "forbidden"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"start": "i går"}, "query.start"),
        ({"start": "2026-02-02", "end": "2026-02-01"}, "query.end"),
        ({"period": "sidste_uge"}, "query.period"),
        ({"period": "last_week", "start": "2026-02-02"}, "query.period"),
        ({"column": "hemmelig"}, "query.column"),
        ({"municipality": "9999"}, "query.municipality"),
        ({"run": "x"}, "query.run.0"),
        ({"limit": 100_000}, "query.limit"),
    ],
)
def test_what_is_wrong_is_told_by_field(organiser, query, field):
    told = problem(organiser.get("/reports/facts", **query), 422)

    assert [error["field"] for error in told["errors"]] == [field]


@pytest.mark.parametrize("name", ["noget", "99999", "9" * 30])
def test_an_unknown_report_is_not_found(organiser, name):
    assert problem(organiser.get(f"/reports/{name}"), 404)["code"] == "not_found"


def test_somebody_elses_saved_report_is_not_found(organiser):
    other = SavedReport.objects.create(owner=UserFactory(), name="Andres", kind="facts")

    assert problem(organiser.get(f"/reports/{other.pk}"), 404)


def test_the_cost_is_the_same_however_many_rows_there_are(organiser):
    def queries():
        with CaptureQueriesContext(connection) as caught:
            assert organiser.get("/reports/facts").status_code == 200
        return len(caught)

    run_of("Anna")
    queries()
    few = queries()
    run_of(*(f"P{number}" for number in range(30)))

    assert queries() == few <= 8
