"""Every block of a body renders, in the page and in the admin's preview; videos wait for a click."""

import itertools
import json
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.core.cache import caches
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from wagtail.blocks import StructBlockValidationError

from tests.factories import ArticlePageFactory, UserFactory
from website.core.blocks import BodyBlock, CallToActionBlock, VideoBlock
from website.core.video import find_video
from website.images.models import CustomDocument, CustomImage

pytestmark = pytest.mark.django_db

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="675" viewBox="0 0 1200 675"><path d="M0 0h9"/></svg>'
)
VIDEO = {"title": "Fra service til samskabelse", "url": "https://vimeo.com/76979871", "poster": None, "transcript": ""}


@pytest.fixture(autouse=True)
def no_cached_pages():
    """Each test rolls the content's version back, so pages kept under it are another test's."""
    caches["pages"].clear()


@pytest.fixture
def image() -> CustomImage:
    return CustomImage.objects.create(title="Trapper", file=ContentFile(SVG.encode(), "trapper.svg"))


def page_with(*blocks: tuple[str, Any], **fields: Any):
    body = json.dumps([{"type": kind, "value": value} for kind, value in blocks])
    return ArticlePageFactory(body=body, **fields)


def html_of(page, client: Client) -> BeautifulSoup:
    return BeautifulSoup(client.get(page.url).content, "html.parser").main


def test_headings_step_down_one_level_at_a_time(client, image):
    page = page_with(
        ("heading", "En disciplin for sig"),
        ("text", "<h3>Underpunkt</h3><p>Tekst</p>"),
        ("facts", {"title": "Kort fortalt", "text": "<p>En dag</p>"}),
        ("list_items", {"title": "Med hjem", "style": "checks", "items": ["Et", "To"]}),
        ("picture", {"image": {"image": image.pk, "alt_text": "To trapper", "decorative": False}, "caption": "Her"}),
        title="Artikel",
    )
    main = html_of(page, client)
    levels = [int(tag.name[1]) for tag in main.find_all(["h1", "h2", "h3", "h4"])]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert [item.text.strip() for item in main.select(".b-list li")] == ["Et", "To"]


def test_a_drawing_is_sent_as_it_is_with_its_alternative_text(client, image):
    block = ("picture", {"image": {"image": image.pk, "alt_text": "To trapper", "decorative": False}, "caption": ""})
    shown = html_of(page_with(block), client).find("img")
    assert shown["alt"] == "To trapper"
    assert shown["src"] == image.file.url


def test_documents_are_listed_with_type_and_size(client):
    document = CustomDocument.objects.create(title="Program", file=ContentFile(b"x" * 2048, "program.pdf"))
    block = ("documents", {"title": "", "documents": [document.pk]})
    assert "PDF, 2,0" in html_of(page_with(block), client).text.replace("\xa0", " ")


def test_a_video_loads_nothing_before_the_click_and_is_a_plain_link_without_javascript(client):
    response = client.get(page_with(("video", VIDEO)).url)
    main = BeautifulSoup(response.content, "html.parser").main
    assert main.find("iframe") is None
    assert main.select_one(".video a")["href"] == VIDEO["url"]
    assert "Vimeo" in main.select_one(".video").text
    assert main.select_one("[data-video]")["data-video"].startswith("https://player.vimeo.com/video/76979871?dnt=1")


def test_only_a_page_with_a_video_may_frame_its_host(client):
    with_video = client.get(page_with(("video", VIDEO)).url)
    without = client.get(page_with(("heading", "Uden")).url)
    assert (
        "frame-src https://www.youtube-nocookie.com https://player.vimeo.com" in with_video["Content-Security-Policy"]
    )
    assert "js/video" in with_video.content.decode()
    assert "frame-src" not in without["Content-Security-Policy"]
    assert "js/video" not in without.content.decode()


@pytest.mark.parametrize(
    ("url", "embed"),
    [
        ("https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=3", "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ"),
        ("https://youtu.be/dQw4w9WgXcQ", "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ"),
        ("https://www.youtube.com/shorts/dQw4w9WgXcQ", "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ"),
        ("https://vimeo.com/76979871", "https://player.vimeo.com/video/76979871"),
        ("https://vimeo.com/76979871/abcdef123", "https://player.vimeo.com/video/76979871"),
    ],
)
def test_known_addresses_give_the_host_that_tracks_least(url, embed):
    assert find_video(url).embed_url.split("?")[0] == embed


@pytest.mark.parametrize(
    "url",
    [
        "https://example.dk/video",
        "https://youtube.com.example.dk/watch?v=dQw4w9WgXcQ",
        "javascript:alert(1)//vimeo.com/76979871",
        'https://www.youtube.com/watch?v="><script>',
        "https://vimeo.com/om",
        "https://[",
    ],
)
def test_other_addresses_are_refused_in_words(url):
    assert find_video(url) is None
    with pytest.raises((StructBlockValidationError, ValidationError)):
        VideoBlock().clean(VideoBlock().to_python({**VIDEO, "url": url}))


def test_a_call_to_action_leads_to_one_place(client):
    target = ArticlePageFactory(title="Mål")
    block = CallToActionBlock()
    both = block.to_python({"title": "Kom", "link_text": "Her", "page": target.pk, "url": "https://example.dk"})
    with pytest.raises(StructBlockValidationError):
        block.clean(both)
    value = {"title": "Kom", "text": "", "link_text": "Læs", "page": target.pk, "url": ""}
    assert html_of(page_with(("call_to_action", value)), client).select_one(".b-action a")["href"] == target.url
    target.unpublish()
    assert html_of(page_with(("call_to_action", value)), client).select_one(".b-action a") is None


def test_every_block_can_be_previewed_in_the_admin(client, image):
    CustomDocument.objects.create(title="Program", file=ContentFile(b"x", "program.pdf"))
    client.force_login(UserFactory(superuser=True))
    for name, block in BodyBlock().child_blocks.items():
        assert block.is_previewable, name
        response = client.get(reverse("wagtailadmin_block_preview"), {"id": block.definition_prefix})
        assert response.status_code == 200, name
        assert "css/blocks" in response.content.decode()
