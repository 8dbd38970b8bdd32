"""The pages across courses: who comes in, what they say, what they leave out, and what they give as files."""

import io
import re
from datetime import date

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import strip_tags

from evaluations.enums import Moment
from evaluations.models import Evaluation, TextAnswer
from evaluations.standards import questions as standard
from evaluations.standards.sets import FOLLOW_UP
from tests.evaluations.factories import (
    CONFIDENCE,
    LEARNED,
    TEACHING,
    closed_evaluation,
    questionnaire,
)
from tests.factories import AttendanceFactory, CoursePageFactory, CourseRunFactory, UserFactory

pytestmark = pytest.mark.django_db

PAGES = ("index", "trends", "effects", "attendance", "words")
USE = FOLLOW_UP.questions[0]


@pytest.fixture
def organiser(client):
    user = UserFactory(organiser=True, staff=True)
    client.force_login(user)
    return user


def address(name):
    return reverse(f"evaluations_across:{name}")


def get(client, name, **query):
    return client.get(address(name), query)


def text(response):
    html = re.sub(r"(?s)<(script|style|nav|svg).*?</\1>", " ", response.content.decode())
    return " ".join(strip_tags(html.replace("<", " <")).split())


def run_on(day=date(2026, 3, 4), **more):
    return CourseRunFactory(capacity=None, with_days=1, first_day=day, **more)


def closed(day=date(2026, 3, 4), teaching=(0, 0, 1, 2, 5), **more):
    run = more.pop("run", None) or run_on(day)
    counts = {"teaching": list(teaching)} if teaching else {}
    return closed_evaluation(run=run, people=more.pop("people", 8), counts=counts, **more)


def cells(response):
    lines = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()
    return [line.split(";") for line in lines]


@pytest.mark.parametrize("name", [*PAGES, "word"])
def test_only_organisers_come_in(client, name):
    for user in (UserFactory(editor=True, staff=True), UserFactory(staff=True), UserFactory()):
        client.force_login(user)
        assert get(client, name).status_code in (302, 403)
    client.force_login(UserFactory(organiser=True, staff=True))
    assert get(client, name).status_code == (404 if name == "word" else 200)


def test_the_menu_leads_organisers_there_and_nobody_else(client, organiser):
    home = reverse("wagtailadmin_home")
    page = client.get(home).content.decode()
    assert address("index") in page
    assert reverse("evaluations_list:index") in page
    client.force_login(UserFactory(editor=True, staff=True))
    assert address("index") not in client.get(home).content.decode()


@pytest.mark.parametrize("name", PAGES)
def test_an_empty_page_says_so_and_what_will_stand_there(client, organiser, name):
    page = get(client, name)
    assert page.status_code == 200
    assert "across__nothing" in page.content.decode()


def test_rates_stand_by_course_and_by_run_with_how_many_they_are_of(client, organiser):
    course = CoursePageFactory(title="Samskabelse")
    closed(run=run_on(course=course, label="Aarhus"), people=10, answered=7)
    closed(run=run_on(date(2026, 4, 8), course=course, label="Odense"), people=10, answered=8)

    page = text(get(client, "index"))

    assert "75 % 15 af 20 har svaret" in page
    assert "Samskabelse 2 75,0 % 20 15" in page
    assert page.index("Odense 08.04.2026 80,0 % 10 8") < page.index("Aarhus 04.03.2026 70,0 % 10 7")


def test_fewer_than_five_invited_show_no_rate_and_are_in_no_sum(client, organiser):
    closed(people=10, answered=7)
    small = closed(run=run_on(label="Småt hold"))
    Evaluation.objects.filter(pk=small.pk).update(invited=3, answered=2)

    page = text(get(client, "index"))

    assert "70 % 7 af 10 har svaret" in page
    assert "1 er udeladt her" in page
    assert "Småt hold 04.03.2026 – – –" in page


