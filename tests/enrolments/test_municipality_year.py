"""A municipality's training year: who came to what, hours, spend, no-shows, what the like chose, and its files."""

import io
from datetime import date, timedelta
from decimal import Decimal

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from courses.models import Organisation
from enrolments.enums import AttendanceStatus, EnrolmentStatus
from enrolments.models import Enrolment
from enrolments.operations.training_contacts import give_access
from enrolments.reports.municipality_year import TrainingYear, training_year
from enrolments.reports.peers import AT_LEAST, chosen_by_peers
from enrolments.reports.sums import summed, total_of
from enrolments.reports.training_year_kind import choices_for
from tests.factories import (
    AttendanceFactory,
    CoursePageFactory,
    CourseRunFactory,
    EnrolmentFactory,
    RegistrationFactory,
    UserFactory,
    municipality,
)

pytestmark = pytest.mark.django_db
YEAR = 2025
HELD = date(YEAR, 3, 4)


@pytest.fixture
def organiser():
    return UserFactory(organiser=True, staff=True)


@pytest.fixture
def aarhus() -> Organisation:
    return municipality("0751")


@pytest.fixture
def contact(organiser, aarhus) -> Client:
    given = give_access(email="bente@aarhus.dk", name="Bente Holm", organisation=aarhus, by=organiser)
    client = Client()
    client.force_login(given.user)
    return client


def someone(run=None, *, code: str = "0751", mark: str | None = AttendanceStatus.PRESENT, **fields) -> Enrolment:
    """One participant of a municipality, marked on every day of the run."""
    run = run or CourseRunFactory(first_day=HELD)
    person = EnrolmentFactory(run=run, registration__organisation=municipality(code), **fields)
    if mark:
        for day in run.ordered_days():
            AttendanceFactory(enrolment=person, day=day, status=mark)
    return person


def the_year(user, organisation, year: int = YEAR) -> TrainingYear:
    return training_year(user=user, organisation=organisation, year=year)


class TestFigures:
    def test_hours_seats_people_and_spend_are_those_of_the_lines(self, organiser, aarhus):
        two_days = CourseRunFactory(first_day=HELD, with_days=2, price=Decimal("2500.50"))
        someone(two_days, name="Anna", email="anna@a.dk")
        someone(name="Anna", email="anna@a.dk")
        someone(code="0461", name="Odin")
        total = the_year(organiser, aarhus).total
        assert (total.seats, total.people, total.attended) == (2, 1, 2)
        assert total.hours == Decimal("21.0")
        assert total.spend == Decimal("2500.50") + Decimal("1995.00")

    def test_a_no_show_is_one_and_not_taken_is_not(self, organiser, aarhus):
        someone(mark=AttendanceStatus.ABSENT)
        someone(mark=None)
        someone(mark=AttendanceStatus.EXCUSED)
        assert the_year(organiser, aarhus).total.no_shows == 1

    def test_who_cancelled_costs_the_fee_and_no_seat(self, organiser, aarhus):
        at = timezone.make_aware(timezone.datetime(YEAR, 3, 4, 7))
        someone(mark=None, status=EnrolmentStatus.CANCELLED, cancelled_at=at, fee=Decimal("500.00"))
        total = the_year(organiser, aarhus).total
        assert (total.seats, total.spend, total.late_cancellations, total.no_shows) == (0, Decimal("500.00"), 1, 1)

    def test_what_is_booked_ahead_stands_apart(self, organiser, aarhus):
        run = CourseRunFactory(first_day=timezone.localdate() + timedelta(days=1))
        ahead = someone(run, mark=None)
        waiting = EnrolmentFactory(run=run, waiting=True, registration__organisation=aarhus)
        year = the_year(organiser, aarhus, run.ordered_days()[0].date.year)
        assert [line.enrolment for line in year.ahead] == [ahead]
        assert [line.enrolment for line in year.waiting] == [waiting]
        assert year.past == [] and year.total.ahead == 1

    def test_a_run_belongs_to_the_year_of_its_first_day(self, organiser, aarhus):
        someone(CourseRunFactory(first_day=date(YEAR, 12, 30), with_days=2))
        assert the_year(organiser, aarhus).total.seats == 1
        assert the_year(organiser, aarhus, YEAR + 1).total.seats == 0
        assert YEAR in the_year(organiser, aarhus).years

    def test_departments_are_one_whatever_the_case_and_add_up(self, organiser, aarhus):
        someone(department="Kultur og Fritid")
        someone(department="kultur  og fritid")
        someone(department="", mark=AttendanceStatus.ABSENT)
        year = the_year(organiser, aarhus)
        assert [each.name for each in year.departments] == ["Kultur og Fritid", ""]
        assert sum(each.figures.seats for each in year.departments) == year.total.seats == 3
        assert sum(each.figures.spend for each in year.departments) == year.total.spend
        assert sum(each.figures.minutes for each in year.departments) == year.total.minutes

    def test_what_somebody_took_while_employed_elsewhere_is_not_there(self, organiser, aarhus):
        someone(name="Anna", email="anna@a.dk")
        someone(code="0461", name="Anna før", email="anna@a.dk")
        assert [line.enrolment.name for line in the_year(organiser, aarhus).lines] == ["Anna"]

    def test_it_agrees_with_the_reports(self, organiser, aarhus):
        at = timezone.make_aware(timezone.datetime(YEAR, 3, 4, 7))
        two_days = CourseRunFactory(first_day=HELD, with_days=2)
        for mark in (*AttendanceStatus.values, None):
            someone(two_days, mark=mark)
        someone(mark=None, status=EnrolmentStatus.CANCELLED, cancelled_at=at, fee=Decimal("500.00"))
        someone(mark=None, status=EnrolmentStatus.CANCELLED, cancelled_at=at - timedelta(days=40), fee=Decimal(0))
        someone(mark=None, status=EnrolmentStatus.MOVED, cancelled_at=at - timedelta(days=40), fee=Decimal("250.00"))
        total = the_year(organiser, aarhus).total
        sums = total_of(summed(organiser, choices_for(aarhus, YEAR), {"organisation": "organisation"}))
        assert sums["minutes"] == total.minutes
        assert sums["spend"] == total.spend
        assert sums["no_shows"] == total.no_shows
        assert sums["late_cancellations"] == total.late_cancellations
        assert sums["attended"] == total.attended


