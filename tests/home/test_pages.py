"""The frame of every page, the front page, articles, the search page and dead ends."""

import json

import pytest
from bs4 import BeautifulSoup
from django.core.cache import caches
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client, RequestFactory, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.views.defaults import bad_request, permission_denied, server_error
from wagtail.models import PageViewRestriction

from tests.factories import ArticlePageFactory, HomePageFactory, UserFactory
from website.core import contributions
from website.images.models import CustomImage

pytestmark = pytest.mark.django_db

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="675" viewBox="0 0 1200 675"/>'


def soup(response) -> BeautifulSoup:
    return BeautifulSoup(response.content, "html.parser")


def picture() -> CustomImage:
    return CustomImage.objects.create(title="Billede", file=ContentFile(SVG, "billede.svg"))


@pytest.fixture(autouse=True)
def no_cached_pages():
    """Each test rolls the content's version back, so pages kept under it are another test's."""
    caches["pages"].clear()


@pytest.fixture
def no_sections(monkeypatch):
    """The front page without what other apps contribute, which their own tests look at."""
    monkeypatch.setattr(contributions, "home_sections", contributions.Registry())


def test_the_menu_shows_live_pages_marked_for_it_and_where_one_is(client):
    here = ArticlePageFactory(title="Om os", show_in_menus=True)
    ArticlePageFactory(title="Kladde", show_in_menus=True, live=False)
    ArticlePageFactory(title="Skjult")
    menu = soup(client.get(here.url)).select_one(".site-header__wide nav")
    assert [link.text for link in menu.find_all("a")] == ["Om os"]
    assert menu.a["aria-current"] == "page"


def test_breadcrumbs_lead_home(client):
    parent = ArticlePageFactory(title="Emne")
    child = ArticlePageFactory(title="Under", parent=parent)
    crumbs = soup(client.get(child.url)).select(".breadcrumbs li")
    assert [crumb.text.strip() for crumb in crumbs] == ["Forside", "Emne", "Under"]
    assert crumbs[-1]["aria-current"] == "page"


def test_a_page_tells_search_engines_and_others_what_it_is(client):
    page = ArticlePageFactory(title="Ledelse", introduction="Om at lede frivillige.")
    head = soup(client.get(page.url)).head
    assert head.title.text == "Ledelse – COK"
    assert head.find("meta", {"name": "description"})["content"] == "Om at lede frivillige."
    assert head.find("link", rel="canonical")["href"].endswith(page.url)
    assert head.find("meta", property="og:title")["content"] == "Ledelse"
    assert soup(client.get(page.url)).html["lang"] == "da"


def test_the_site_is_danish_whatever_the_browser_prefers(client):
    response = client.get(ArticlePageFactory().url, headers={"accept-language": "en-US"})
    assert "Gå til indhold" in response.content.decode()


@override_settings(
    PROVIDER={"name": "Nyt Navn", "long_name": "Nyt Navn A/S", "cvr": "12345674", "email": "x@example.dk"}
)
def test_another_provider_is_named_in_header_and_footer(client):
    page = soup(client.get(ArticlePageFactory().url))
    assert "Nyt Navn" in page.select_one(".site-header .logo").text
    assert "CVR-nr. 12345674" in page.footer.text
    assert {"/tilgaengelighed/", "/privatliv/"} <= {link["href"] for link in page.footer.find_all("a")}


def test_an_anonymous_page_needs_no_cookie_and_varies_by_none(client):
    response = client.get(ArticlePageFactory().url)
    assert not response.cookies
    assert "Cookie" not in response.get("Vary", "")


def test_the_frame_costs_a_constant_number_of_queries(client, django_assert_max_num_queries, no_sections):
    parent = ArticlePageFactory(show_in_menus=True)
    page = ArticlePageFactory(parent=parent)
    client.get(page.url, {"ukendt": "1"})  # an unknown parameter passes by the page cache
    with django_assert_max_num_queries(9) as few:
        client.get(page.url, {"ukendt": "1"})
    for number in range(12):
        ArticlePageFactory(show_in_menus=True, title=f"Punkt {number}")
    with django_assert_max_num_queries(9) as many:
        client.get(page.url, {"ukendt": "1"})
    assert len(many) == len(few)


def test_whoever_is_signed_in_can_sign_out_by_a_form(client):
    page = ArticlePageFactory()
    client.force_login(UserFactory())
    form = soup(client.get(page.url)).select_one(".personal form")
    assert form["method"] == "post"
    assert form.find("input", {"name": "csrfmiddlewaretoken"})


def test_no_inline_script_or_style_stands_in_a_public_page(client, no_sections):
    page = soup(client.get(HomePageFactory().url))
    assert not page.find_all(style=True)
    assert not page.find_all("style")
    assert all(script.get("src") for script in page.find_all("script"))


def test_the_front_page_says_one_thing_and_leads_to_the_courses(client, no_sections):
    home = HomePageFactory()
    home.heading, home.introduction = "Skab velfærd sammen", "Kurser for ledere."
    home.save()
    page = soup(client.get(home.url))
    assert page.h1.text == "Skab velfærd sammen"
    assert page.select_one(".hero__action a")["href"] == "/kurser/"


def test_the_front_page_of_an_empty_site_stands(client, no_sections):
    page = soup(client.get(HomePageFactory().url))
    assert page.h1.text
    assert page.select(".teaser") == []