def test_the_choices_narrow_and_wrong_ones_are_told(client, organiser):
    closed(run=run_on(course__title="Kursus A"))
    closed(run=run_on(date(2026, 6, 3), course__title="Kursus B", course__kind="theme_day"))

    def courses(**query):
        return set(re.findall(r"Kursus [AB](?= 1 )", text(get(client, "index", **query))))

    assert courses() == {"Kursus A", "Kursus B"}
    assert courses(fra="1.6.2026") == {"Kursus B"}
    assert courses(til="31-5-2026") == {"Kursus A"}
    assert courses(slags="theme_day") == {"Kursus B"}
    chosen = Evaluation.objects.filter(run__course__title="Kursus A").get().run.course_id
    assert courses(kursus=chosen) == {"Kursus A"}
    wrong = get(client, "index", fra="i går")
    assert wrong.status_code == 400
    assert "i går" in text(wrong)
    assert get(client, "index", fra="2.6.2026", til="1.6.2026").status_code == 400
    assert get(client, "index", kursus="999999").status_code == 400


def test_a_difference_between_periods_is_only_told_where_it_is_certain(client, organiser):
    asked = questionnaire(TEACHING)
    closed(date(2026, 1, 14), teaching=(20, 20, 0, 0, 0), people=40, asked=asked)
    closed(date(2026, 4, 15), teaching=(0, 0, 0, 20, 20), people=40, asked=asked)
    closed(date(2026, 7, 15), teaching=(0, 0, 1, 2, 3), people=6, asked=asked)

    page = text(get(client, "trends"))

    assert re.search(r"1\. kvt\. 2026 1 40 Gennemsnit 1,5 af 5 95 %-interval [\d,–]+ 1 5 –", page)
    assert re.search(r"2\. kvt\. 2026 1 40 Gennemsnit 4,5 af 5 95 %-interval [\d,–]+ 1 5 ↑ Højere", page)
    assert re.search(r"3\. kvt\. 2026 1 6 Gennemsnit 4,3 af 5 95 %-interval [\d,–]+ 1 5 Ingen sikker forskel", page)
    halves = text(get(client, "trends", skridt="half"))
    assert "Første halvår 2026 2 80" in halves
    assert "Andet halvår 2026 1 6" in halves


def test_intention_stands_beside_use_of_the_same_runs_in_aggregate(client, organiser):
    end = questionnaire(standard.INTENTION, standard.CONFIDENCE, standard.OBSTACLES_AHEAD)
    follow = questionnaire(USE, standard.CONFIDENCE, moment=Moment.FOLLOW_UP)
    both, only_end = run_on(), run_on(date(2026, 3, 5))
    high, low = [0] * 9 + [5, 5], [5, 5] + [0] * 9
    for run in (both, only_end):
        closed_evaluation(run=run, asked=end, counts={"intention": [5, 2, 1, 1, 1], "confidence": low})
    closed_evaluation(run=both, asked=follow, counts={"use": [2, 1, 2, 3, 2], "confidence": high})

    page = text(get(client, "effects"))

    assert "regnede med at bruge det inden for tre måneder 80 % 10 svar" in page
    assert "har brugt det 50 % 10 svar" in page
    assert "1 hold med svar fra begge gange" in page
    assert "↑ Højere" in page
    assert "ingen følges fra gang til gang" in page


def test_attendance_stands_beside_satisfaction_of_runs_of_five_or_more(client, organiser):
    for label, marks in (("Stort", ["present"] * 3 + ["late", "absent"]), ("Lille", ["present"] * 4), ("Uden", [])):
        run = run_on(label=label)
        closed(run=run, people=8)
        for enrolment, status in zip(run.enrolments.order_by("pk"), marks, strict=False):
            AttendanceFactory(enrolment=enrolment, day=run.days.get(), status=status)

    page = text(get(client, "attendance"))

    # Of those who were marked: who was not taken is not absent.
    assert "Stort 04.03.2026 80,0 % 5 4,5" in page
    assert "75 til 90 % 1 4,5" in page
    assert "Lille" not in page
    assert "Uden" not in page
    assert "ingens fremmøde bliver sat sammen med et svar" in page


def test_words_lead_to_the_texts_they_stand_in(client, organiser):
    texts = ["Gode øvelser", "Flere øvelser!", "En øvelse til", "Øvelserne var <b>bedst</b>", "øvelser", "Pausen"]
    evaluation = closed(teaching=None, texts={"learned": texts}, asked=questionnaire(LEARNED))
    TextAnswer.objects.bulk_create(
        TextAnswer(result=evaluation.results.get(), text="øvelser og en hemmelighed", is_hidden=True) for _n in range(5)
    )

    page = get(client, "words")
    assert "øvelser 5" in text(page)
    assert "hemmelighed" not in text(page)
    link = re.search(r'href="([^"]+ord=[^"]+)"', page.content.decode())[1]
    found = client.get(link)

    assert found.status_code == 200
    assert text(found).count("Hvad tager du med hjem?") == 5
    assert "Pausen" not in text(found)
    assert "hemmelighed" not in text(found)
    assert "<mark>Øvelserne</mark> var &lt;b&gt;bedst&lt;/b&gt;" in found.content.decode()