class TestThePage:
    def test_it_says_who_was_on_what_and_what_it_cost(self, contact):
        someone(name="Anna Ågård", job_title="leder")
        someone(code="0461", name="Odin Odense")
        page = contact.get(f"/kommune/0751/?aar={YEAR}").content.decode()
        assert "Anna Ågård" in page and "1.995" in page and "100 %" in page
        assert "Odin" not in page

    def test_no_address_need_note_or_reason_leaves(self, contact):
        person = someone(
            mark=None, name="Anna", email="hemmelig@a.dk", dietary="zdiætz", notes="znotez", department="Kultur"
        )
        AttendanceFactory(enrolment=person, status=AttendanceStatus.EXCUSED, reason="zgrundz", note="zbemærkz")
        base = f"/kommune/0751/?aar={YEAR}"
        texts = [contact.get(base).content.decode()]
        texts += [b"".join(contact.get(f"{base}&fil=csv").streaming_content).decode()]
        book = openpyxl.load_workbook(io.BytesIO(b"".join(contact.get(f"{base}&fil=xlsx").streaming_content)))
        texts += [str(cell) for sheet in book for row in sheet.values for cell in row]
        for secret in ("hemmelig@a.dk", "zdiætz", "znotez", "zgrundz", "zbemærkz"):
            assert not [text for text in texts if secret in text], secret

    def test_an_empty_year_says_so(self, contact):
        page = contact.get("/kommune/0751/?aar=2019")
        assert page.status_code == 200 and "Ingen kurser i 2019" in page.content.decode()

    @pytest.mark.parametrize("year", ["nitten", "20260", "1800", "-1", "2026%00", "²⁰²⁶"])
    def test_what_is_no_year_is_no_page(self, contact, year):
        assert contact.get(f"/kommune/0751/?aar={year}").status_code == 404

    def test_an_organiser_sees_the_same_in_the_admin(self, organiser):
        someone(name="Anna Ågård")
        client = Client()
        client.force_login(organiser)
        assert "Anna Ågård" in client.get(f"/admin/municipalities/0751/?aar={YEAR}").content.decode()
        assert "Aarhus" in client.get("/admin/municipalities/?q=aarh").content.decode()

    def test_it_costs_the_same_however_many(self, contact, aarhus):
        def cost() -> int:
            with CaptureQueriesContext(connection) as captured:
                assert contact.get(f"/kommune/0751/?aar={YEAR}").status_code == 200
            return len(captured)

        someone()
        cost()
        before = cost()
        for number in range(4):
            someone(department=f"Afdeling {number}", run=CourseRunFactory(first_day=HELD, with_days=2))
        assert cost() == before


class TestDepartment:
    def test_it_has_a_page_of_its_own_without_its_name_in_the_address(self, organiser, contact, aarhus):
        someone(name="Anna", department="Kultur")
        someone(name="Bo", department="Teknik")
        department = the_year(organiser, aarhus).departments[0]
        address = f"/kommune/0751/afdeling/{department.key}/?aar={YEAR}"
        page = contact.get(address).content.decode()
        assert "Anna" in page and ">Bo<" not in page and "Kultur" not in address

    def test_its_file_holds_its_people_only(self, organiser, contact, aarhus):
        someone(name="Anna", department="Kultur")
        someone(name="Arne", department="kultur")
        someone(name="Bodil", department="Teknik")
        key = the_year(organiser, aarhus).departments[0].key
        answer = contact.get(f"/kommune/0751/afdeling/{key}/?aar={YEAR}&fil=csv")
        text = b"".join(answer.streaming_content).decode()
        assert "Anna" in text and "Arne" in text and "Bodil" not in text

    def test_one_that_is_not_there_is_no_page(self, contact):
        assert contact.get(f"/kommune/0751/afdeling/abc/?aar={YEAR}").status_code == 404


