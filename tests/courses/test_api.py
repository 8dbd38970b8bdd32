"""The public API, the sitemap and robots.txt."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from tests.factories import CoursePageFactory, CourseRunFactory, EnrolmentFactory, TopicFactory, VenueFactory

pytestmark = pytest.mark.django_db

RUN_FIELDS = {
    "id", "course", "url", "label", "starts_at", "ends_at", "place", "capacity", "seats_left",
    "registration_open", "registration_url",
}  # fmt: skip


def test_runs_have_exactly_the_promised_fields(client):
    course = CoursePageFactory(title="Kurset", slug="kurset")
    run = CourseRunFactory(
        course=course, venue=VenueFactory(city="Herlev"), label="A", first_day=date(2099, 7, 1), with_days=2
    )

    answer = client.get("/api/v1/runs").json()

    (item,) = answer["items"]
    assert answer["count"] == 1
    assert set(item) == RUN_FIELDS
    assert item == {
        "id": run.pk,
        "course": "Kurset",
        "url": "http://testserver/kurser/kurset/",
        "label": "A",
        "starts_at": "2099-07-01T09:00:00+02:00",
        "ends_at": "2099-07-08T16:00:00+02:00",
        "place": "Herlev",
        "capacity": 20,
        "seats_left": 20,
        "registration_open": True,
        "registration_url": f"http://testserver/tilmelding/{run.pk}/",
    }


def test_a_run_that_takes_no_registrations_has_no_address_to_register_at(client):
    CourseRunFactory(registration_deadline=timezone.now() - timedelta(days=1), capacity=None)

    (item,) = client.get("/api/v1/runs").json()["items"]

    assert (item["registration_open"], item["registration_url"], item["seats_left"]) == (False, None, None)
    assert client.get("/api/v1/runs?open=true").json()["items"] == []


def test_seats_left_is_nought_while_somebody_waits(client):
    EnrolmentFactory(run=CourseRunFactory(capacity=10), waiting=True)

    (item,) = client.get("/api/v1/runs").json()["items"]

    assert item["seats_left"] == 0
    assert item["registration_open"] is True


def test_runs_come_in_pages_the_earliest_first(client):
    course = CoursePageFactory()
    for n in (3, 1, 2):
        CourseRunFactory(course=course, label=f"{n}", first_day=timezone.localdate() + timedelta(days=n))

    first = client.get("/api/v1/runs?limit=2").json()
    second = client.get("/api/v1/runs?limit=2&offset=2").json()

    assert [item["label"] for item in first["items"]] == ["1", "2"]
    assert [item["label"] for item in second["items"]] == ["3"]
    assert first["count"] == second["count"] == 3


def test_courses_can_be_asked_for_by_form_and_topic(client):
    CoursePageFactory(title="A", kind="theme_day", topics=[TopicFactory(slug="ledelse", name="Ledelse")])
    CoursePageFactory(title="B")

    everything = client.get("/api/v1/courses").json()["items"]
    assert [item["title"] for item in everything] == ["A", "B"]
    assert everything[0]["topics"] == [{"slug": "ledelse", "name": "Ledelse"}]
    assert [item["title"] for item in client.get("/api/v1/courses?topic=ledelse").json()["items"]] == ["A"]
    assert [item["title"] for item in client.get("/api/v1/courses?form=theme_day").json()["items"]] == ["A"]


@pytest.mark.parametrize(
    "query",
    [
        "course=abc",
        "course=99999999999999999999",
        "limit=-1",
        "offset=x",
        "offset=99999999999999999999",
        "open=maybe",
    ],
)
def test_bad_questions_are_refused_and_not_an_error_of_ours(client, query):
    assert client.get(f"/api/v1/runs?{query}").status_code == 422


@pytest.mark.parametrize("query", ["place=%00", "place=%27%22"])
def test_odd_texts_find_nothing(client, query):
    assert client.get(f"/api/v1/runs?{query}").status_code in (200, 422)


def test_the_api_is_described_without_anything_from_elsewhere(client):
    schema = client.get("/api/v1/openapi.json").json()
    page = client.get("/api/v1/docs")

    assert set(schema["components"]["schemas"]["RunOut"]["properties"]) == RUN_FIELDS
    assert page.status_code == 200
    assert "registration_url" in page.content.decode()
    assert "cdn" not in page.content.decode()


def test_the_sitemap_names_the_published_pages(client):
    CoursePageFactory(slug="kurset")
    CoursePageFactory(slug="kladden", live=False)

    text = client.get("/sitemap.xml").content.decode()

    assert "<loc>http://testserver/kurser/kurset/</loc>" in text
    assert "<loc>http://testserver/kurser/</loc>" in text
    assert "kladden" not in text


def test_robots_are_shown_the_sitemap_and_kept_from_forms(client):
    text = client.get("/robots.txt").content.decode()

    assert "Sitemap: http://testserver/sitemap.xml" in text
    assert "Disallow: /tilmelding/" in text
    assert "Disallow: /admin/" in text