def test_a_word_of_four_texts_has_no_page_even_for_who_knows_it(client, organiser):
    closed(teaching=None, texts={"learned": ["sjælden"] * 4 + ["andet"]}, asked=questionnaire(LEARNED))
    assert get(client, "word", ord="sjæld").status_code == 404
    assert get(client, "word", ord="sjælden").status_code == 404
    assert get(client, "word", ord="a\x00b").status_code == 404


def test_words_of_one_question_or_moment_only(client, organiser):
    other = {**LEARNED, "value": {**LEARNED["value"], "name": "improve", "da": "Hvad kan blive bedre?"}}
    closed(
        teaching=None,
        texts={"learned": ["øvelser"] * 5, "improve": ["pauser"] * 5},
        asked=questionnaire(LEARNED, other),
    )
    assert {"øvelser 5", "pauser 5"} <= set(re.findall(r"(?:øvelser|pauser) 5", text(get(client, "words"))))
    only = text(get(client, "words", spoergsmaal="improve"))
    assert "pauser 5" in only
    assert "øvelser 5" not in only
    assert "across__nothing" in get(client, "words", hvornaar="follow_up").content.decode()


@pytest.mark.parametrize(
    ("page", "table"),
    [
        ("index", "courses"),
        ("index", "runs"),
        ("trends", "rates"),
        ("trends", "trends"),
        ("effects", "effects"),
        ("attendance", "bands"),
        ("attendance", "courses"),
        ("attendance", "runs"),
        ("words", "words"),
    ],
)
def test_every_table_is_a_csv_and_a_workbook_with_the_same_rows(client, organiser, page, table):
    run = run_on(course__title="=1+1")
    closed(run=run, texts={"learned": ["øvelser"] * 5})
    closed(run=run, asked=questionnaire(TEACHING, moment=Moment.FOLLOW_UP))

    lines = cells(get(client, page, fil="csv", tabel=table))
    workbook = get(client, page, fil="xlsx", tabel=table)
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(workbook.streaming_content))).worksheets[0]

    assert len(lines) == sheet.max_row
    assert lines[0] == [str(cell.value) for cell in sheet[1]]
    assert "'=1+1" in str(lines) or "=1+1" not in str(lines)
    assert {"private", "no-store"} <= set(workbook["Cache-Control"].split(", "))


def test_an_unknown_table_or_format_is_not_found(client, organiser):
    assert get(client, "index", fil="csv", tabel="voters").status_code == 404
    assert get(client, "index", fil="exe", tabel="runs").status_code == 404


def test_a_long_table_has_pages_and_a_file_with_all_of_it(client, organiser):
    asked, course = questionnaire(TEACHING), CoursePageFactory()
    for number in range(27):
        closed(run=run_on(course=course, label=f"Nr {number}"), asked=asked, people=5, teaching=(0, 0, 0, 0, 5))
    assert len(set(re.findall(r"Nr \d+", text(get(client, "index"))))) == 25
    assert len(set(re.findall(r"Nr \d+", text(get(client, "index", p="2"))))) == 2
    assert len(cells(get(client, "index", fil="csv", tabel="runs"))) == 1 + 27 + 1


@pytest.mark.parametrize("name", PAGES)
def test_queries_do_not_grow_with_evaluations(client, organiser, name):
    asked, follow = questionnaire(TEACHING, CONFIDENCE, LEARNED), questionnaire(TEACHING, moment=Moment.FOLLOW_UP)

    def add(runs):
        for _n in range(runs):
            run = run_on()
            closed(run=run, asked=asked, people=6, texts={"learned": ["øvelser"] * 5})
            closed(run=run, asked=follow, people=6)
            for enrolment in run.enrolments.all():
                AttendanceFactory(enrolment=enrolment, day=run.days.get())

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert get(client, name).status_code == 200
        return len(captured)

    add(2)
    queries()  # what is asked once a process
    few = queries()
    add(10)
    assert queries() == few