def test_articles_with_a_picture_are_shown_on_the_front_page_newest_first(client, no_sections):
    home = HomePageFactory()
    ArticlePageFactory(title="Kontakt")
    ArticlePageFactory(title="Kladde", picture=picture(), live=False)
    for title in ("Et", "To", "Tre", "Fire"):
        ArticlePageFactory(title=title, picture=picture())
    assert len(soup(client.get(home.url)).select(".teaser")) == 3
    assert "Kontakt" not in [card.h3.text for card in soup(client.get(home.url)).select(".teaser")]


def test_other_apps_contribute_sections_in_their_order(client, no_sections):
    contributions.home_sections.add("last", lambda request: ("components/tag.html", {"text": "B-afsnit"}), order=20)
    contributions.home_sections.add("first", lambda request: ("components/tag.html", {"text": "A-afsnit"}), order=10)
    contributions.home_sections.add("none", lambda request: None, order=5)
    text = soup(client.get(HomePageFactory().url)).main.text
    assert text.index("A-afsnit") < text.index("B-afsnit")


class TestSearchPage:
    def test_it_finds_live_public_pages_and_says_how_many(self, client):
        ArticlePageFactory(title="Skoleledelse")
        ArticlePageFactory(title="Ledelse i kladde", live=False)
        private = ArticlePageFactory(title="Ledelse bag lås")
        PageViewRestriction.objects.create(page=private, restriction_type=PageViewRestriction.LOGIN)
        page = soup(client.get("/soeg/", {"q": "ledelse"}))
        assert [link.text for link in page.select(".result a")] == ["Skoleledelse"]
        assert "Én side passer til “ledelse”" in page.main.text

    def test_it_suggests_another_word_when_nothing_is_found(self, client):
        assert "Prøv et andet ord" in soup(client.get("/soeg/", {"q": "xyzzy"})).main.text

    def test_without_a_word_it_only_asks(self, client):
        page = soup(client.get("/soeg/"))
        assert page.find("input", {"name": "q"})
        assert page.select(".result") == []

    @pytest.mark.parametrize("nonsense", ["a" * 500, "%", "_", "'\"", "\x00", "<script>alert(1)</script>", "🙂" * 200])
    def test_nonsense_is_answered_calmly_and_never_run(self, client, nonsense):
        response = client.get("/soeg/", {"q": nonsense})
        assert response.status_code == 200
        assert "<script>alert" not in response.content.decode()

    @pytest.mark.parametrize("side", ["0", "-1", "999", "x", ""])
    def test_a_page_number_that_is_none_shows_some_page(self, client, side):
        ArticlePageFactory(title="Ledelse")
        assert client.get("/soeg/", {"q": "ledelse", "side": side}).status_code == 200

    def test_it_turns_the_page_and_costs_the_same_however_many_there_are(self, client):
        def ask(side: int) -> int:
            with CaptureQueriesContext(connection) as queries:
                page = soup(client.get("/soeg/", {"q": "partnerskab", "side": side}))
            assert page.select(".result")
            return len(queries)

        for number in range(12):
            ArticlePageFactory(title=f"Partnerskab {number}")
        ask(1)
        before = ask(1)
        assert ask(2) == before
        for number in range(20):
            ArticlePageFactory(title=f"Partnerskab igen {number}")
        assert ask(1) == before


class TestDeadEnds:
    def test_an_unknown_address_says_so_and_leads_on(self, client):
        HomePageFactory()
        response = client.get("/findes-ikke/")
        page = soup(response)
        assert response.status_code == 404
        assert page.h1.text == "Vi kan ikke finde siden"
        assert page.main.find("form", role="search")
        assert "/" in {link["href"] for link in page.main.find_all("a")}

    def test_a_closed_door_says_so_and_offers_to_sign_in(self):
        request = RequestFactory().get("/hemmeligt/")
        response = permission_denied(request, PermissionError())
        assert response.status_code == 403
        assert "Du har ikke adgang" in soup(response).h1.text

    def test_a_form_sent_too_late_is_explained(self):
        response = Client(enforce_csrf_checks=True).post(reverse("account_login"), {"login": "kim@example.dk"})
        assert response.status_code == 403
        page = soup(response)
        assert page.h1.text == "Formularen blev ikke sendt"
        assert "COK" in page.header.text

    @pytest.mark.parametrize(
        ("view", "status", "heading"),
        [(server_error, 500, "Noget gik galt hos os"), (bad_request, 400, "Vi kunne ikke læse forespørgslen")],
    )
    def test_what_breaks_early_is_told_without_database_or_context(
        self, django_assert_num_queries, view, status, heading
    ):
        arguments = [Exception()] if view is bad_request else []
        with django_assert_num_queries(0):
            response = view(RequestFactory().get("/"), *arguments)
        assert response.status_code == status
        assert soup(response).h1.text == heading
        assert soup(response).html["lang"] == "da"


def test_the_body_of_an_article_is_shown(client):
    page = ArticlePageFactory(body=json.dumps([{"type": "text", "value": "<p>Om samskabelse</p>"}]))
    assert "Om samskabelse" in soup(client.get(page.url)).main.text


def test_an_editor_sees_the_userbar_and_nobody_else_does(client):
    page = ArticlePageFactory()
    client.force_login(UserFactory(superuser=True))
    assert "wagtail-userbar" in client.get(page.url).content.decode()
    client.force_login(UserFactory())
    assert "wagtail-userbar" not in client.get(page.url).content.decode()
