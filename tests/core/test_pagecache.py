"""Pages kept in memory: true at once after every change, and the same for nobody but the anonymous."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from wagtail.models import Page, PageViewRestriction, Site
from wagtail.snippets.models import get_snippet_models

from courses.models import AttendanceRule, CourseRun
from enrolments.models import Enrolment
from tests.factories import (
    CoursePageFactory,
    CourseRunFactory,
    PresenterFactory,
    RegistrationFactory,
    TopicFactory,
    UserFactory,
    VenueFactory,
)
from website.core.pagecache import LIFETIME, content_version

pytestmark = pytest.mark.django_db

URL = "/kurser/kursus/"


@pytest.fixture(autouse=True)
def _empty_cache():
    caches["pages"].clear()
    yield
    caches["pages"].clear()


@pytest.fixture
def visitor() -> Client:
    return Client(headers={"accept-language": "da"})


@pytest.fixture
def run() -> CourseRun:
    course = CoursePageFactory(slug="kursus", topics=[TopicFactory(name="Ledelse")])
    venue = VenueFactory(name="Medborgerhuset", city="Herlev")
    day = {"presenters": [PresenterFactory(name="Lotte Læsøe")]}
    return CourseRunFactory(course=course, venue=venue, capacity=20, day_fields=day)


def warm(visitor: Client, url: str = URL) -> None:
    visitor.get(url)
    assert visitor.get(url)["X-Page-Cache"] == "hit"


def test_a_hit_is_the_same_answer_for_one_query(visitor, run):
    first = visitor.get(URL)
    with CaptureQueriesContext(connection) as context:
        second = visitor.get(URL)

    assert (first["X-Page-Cache"], second["X-Page-Cache"]) == ("miss", "hit")
    assert len(context) == 1
    assert second.content == first.content
    for header in ("Content-Type", "Content-Security-Policy", "X-Frame-Options", "Content-Language", "Vary"):
        assert second.get(header) == first.get(header), header
    assert not second.cookies


def rename(obj, **fields):
    for name, value in fields.items():
        setattr(obj, name, value)
    obj.save()


CHANGES = {
    "a registration": (lambda run: RegistrationFactory(run=run, participants=3), "17 ledige pladser"),
    "a cancelled participant": (
        lambda run: [
            RegistrationFactory(run=run, participants=1),
            Enrolment.objects.update(status="cancelled", cancelled_at=timezone.now()),
        ],
        "20 ledige pladser",
    ),
    "an edited run": (lambda run: rename(run, label="Ny betegnelse"), "Ny betegnelse"),
    "a run edited in bulk": (lambda run: CourseRun.objects.update(label="Alle hold"), "Alle hold"),
    "a moved day": (lambda run: rename(run.days.first(), start_time="10:30", end_time="17:00"), "10.30–17.00"),
    "a new run": (lambda run: CourseRunFactory(course=run.course, label="Det nye"), "Det nye"),
    "a deleted run": (lambda run: run.delete(), "Der er ingen kommende hold lige nu"),
    "a renamed venue": (lambda run: rename(run.venue, name="Rådhuset"), "Rådhuset"),
    "a renamed presenter": (lambda run: rename(run.days.first().presenters.first(), name="Bo Bang"), "Bo Bang"),
    "a renamed topic": (lambda run: rename(run.course.topics.first(), name="Styring"), "Styring"),
    "a published edit": (
        lambda run: [rename(run.course, title="Den nye titel"), run.course.save_revision().publish()],
        "Den nye titel",
    ),
    "another page in the menu": (
        lambda run: CoursePageFactory(parent=run.course.get_site().root_page, title="Nyt i menuen", show_in_menus=True),
        "Nyt i menuen",
    ),
}


@pytest.mark.parametrize("change", CHANGES, ids=lambda name: name.replace(" ", "-"))
def test_a_page_shows_at_once(visitor, run, change):
    act, expected = CHANGES[change]
    warm(visitor)

    act(run)

    response = visitor.get(URL)
    assert response["X-Page-Cache"] == "miss"
    assert expected in " ".join(response.content.decode().replace("\xa0", " ").split())


def test_an_unpublished_page_is_gone_at_once(visitor, run):
    warm(visitor)

    run.course.unpublish()

    assert visitor.get(URL).status_code == 404


def test_a_page_that_becomes_private_is_closed_at_once(visitor, run):
    warm(visitor)

    PageViewRestriction.objects.create(page=run.course, restriction_type="login")

    response = visitor.get(URL)
    assert response.status_code == 302
    assert "X-Page-Cache" not in visitor.get(URL)


def test_a_page_behind_a_password_is_never_kept(visitor, run):
    PageViewRestriction.objects.create(page=run.course, restriction_type="password", password="hemmeligt")

    for _n in range(2):
        assert "X-Page-Cache" not in visitor.get(URL)


def test_languages_and_hosts_do_not_mix(run, settings):
    settings.ALLOWED_HOSTS = ["a.example.dk", "b.example.dk"]
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.middleware.locale.LocaleMiddleware"]
    danish, english = Client(headers={"accept-language": "da"}), Client(headers={"accept-language": "en"})

    for _n in range(2):
        assert "ledige pladser" in danish.get(URL, headers={"host": "a.example.dk"}).content.decode()
        assert "free seats" in english.get(URL, headers={"host": "a.example.dk"}).content.decode()
    other = danish.get(URL, headers={"host": "b.example.dk"})
    assert other["X-Page-Cache"] == "miss"
    assert "a.example.dk" not in other.content.decode()


def test_http_and_https_do_not_mix(visitor, run, settings):
    settings.SECURE_SSL_REDIRECT = False
    warm(visitor)

    assert visitor.get(URL, secure=True)["X-Page-Cache"] == "miss"


def test_who_has_a_session_or_a_message_passes_by(visitor, run):
    warm(visitor)
    signed_in = Client(headers={"accept-language": "da"})
    signed_in.force_login(UserFactory())
    told = Client(headers={"accept-language": "da"})
    told.cookies["messages"] = "x"

    for client in (signed_in, told):
        for _n in range(2):
            assert "X-Page-Cache" not in client.get(URL)
    assert "Log ud" in signed_in.get(URL).content.decode()
    assert "Log ud" not in visitor.get(URL).content.decode()


@pytest.mark.parametrize("query", ["utm_source=mail", "token=abc", "q=a&x=1", "q=" + "a" * 400])
def test_unknown_or_endless_queries_pass_by(visitor, run, query):
    for _n in range(2):
        assert "X-Page-Cache" not in visitor.get(f"/kurser/?{query}")


def test_filters_have_entries_of_their_own(visitor, run):
    visitor.get("/kurser/?sted=Herlev")

    assert visitor.get("/kurser/?sted=Aarhus")["X-Page-Cache"] == "miss"
    assert visitor.get("/kurser/?sted=Herlev")["X-Page-Cache"] == "hit"


@pytest.mark.parametrize("url", ["/findes-ikke/", "/sitemap.xml", "/api/v1/runs", "/soeg/?q=kurser", "/admin/"])
def test_only_wagtail_pages_are_kept(visitor, run, url):
    for _n in range(2):
        assert "X-Page-Cache" not in visitor.get(url)


def test_a_post_is_never_answered_from_memory(visitor, run):
    warm(visitor)

    assert "X-Page-Cache" not in visitor.post(URL)


def test_no_entry_outlives_a_deadline_by_more_than_a_minute(visitor, run, monkeypatch):
    """A deadline passes without anybody writing: only the entry's age can tell."""
    seen = {}
    cache = caches["pages"]
    monkeypatch.setattr(cache, "set", lambda key, value, timeout: seen.update(timeout=timeout), raising=False)

    visitor.get(URL)

    assert 0 < seen["timeout"] <= LIFETIME <= 60
    assert timedelta(seconds=LIFETIME) <= timedelta(minutes=1)


def test_a_deleted_run_cannot_bring_an_old_version_back(run):
    other = CourseRunFactory(course=run.course)
    before = content_version()
    version = other.seats.version
    other.delete()
    for _n in range(version):
        CourseRun.objects.filter(pk=run.pk).update(label="x")

    after = content_version()

    assert after[1] == before[1], "the sum of the runs' versions is back where it was"
    assert after != before


# What a later table must not forget


def counted_tables() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'core_count_content'")
        return {name for (name,) in cursor.fetchall()}


def test_every_table_that_public_pages_show_something_of_is_counted():
    expected = set()
    for model in apps.get_models():
        is_ours = not model.__module__.startswith("wagtail.")
        if issubclass(model, Page) and is_ours:
            expected.add(model._meta.db_table)
            expected |= {field.remote_field.through._meta.db_table for field in model._meta.local_many_to_many}
    for model in get_snippet_models():
        # No public page shows what counts as having attended.
        if model not in (CourseRun, AttendanceRule) and model._meta.app_label == "courses":
            expected.add(model._meta.db_table)
    expected |= {"wagtailcore_page", "wagtailcore_site", "wagtailcore_pageviewrestriction", "images_customimage"}

    assert expected <= counted_tables()
    assert Site.objects.exists()
