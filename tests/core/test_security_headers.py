"""Every kind of page carries the headers that keep strangers' scripts and frames out."""

import pytest
from django.test import Client

from tests.factories import ArticlePageFactory, CoursePageFactory, HomePageFactory
from website.accounts.operations import create_staff
from website.accounts.roles import EDITOR
from website.core.middleware import ADMIN_POLICY

pytestmark = pytest.mark.django_db


def policy(response) -> dict[str, list[str]]:
    directives = (part.split() for part in response.headers["Content-Security-Policy"].split(";"))
    return {name: values for name, *values in directives}


def assert_strict(response) -> None:
    found = policy(response)
    assert found["default-src"] == ["'none'"]
    assert found["base-uri"] == ["'none'"]
    assert found["frame-ancestors"] == found["form-action"] == ["'self'"]
    for name, sources in found.items():
        assert not {"'unsafe-inline'", "'unsafe-eval'", "*", "https:", "http:"} & set(sources), name
        # A video's host, and only to frame, is the one thing from elsewhere.
        assert name == "frame-src" or set(sources) <= {"'self'", "'none'", "data:"}, name


@pytest.fixture
def pages() -> dict[str, str]:
    home = HomePageFactory()
    course, article = CoursePageFactory(), ArticlePageFactory()
    return {"home": home.url, "course": course.url, "article": article.url}


@pytest.mark.parametrize("kind", ["home", "course", "article"])
def test_public_pages_are_strict(client: Client, pages, kind):
    response = client.get(pages[kind])
    assert response.status_code == 200
    assert_strict(response)


@pytest.mark.parametrize(
    "address",
    [
        *("/konto/login/", "/konto/login/code/", "/konto/password/reset/", "/konto/logout/"),
        *("/sitemap.xml", "/findes-ikke/", "/healthz/"),
    ],
)
def test_sign_in_sitemap_and_missing_pages_are_strict(client: Client, pages, address):
    assert_strict(client.get(address, follow=True))


def test_a_refused_page_is_strict_outside_the_admin(client: Client, pages, settings):
    client = Client(enforce_csrf_checks=True)
    response = client.post("/konto/login/", {"login": "a@example.dk", "password": "x"})
    assert response.status_code == 403
    assert_strict(response)


def test_a_broken_page_is_strict(client: Client, pages, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("broken for the test")

    monkeypatch.setattr("website.accounts.views.is_staff", broken)
    client.force_login(create_staff(email="redaktoer@example.dk", role=EDITOR))
    client.raise_request_exception = False
    response = client.get("/start/")
    assert response.status_code == 500
    assert_strict(response)


def test_the_admin_has_its_own_policy_that_still_lets_nobody_else_in(client: Client, pages):
    client.force_login(create_staff(email="redaktoer@example.dk", role=EDITOR))
    response = client.get("/admin/")
    assert response.headers["Content-Security-Policy"] == ADMIN_POLICY
    for sources in policy(response).values():
        assert set(sources) <= {"'self'", "'unsafe-inline'", "'none'", "data:", "blob:"}


def test_a_draft_seen_in_the_admin_is_as_strict_as_the_public_page(client: Client, pages):
    article = ArticlePageFactory(live=False)
    client.force_login(create_staff(email="redaktoer@example.dk", role=EDITOR))
    response = client.get(f"/admin/pages/{article.pk}/view_draft/")
    assert response.status_code == 200
    assert_strict(response)
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.parametrize("address", ["/", "/konto/login/", "/findes-ikke/", "/admin/"])
def test_every_page_says_what_browsers_need_not_offer_or_guess(client: Client, pages, address):
    headers = client.get(address).headers
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Referrer-Policy"] == "same-origin"


def test_an_anonymous_reader_gets_no_cookie(client: Client, pages):
    assert not client.get(pages["course"]).cookies


def test_the_session_cookie_is_out_of_reach_for_scripts_and_other_sites(client: Client):
    create_staff(email="redaktoer@example.dk", role=EDITOR, password="en-lang-adgangskode")
    cookie = client.post("/konto/login/", {"login": "redaktoer@example.dk", "password": "en-lang-adgangskode"}).cookies[
        "sessionid"
    ]
    assert cookie["httponly"] and cookie["samesite"] == "Lax"
