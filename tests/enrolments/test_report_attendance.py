"""The attendance report: who may, which rows, the same rows in every form, and sums that reconcile."""

import io
from datetime import timedelta

import openpyxl
import pandas as pd
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from enrolments.enums import AttendanceStatus, EnrolmentStatus
from enrolments.models import Enrolment
from enrolments.operations import attendance
from enrolments.operations.attendance import Mark
from enrolments.reports import facts, summaries
from tests.factories import (
    CourseRunFactory,
    DiplomaModulePageFactory,
    EnrolmentFactory,
    PresenterFactory,
    RegistrationFactory,
    UserFactory,
    municipality,
)

URL = "/admin/reports/attendance/"


@pytest.fixture
def organiser(db):
    return UserFactory(organiser=True)


@pytest.fixture
def report_client(client, organiser):
    client.force_login(organiser)
    return client


@pytest.fixture
def run(organiser):
    """A run of two days: Anna present and late, Bo absent and not taken; Carl waits, Dorte cancelled."""
    run = CourseRunFactory(past=True, with_days=2, capacity=None, label="Herlev")
    aarhus = RegistrationFactory(run=run, organisation=municipality("0751"), payer__ean="5798009811578")
    anna = EnrolmentFactory(registration=aarhus, name="=1+1")
    bo = EnrolmentFactory(
        registration=RegistrationFactory(run=run, organisation=municipality("0163")), name="<b>Bo</b>"
    )
    EnrolmentFactory(run=run, waiting=True)
    EnrolmentFactory(run=run, cancelled=True, name="Dorte")
    first, second = run.ordered_days()
    attendance.mark(day=first, marks={anna.pk: Mark("present"), bo.pk: Mark("absent")}, by=organiser)
    attendance.mark(day=second, marks={anna.pk: Mark("late", 12)}, by=organiser)
    return run


def frame_of(response) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(b"".join(response.streaming_content)), sep=";", decimal=",")


def book_of(response):
    return openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content)))


def table(sheet) -> list[dict]:
    header, *body = sheet.iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in body]


class TestWhoMay:
    @pytest.mark.parametrize("query", ["", "?export=csv", "?export=xlsx"])
    def test_an_editor_and_a_presenter_see_nothing(self, client, run, query):
        for user in (UserFactory(editor=True), PresenterFactory(with_user=True).user):
            client.force_login(user)
            response = client.get(URL + query)
            assert response.status_code in (302, 403)
            assert run.label.encode() not in response.content

    def test_nobody_without_signing_in(self, client, db):
        assert client.get(URL).status_code == 302

    def test_stands_in_the_menu_of_organisers_alone(self, client, run):
        client.force_login(UserFactory(editor=True))
        assert URL not in client.get("/admin/").content.decode()
        client.force_login(UserFactory(organiser=True))
        assert URL in client.get("/admin/").content.decode()

    def test_a_presenters_rows_are_their_own_runs(self, run):
        presenter = PresenterFactory(with_user=True)
        mine = EnrolmentFactory(run=CourseRunFactory(day_fields={"presenters": [presenter]}))
        assert [entry.enrolment for entry in facts.entries(presenter.user)] == [mine]