class TestFiles:
    def test_a_file_has_the_lines_of_the_page(self, organiser, contact, aarhus):
        at = timezone.make_aware(timezone.datetime(YEAR, 3, 4, 7))
        for mark in (AttendanceStatus.PRESENT, AttendanceStatus.ABSENT, None):
            someone(mark=mark)
        someone(mark=None, status=EnrolmentStatus.CANCELLED, cancelled_at=at, fee=Decimal("500.00"))
        someone(code="0461", name="Odin Odense")
        book = openpyxl.load_workbook(
            io.BytesIO(b"".join(contact.get(f"/kommune/0751/?aar={YEAR}&fil=xlsx").streaming_content))
        )
        records = list(book.worksheets[0].values)[1:]
        names = {line.enrolment.name for line in the_year(organiser, aarhus).lines}
        assert {name for record in records for name in record if name in names} == names
        assert len(records) == len(names) == 4

    def test_a_name_that_begins_like_a_formula_is_text(self, contact):
        someone(name="=HYPERLINK(1)")
        text = b"".join(contact.get(f"/kommune/0751/?aar={YEAR}&fil=csv").streaming_content).decode()
        assert "'=HYPERLINK" in text

    def test_the_pdf_is_accessible(self, contact):
        someone(name="Anna Ågård")
        document = b"".join(contact.get(f"/kommune/0751/?aar={YEAR}&fil=pdf").streaming_content)
        assert document.startswith(b"%PDF") and b"pdfuaid" in document

    def test_no_cache_keeps_a_file(self, contact):
        someone()
        assert "no-store" in contact.get(f"/kommune/0751/?aar={YEAR}&fil=csv")["Cache-Control"]

    def test_another_municipality_has_none(self, contact):
        someone(code="0461")
        assert contact.get(f"/kommune/0461/?aar={YEAR}&fil=csv").status_code == 404

    def test_a_large_one_is_a_job_that_only_lasting_access_opens(self, settings, organiser, contact, aarhus):
        from enrolments.models import TrainingContact
        from enrolments.operations.training_contacts import end_access
        from website.core.jobs import run_job
        from website.core.models import LongJob

        settings.REPORT_ROWS_AT_ONCE = 1
        for name in ("Anna", "Bo"):
            someone(name=name)
        answer = contact.get(f"/kommune/0751/?aar={YEAR}&fil=csv")
        job = LongJob.objects.get()
        assert answer["Location"] == f"/filer/{job.pk}/"
        assert "Anna" not in str(job.parameters)
        run_job(job.pk)
        fetched = contact.get(f"/filer/{job.pk}/hent/")
        assert fetched.status_code == 200 and b"Anna" in b"".join(fetched.streaming_content)
        end_access(contact=TrainingContact.objects.get())
        assert contact.get(f"/filer/{job.pk}/hent/").status_code in (403, 404)


class TestPeers:
    def like(self, codes: list[str], course, seats: int = 1) -> None:
        run = CourseRunFactory(course=course, first_day=HELD, capacity=None)
        for code in codes:
            RegistrationFactory(run=run, organisation=municipality(code), participants=seats)

    def test_a_course_that_five_like_it_chose_is_told_without_their_names(self, contact, aarhus):
        someone()
        course = CoursePageFactory(title="Frivillighed i praksis")
        self.like(["0461", "0851", "0101", "0147", "0151"], course)
        found = chosen_by_peers(organisation=aarhus, year=YEAR)
        assert [(choice.course.title, choice.count) for choice in found.choices] == [("Frivillighed i praksis", 5)]
        page = contact.get(f"/kommune/0751/?aar={YEAR}").content.decode()
        assert "Frivillighed i praksis" in page and "Odense" not in page

    def test_no_figure_rests_on_fewer_than_five(self, aarhus):
        someone()
        self.like(["0461", "0851", "0101", "0147"], CoursePageFactory())
        assert chosen_by_peers(organisation=aarhus, year=YEAR) is None
        self.like(["0151"], CoursePageFactory())
        found = chosen_by_peers(organisation=aarhus, year=YEAR)
        assert found.of == AT_LEAST and found.choices == []

    def test_many_seats_of_one_municipality_are_one(self, aarhus):
        someone()
        course = CoursePageFactory()
        self.like(["0461"], course, seats=9)
        self.like(["0851", "0101", "0147", "0151", "0153"], CoursePageFactory())
        assert course not in [choice.course for choice in chosen_by_peers(organisation=aarhus, year=YEAR).choices]

    def test_what_it_chose_itself_or_waits_for_is_not_told(self, aarhus):
        mine, waited = CoursePageFactory(), CoursePageFactory()
        someone(CourseRunFactory(course=mine, first_day=HELD))
        EnrolmentFactory(run=CourseRunFactory(course=waited, first_day=HELD), waiting=True)
        for course in (mine, waited):
            self.like(["0461", "0851", "0101", "0147", "0151"], course)
        assert chosen_by_peers(organisation=aarhus, year=YEAR).choices == []
