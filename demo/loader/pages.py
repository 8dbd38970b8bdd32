"""Pages, written in `fixtures/demo/pages`, one file each."""

import json
import re
from decimal import Decimal
from typing import Any
from uuid import uuid4

from wagtail.models import Page

from courses.models import CourseCoProvider, CourseIndexPage, CoursePage, Organisation
from demo.loader import pictures
from demo.loader.catalogue import find_topics
from demo.loader.files import read_pages
from demo.loader.ledger import Ledger
from demo.loader.users import EDITOR
from evaluations.models import Survey, SurveyResultsPage
from modules.models import DiplomaModulePage
from website.accounts.models import User
from website.core.models import BasePage
from website.home.models import ArticlePage, HomePage

TYPES: dict[str, type[BasePage]] = {
    "home": HomePage,
    "index": CourseIndexPage,
    "course": CoursePage,
    "module": DiplomaModulePage,
    "article": ArticlePage,
    "survey": SurveyResultsPage,
}
#: What is not a field of the same name.
ELSEWHERE = {"type", "parent", "slug", "body", "picture", "topics", "co_providers", "home", "survey"}
DECIMALS = {"price", "ects"}
LINK = re.compile(r'href="page:(?P<slug>[a-z0-9-]+)"')


def load(ledger: Ledger) -> None:
    """Publish the pages that are new. A page that stands at the address already is left alone."""
    editor = User.objects.filter(email=EDITOR).first()
    added = [
        (page, entry)
        for entry in read_pages()
        if ledger.is_new(f"page:{entry['slug']}") and (page := _place(entry, editor))
    ]
    # Texts link to one another, so all pages must stand before the first is written.
    for page, entry in added:
        # Putting children below changed the row since: an older copy would forget them.
        page.refresh_from_db()
        _write(page, entry)
        page.save_revision(user=editor).publish(user=editor)


def find(slug: str) -> Page | None:
    """Return the page of that short name, if it is still there."""
    return Page.objects.filter(slug=slug, depth__gt=1).order_by("depth").first()


def _place(entry: dict[str, Any], editor: User | None) -> BasePage | None:
    """Put an unpublished page in the tree; return None where one stands or the parent is gone."""
    if entry["type"] == "home":
        return HomePage.objects.filter(heading="").first()
    parent = find(entry["parent"]) if entry["parent"] != "forside" else HomePage.objects.first()
    if parent is None or parent.get_children().filter(slug=entry["slug"]).exists():
        return None
    page = TYPES[entry["type"]](title=entry["title"], slug=entry["slug"], owner=editor, live=False)
    return parent.add_child(instance=page)


def _write(page: BasePage, entry: dict[str, Any]) -> None:
    for name, value in entry.items():
        if name in ELSEWHERE:
            continue
        if name in DECIMALS:
            value = Decimal(value)
        elif isinstance(value, str):
            value = _linked(value.strip())
        setattr(page, name, value)
    page.picture = pictures.find(entry.get("picture"))
    if isinstance(page, SurveyResultsPage):
        page.body = _linked(entry["body"].strip())
        page.survey = Survey.objects.filter(slug=entry["survey"]).first()
    elif "body" in entry:
        page.body = json.dumps([_block(block) for block in entry["body"]])
    if isinstance(page, CoursePage):
        page.topics = find_topics(entry["topics"])
        page.co_providers = [
            CourseCoProvider(organisation=organisation, sort_order=order)
            for order, name in enumerate(entry.get("co_providers", []))
            if (organisation := Organisation.objects.filter(name=name).first())
        ]


def _linked(html: str) -> str:
    """Turn `href="page:slug"` into the link to that page as Wagtail stores it."""

    def link(match: re.Match) -> str:
        page = find(match["slug"])
        return f'linktype="page" id="{page.pk}"' if page else 'href="/"'

    return LINK.sub(link, html)


def _block(block: dict[str, Any]) -> dict[str, Any]:
    """Return a block of a body as Wagtail stores it."""
    kind = block["type"]
    if kind in {"heading", "text"}:
        return {"type": kind, "value": _linked(block["value"].strip()), "id": str(uuid4())}
    value = {name: _linked(text.strip()) if isinstance(text, str) else text for name, text in block.items()}
    del value["type"]
    if kind == "picture":
        value["image"] = _picture(value["image"])
    elif kind == "video":
        value["poster"] = _picture(value.get("poster"))
    elif kind == "call_to_action":
        page = find(value.get("page", ""))
        value |= {"page": page.pk if page else None, "url": value.get("url", "")}
    return {"type": kind, "value": value, "id": str(uuid4())}


def _picture(key: str | None) -> dict[str, Any] | None:
    image = pictures.find(key)
    if image is None:
        return None
    return {"image": image.pk, "decorative": False, "alt_text": image.description}