class TestRows:
    def test_are_one_per_participant_and_day_the_waiting_and_cancelled_left_out(self, report_client, run):
        frame = frame_of(report_client.get(URL, {"export": "csv"}))
        assert list(frame["Deltager"]) == ["<b>Bo</b>", "'=1+1"] * 2
        assert list(frame["Fremmøde"]) == ["Fravær", "Til stede", "Ikke registreret", "Forsinket"]
        assert frame["Minutter forsinket"].dropna().tolist() == [12]
        assert set(frame["Kommunekode"]) == {'="0751"', '="0163"'}
        assert set(frame["EAN-nummer"]) == {'="5798009811578"'}
        assert set(frame["Hold"]) == {"Herlev"}
        assert list(frame["Dato"]) == [str(day.date) for day in run.ordered_days() for _ in range(2)]

    def test_take_in_the_cancelled_when_asked_and_always_those_who_were_marked(self, report_client, run):
        frame = frame_of(report_client.get(URL, {"export": "csv", "afmeldte": "ja"}))
        assert "Dorte" in set(frame["Deltager"])
        Enrolment.objects.filter(name="<b>Bo</b>").update(status=EnrolmentStatus.CANCELLED, cancelled_at=timezone.now())
        frame = frame_of(report_client.get(URL, {"export": "csv"}))
        assert list(frame["Deltager"]).count("<b>Bo</b>") == 1
        assert set(frame[frame["Deltager"] == "<b>Bo</b>"]["Tilmelding"]) == {"Afmeldt"}

    def test_carry_the_ects_of_a_module_and_nothing_for_other_courses(self, report_client, run):
        EnrolmentFactory(run=CourseRunFactory(course=DiplomaModulePageFactory()), name="Modul")
        frame = frame_of(report_client.get(URL, {"export": "csv"})).set_index("Deltager")
        assert frame.loc["Modul", "ECTS"] == 5.0
        assert list(frame.reset_index().columns).index("ECTS") > 3  # most rows have none: not among the first
        assert frame.loc["<b>Bo</b>", "ECTS"].isna().all()

    def test_keep_the_planned_times_the_mark_was_taken_under(self, report_client, run):
        first, _ = run.ordered_days()
        first.start_time = first.start_time.replace(hour=12)
        first.save()
        EnrolmentFactory(run=run, name="Ny")
        frame = frame_of(report_client.get(URL, {"export": "csv"}))
        day_one = frame[frame["Dato"] == str(first.date)].set_index("Deltager")["Planlagt start"]
        assert day_one.to_dict() == {"<b>Bo</b>": "09:00", "'=1+1": "09:00", "Ny": "12:00"}

    @pytest.mark.parametrize("export", ["csv", "xlsx"])
    def test_are_filtered_in_every_file(self, report_client, run, export):
        other = EnrolmentFactory(run=CourseRunFactory(), name="Anden")
        first, second = run.ordered_days()

        def participants(**query) -> list[str]:
            response = report_client.get(URL, {"export": export, **query})
            if export == "csv":
                return [name.lstrip("'") for name in frame_of(response)["Deltager"]]
            return [row["Deltager"] for row in table(book_of(response)["Fremmøde"])]

        assert participants(kursus=other.run.course_id) == ["Anden"]
        assert participants(hold=[run.pk, other.run_id]) == ["<b>Bo</b>", "=1+1", "<b>Bo</b>", "=1+1", "Anden"]
        assert participants(hold=run.pk, kommune=municipality("0163").pk) == ["<b>Bo</b>"] * 2
        danish = f"{second.date.day}.{second.date.month}.{second.date.year}"
        assert participants(fra=danish, til=danish) == ["<b>Bo</b>", "=1+1"]
        assert participants(til=str(first.date - timedelta(days=1))) == []

    @pytest.mark.parametrize(
        ("query", "words"),
        [
            ({"fra": "i går"}, "gyldig dato"),
            ({"hold": "999999"}, "999999"),
            ({"kommune": "x"}, "x"),
            ({"fra": "2.1.2026", "til": "1.1.2026"}, "slutter (1. januar 2026), før den begynder (2. januar 2026)"),
        ],
    )
    def test_wrong_filters_are_told_in_words_and_give_no_file(self, report_client, run, query, words):
        for export in ({}, {"export": "csv"}, {"export": "xlsx"}):
            response = report_client.get(URL, {**query, **export})
            assert response.status_code == 400
            assert words in response.content.decode()
            assert "&lt;b&gt;Bo" not in response.content.decode()


