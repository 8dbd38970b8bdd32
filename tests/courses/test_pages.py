"""The course list and course pages, as an anonymous visitor meets them."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories import (
    CoursePageFactory,
    CourseRunFactory,
    DiplomaModulePageFactory,
    EnrolmentFactory,
    OrganisationFactory,
    PresenterFactory,
    RegistrationFactory,
    TopicFactory,
    VenueFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor(settings) -> Client:
    settings.CACHES = settings.CACHES | {"pages": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    return Client(headers={"accept-language": "da"})


def read(visitor: Client, url: str) -> BeautifulSoup:
    response = visitor.get(url)
    assert response.status_code == 200, response.status_code
    return BeautifulSoup(response.content, "html.parser")


def in_days(days: int) -> date:
    return timezone.localdate() + timedelta(days=days)


def run_texts(soup: BeautifulSoup) -> list[str]:
    return [" ".join(run.get_text(" ").split()) for run in soup.select("article.run")]


def titles(soup: BeautifulSoup) -> list[str]:
    return [title.get_text(strip=True) for title in soup.select(".teaser__title")]


# A course page


def test_a_course_page_shows_its_coming_runs_with_all_that_one_needs_to_choose(visitor):
    course = CoursePageFactory(slug="kursus", price=Decimal("1995"))
    venue = VenueFactory(name="Medborgerhuset", address="Torvet 1", postcode="2730", city="Herlev")
    host, presenter = PresenterFactory(name="Vært Værtsen"), PresenterFactory(name="Lotte Læsøe")
    run = CourseRunFactory(
        course=course,
        venue=venue,
        label="Herlev",
        first_day=date(2099, 4, 23),
        capacity=20,
        day_fields={"hosts": [host], "presenters": [presenter], "programme": "9.00 Velkomst\nFrokost"},
    )

    soup = read(visitor, "/kurser/kursus/")

    (text,) = run_texts(soup)
    for expected in (
        "23. april 2099 Herlev",
        "kl. 9.00–16.00",
        "uge 17",
        "Medborgerhuset, Torvet 1, 2730 Herlev",
        "Lotte Læsøe",
        "Vært Værtsen",
        "20 ledige pladser",
        "1.995\xa0kr.".replace("\xa0", " "),
        "momsfrit",
        "Tilmeld dig senest 23. april 2099 kl. 9.00",
        "9.00 Velkomst",
    ):
        assert expected in text
    assert soup.select_one(f'article.run a[href="/tilmelding/{run.pk}/"]').get_text(strip=True).startswith("Tilmeld")


def test_a_past_run_is_history_and_never_among_the_open(visitor):
    course = CoursePageFactory(slug="kursus")
    past = CourseRunFactory(course=course, first_day=date(2015, 4, 23))

    soup = read(visitor, "/kurser/kursus/")

    assert run_texts(soup) == []
    assert "23. april 2015" in soup.select_one(".history").get_text()
    assert f"/tilmelding/{past.pk}/" not in str(soup)
    assert "Der er ingen kommende hold lige nu" in soup.get_text()


def test_a_run_under_way_is_not_offered(visitor):
    course = CoursePageFactory(slug="kursus")
    CourseRunFactory(course=course, first_day=in_days(-7), with_days=3)

    soup = read(visitor, "/kurser/kursus/")

    assert run_texts(soup) == []
    assert "I gang nu" in soup.select_one(".history").get_text()


def test_a_draft_run_is_shown_nowhere(visitor):
    course = CoursePageFactory(slug="kursus")
    CourseRunFactory(course=course, draft=True, label="Hemmeligt")

    for url in ("/kurser/kursus/", "/kurser/", "/api/v1/runs", "/kurser/kalender.ics"):
        assert "Hemmeligt" not in visitor.get(url).content.decode()
    assert run_texts(read(visitor, "/kurser/kursus/")) == []


@pytest.mark.parametrize(
    ("traits", "words", "registers"),
    [
        ({"capacity": None}, "Ledige pladser", True),
        ({"capacity": 5}, "Få pladser: 5 tilbage", True),
        ({"capacity": 6}, "6 ledige pladser", True),
        ({"closed": True}, "Tilmeldingen er lukket", False),
        ({"cancelled": True}, "Aflyst", False),
        ({"registration_opens_at": timezone.now() + timedelta(days=1)}, "Tilmeldingen åbner", False),
        ({"registration_deadline": timezone.now() - timedelta(days=1)}, "Tilmeldingen er lukket", False),
    ],
)
def test_each_state_of_a_run_is_told_in_words(visitor, traits, words, registers):
    run = CourseRunFactory(course=CoursePageFactory(slug="kursus"), **traits)

    soup = read(visitor, "/kurser/kursus/")

    assert words in run_texts(soup)[0]
    assert bool(soup.select(f'a[href="/tilmelding/{run.pk}/"]')) is registers


def test_a_full_run_offers_its_waiting_list_or_says_that_it_is_full(visitor):
    course = CoursePageFactory(slug="kursus")
    for line in (True, False):
        run = CourseRunFactory(course=course, capacity=1, waiting_list=line, label=f"line {line}")
        RegistrationFactory(run=run, participants=1)

    with_line, without = run_texts(read(visitor, "/kurser/kursus/"))

    assert "Venteliste" in with_line
    assert "Kom på venteliste" in with_line
    assert "Fuldt optaget" in without
    assert "Kom på venteliste" not in without


def test_while_somebody_waits_a_freed_seat_is_not_announced(visitor):
    run = CourseRunFactory(course=CoursePageFactory(slug="kursus"), capacity=10)
    EnrolmentFactory(run=run, waiting=True)

    (text,) = run_texts(read(visitor, "/kurser/kursus/"))

    assert "Venteliste" in text
    assert "ledige" not in text


def test_all_days_of_a_run_are_told(visitor):
    course = CoursePageFactory(slug="kursus")
    CourseRunFactory(course=course, first_day=date(2099, 1, 12), with_days=4)

    (text,) = run_texts(read(visitor, "/kurser/kursus/"))

    assert "12. januar, 19. januar, 26. januar og 2. februar 2099" in text
    assert "uge 3, 4, 5 og 6" in text


def test_the_secret_online_link_stands_on_no_public_page(visitor):
    course = CoursePageFactory(slug="kursus")
    CourseRunFactory(course=course, venue=None, online_link="https://moede.example.dk/hemmelig")

    for url in ("/", "/kurser/", "/kurser/kursus/", "/kurser/kalender.ics", "/api/v1/runs"):
        response = visitor.get(url)
        assert response.status_code == 200
        assert b"hemmelig" not in response.content
    assert "Online" in run_texts(read(visitor, "/kurser/kursus/"))[0]


def test_a_diploma_module_shows_what_a_module_is(visitor):
    DiplomaModulePageFactory(
        slug="modul",
        ects=Decimal("5.0"),
        programme_name="DOL",
        knowledge="<p>Viden om netværk</p>",
        skills="<p>Færdig med at styre</p>",
        competences="<p>Kan invitere</p>",
        admission="<p>To års erfaring</p>",
        exam_form="<p>Skriftlig og mundtlig</p>",
        exam_date=date(2099, 6, 1),
        literature="<p>Block (2009)</p>",
        certified_provider="Professionshøjskolen",
    )

    text = read(visitor, "/kurser/modul/").get_text(" ")

    for expected in (
        "5 ECTS", "DOL", "Viden om netværk", "Færdig med at styre", "Kan invitere", "To års erfaring",
        "Skriftlig og mundtlig", "1. juni 2099", "Block (2009)", "Professionshøjskolen",
    ):  # fmt: skip
        assert expected in text


def test_names_with_markup_are_shown_as_text(visitor):
    course = CoursePageFactory(slug="kursus", title="<script>alert(1)</script>", introduction="</script><b>x")
    CourseRunFactory(course=course, label="<img src=x>")

    html = visitor.get("/kurser/kursus/").content.decode()

    assert "<script>alert" not in html
    assert "</script><b>" not in html
    assert "<img src=x>" not in html


# The list


def test_the_list_orders_by_the_next_run_and_puts_courses_without_runs_last(visitor):
    for title, days in [("Senere", 60), ("Snart", 5), ("Aldrig", None)]:
        course = CoursePageFactory(title=title)
        if days:
            CourseRunFactory(course=course, first_day=in_days(days))

    soup = read(visitor, "/kurser/")

    assert titles(soup) == ["Snart", "Senere", "Aldrig"]
    assert "Der er ingen kommende hold lige nu" in soup.select(".teaser")[-1].get_text()
    assert "3 kurser" in soup.select_one("#results-title").get_text()


def test_the_filters_find_by_topic_form_place_and_period(visitor):
    topic = TopicFactory(slug="ledelse")
    herlev, aarhus = VenueFactory(city="Herlev"), VenueFactory(city="Aarhus")
    first = CoursePageFactory(title="Første", topics=[topic], kind="theme_day")
    CourseRunFactory(course=first, venue=herlev, first_day=date(2099, 12, 9))
    second = CoursePageFactory(title="Anden")
    CourseRunFactory(course=second, venue=aarhus, first_day=date(2099, 6, 12))

    for query, expected in [
        ("emne=ledelse", ["Første"]),
        ("form=theme_day", ["Første"]),
        ("sted=Aarhus", ["Anden"]),
        ("sted=aarhus", ["Anden"]),
        ("fra=9.12.2099", ["Første"]),
        ("fra=09-12-2099", ["Første"]),
        ("fra=9/12/2099&til=2099-12-09", ["Første"]),
        ("til=1.7.2099", ["Anden"]),
        ("sted=Herlev&til=1.7.2099", []),
        ("fra=&til=&emne=&form=&sted=&q=", ["Anden", "Første"]),
    ]:
        assert titles(read(visitor, f"/kurser/?{query}")) == expected, query


def test_a_course_matches_place_and_period_by_one_and_the_same_run(visitor):
    course = CoursePageFactory()
    CourseRunFactory(course=course, venue=VenueFactory(city="Herlev"), first_day=date(2099, 1, 5))
    CourseRunFactory(course=course, venue=VenueFactory(city="Aarhus"), first_day=date(2099, 6, 5))

    assert titles(read(visitor, "/kurser/?sted=Herlev&fra=1.6.2099")) == []


def test_a_search_finds_words_of_the_course(visitor):
    CoursePageFactory(title="Forhandling som ledelsesredskab")
    CoursePageFactory(title="Noget andet")

    assert titles(read(visitor, "/kurser/?q=ledelse")) == ["Forhandling som ledelsesredskab"]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("fra=31.2.2027", "“31.2.2027” er ikke en dato"),
        ("til=i+morgen", "“i morgen” er ikke en dato"),
        ("fra=2.2.2099&til=1.2.2099", "Den sidste dato må ikke ligge før den første"),
        ("emne=findes-ikke", "Emnet findes ikke"),
        ("form=findes-ikke", "Formen findes ikke"),
    ],
)
def test_a_bad_filter_is_told_at_the_field_and_in_the_summary_and_what_was_typed_stays(visitor, query, message):
    CoursePageFactory(title="Kurset")

    soup = read(visitor, f"/kurser/?{query}")

    assert message in soup.select_one(".error-summary").get_text()
    assert message in soup.select_one(".filters .form-error-message").get_text()
    name, _, value = query.split("&")[-1].partition("=")
    if name in ("fra", "til"):
        assert soup.select_one(f'[name="{name}"]')["value"] == value.replace("+", " ")
    assert titles(soup) == ["Kurset"] if "&" not in query else True


@pytest.mark.parametrize(
    "query",
    ["side=0", "side=9999", "side=abc", "q=%00", "q=" + "x" * 200, "sted=%3Cb%3E", "fra=%00", "emne=%00", "q=🎉"],
)
def test_nonsense_in_the_address_is_answered_calmly(visitor, query):
    CoursePageFactory()

    assert visitor.get(f"/kurser/?{query}").status_code == 200


def test_each_filter_in_use_can_be_taken_away_and_an_empty_list_shows_a_way_out(visitor):
    CoursePageFactory(kind="programme")

    soup = read(visitor, "/kurser/?q=findesikke&form=programme&side=2")

    links = {link.get_text(" ", strip=True).split(" (")[0]: link["href"] for link in soup.select(".active-filter")}
    assert links == {"“findesikke”": "?form=programme", "Kursusforløb": "?q=findesikke"}
    assert "Ingen kurser passer" in soup.get_text()
    assert soup.select('main a.button[href="/kurser/"]')


def test_the_list_comes_in_pages(visitor):
    for n in range(14):
        CoursePageFactory(title=f"Kursus {n:02}")

    assert len(titles(read(visitor, "/kurser/"))) == 12
    assert titles(read(visitor, "/kurser/?side=2")) == ["Kursus 12", "Kursus 13"]


def test_unpublished_and_restricted_courses_are_not_listed(visitor):
    from wagtail.models import PageViewRestriction

    CoursePageFactory(title="Kladde", live=False)
    private = CoursePageFactory(title="Kun for indviede")
    CourseRunFactory(course=private)
    PageViewRestriction.objects.create(page=private, restriction_type="login")

    for url in ("/kurser/", "/", "/api/v1/runs", "/api/v1/courses", "/kurser/kalender.ics", "/sitemap.xml"):
        text = visitor.get(url).content.decode()
        assert "Kun for indviede" not in text
        assert private.slug not in text
        assert "Kladde" not in text


# Cost


def add_runs(course, count: int) -> None:
    for n in range(count):
        presenters = [PresenterFactory(), PresenterFactory()]
        CourseRunFactory(
            course=course,
            first_day=in_days(20 + n),
            with_days=2,
            day_fields={"presenters": presenters, "hosts": presenters[:1], "programme": "9.00 Velkomst"},
        )
        CourseRunFactory(course=course, first_day=in_days(-300 - n), with_days=2)


def queries(visitor: Client, url: str) -> int:
    visitor.get(url)  # what is read once in a process
    with CaptureQueriesContext(
        connection,
    ) as context:
        assert visitor.get(url).status_code == 200
    return len(context)


@pytest.mark.parametrize(
    ("url", "limit"),
    [
        ("/kurser/kursus/", 16),
        ("/kurser/", 18),
        ("/", 16),
        ("/api/v1/runs", 8),
        ("/api/v1/courses", 8),
        ("/kurser/kalender.ics", 8),
        ("/sitemap.xml", 8),
    ],
)
def test_what_a_page_costs_does_not_grow_with_the_rows(visitor, url, limit):
    topics = [TopicFactory(), TopicFactory()]
    course = CoursePageFactory(slug="kursus", topics=topics)
    course.co_providers.create(organisation=OrganisationFactory())
    add_runs(course, 1)
    few = queries(visitor, url)

    add_runs(course, 5)
    course.co_providers.create(organisation=OrganisationFactory())
    for n in range(9):
        add_runs(CoursePageFactory(topics=topics, title=f"Kursus {n}"), 1)
    many = queries(visitor, url)

    assert many <= few
    assert many <= limit, f"{many} queries"