class TestFiles:
    def test_say_the_same_on_screen_in_csv_and_in_xlsx(self, report_client, run):
        frame = frame_of(report_client.get(URL, {"export": "csv"}))
        book = book_of(report_client.get(URL, {"export": "xlsx"}))
        assert book.sheetnames == ["Fremmøde", "Pr. hold", "Pr. kommune"]
        sheet = table(book["Fremmøde"])
        assert list(frame.columns) == list(sheet[0])
        assert [row["Deltager"] for row in sheet] == ["<b>Bo</b>", "=1+1", "<b>Bo</b>", "=1+1"]
        assert [row["Fremmøde"] for row in sheet] == list(frame["Fremmøde"])
        assert [str(row["Dato"].date()) for row in sheet] == list(frame["Dato"])
        assert {row["EAN-nummer"] for row in sheet} == {"5798009811578"}
        page = report_client.get(URL).content.decode()
        assert page.count("&lt;b&gt;Bo&lt;/b&gt;") == 2
        assert "<b>Bo</b>" not in page

    def test_sums_in_the_sheets_reconcile_with_the_rows(self, report_client, run):
        EnrolmentFactory(run=CourseRunFactory(), organisation=None, organisation_name="Foreningen Æ")
        book = book_of(report_client.get(URL, {"export": "xlsx"}))
        marks = [row["Fremmøde"] for row in table(book["Fremmøde"])]
        for name in ("Pr. hold", "Pr. kommune"):
            *lines, total = table(book[name])
            assert next(iter(total.values())) == "I alt"
            for heading in ("Tilmeldte deltagere", "Planlagte deltagerdage", "Til stede", "Ikke registreret"):
                assert total[heading] == sum(line[heading] for line in lines)
            assert total["Planlagte deltagerdage"] == len(marks)
            for heading in ("Til stede", "Forsinket", "Fravær", "Undskyldt", "Ikke registreret"):
                assert total[heading] == marks.count(heading)
            assert total["Fremmøde af registrerede"] == pytest.approx(2 / 3)

    def test_of_nothing_at_all_are_still_files(self, report_client):
        assert frame_of(report_client.get(URL, {"export": "csv"})).empty
        book = book_of(report_client.get(URL, {"export": "xlsx"}))
        assert [row["Tilmeldte deltagere"] for row in table(book["Pr. hold"])] == [0]
        assert "ingen deltagere" in report_client.get(URL).content.decode()

    @pytest.mark.parametrize("export", ["", "csv", "xlsx"])
    def test_cost_the_same_queries_for_more_rows(self, report_client, run, export):
        def cost() -> int:
            with CaptureQueriesContext(connection) as queries:
                response = report_client.get(URL, {"export": export} if export else {})
                b"".join(response.streaming_content) if response.streaming else response.content
            return len(queries)

        cost()
        before = cost()
        for _ in range(3):
            EnrolmentFactory.create_batch(10, run=CourseRunFactory(with_days=2, capacity=None))
        assert cost() == before


STATUSES = [*AttendanceStatus.values, "not_taken"]
PLACES = [("Aabenraa Kommune", "0580"), ("Ærø Kommune", "0492"), ("Foreningen", "")]


@st.composite
def counted_rows(draw) -> pd.DataFrame:
    """Counts as `summaries.counted` gives them, for some runs and places."""
    pairs = draw(st.lists(st.tuples(st.integers(1, 5), st.sampled_from(PLACES)), unique=True, max_size=12))
    lines = []
    for run, (organisation, code) in pairs:
        counts = {status: draw(st.integers(0, 400)) for status in STATUSES}
        lines.append(
            {
                "course": f"Kursus {run % 2}",
                "run": "",
                "run_number": run,
                "first_date": timezone.localdate() + timedelta(days=run),
                "last_date": timezone.localdate() + timedelta(days=run + draw(st.integers(0, 5))),
                "organisation": organisation,
                "municipality_code": code,
                "participants": draw(st.integers(0, 100)),
                "planned": sum(counts.values()),
                **counts,
                "minutes": draw(st.integers(0, 100_000)),
            }
        )
    names = ["course", "run", "run_number", "first_date", "last_date", "organisation", "municipality_code"]
    return pd.DataFrame.from_records(lines, columns=[*names, *summaries.MEASURES])


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(counted_rows())
def test_every_summary_adds_up_to_the_same_total(counts):
    by_run, by_place = summaries.per_run(counts), summaries.per_municipality(counts)
    expected = {measure: int(counts[measure].sum()) for measure in summaries.MEASURES}
    for summary in (by_run, by_place):
        total = summaries.total(summary)
        rate = total.pop("attendance")
        assert total == expected
        assert total["planned"] == sum(total[status] for status in STATUSES)
        taken = total["planned"] - total["not_taken"]
        assert rate == (pytest.approx((total["present"] + total["late"]) / taken) if taken else None)
        assert all(value is None or 0 <= value <= 1 for value in summary["attendance"])
    assert len(by_run) == counts["run_number"].nunique()
    assert list(by_place["organisation"]) == [
        name for name in ("Foreningen", "Ærø Kommune", "Aabenraa Kommune") if name in set(counts["organisation"])
    ]
