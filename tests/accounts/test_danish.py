"""The admin and the sign-in pages are in Danish, for everyone and to the last string."""

import re
from collections.abc import Iterator
from pathlib import Path

import allauth
import polib
import pytest
import wagtail
from django.conf import settings
from django.test import Client

OURS = [Path(path) / "da" / "LC_MESSAGES" for path in settings.LOCALE_PATHS]


def translated(path: Path) -> set[tuple[str | None, str]]:
    if not path.exists():
        return set()
    return {(entry.msgctxt, entry.msgid) for entry in polib.pofile(str(path)) if entry.translated()}


def missing(package: Path, domain: str) -> Iterator[str]:
    ours = set().union(*(translated(folder / f"{domain}.po") for folder in OURS))
    for english in sorted(package.glob(f"**/locale/en/LC_MESSAGES/{domain}.po")):
        danish = english.parents[2] / "da" / "LC_MESSAGES" / f"{domain}.po"
        known = ours | translated(danish)
        for entry in polib.pofile(str(english)):
            if entry.msgid and not entry.obsolete and (entry.msgctxt, entry.msgid) not in known:
                yield f"{english.parents[3].name}: {entry.msgid}"


@pytest.mark.parametrize("domain", ["django", "djangojs"])
def test_no_string_of_wagtail_is_left_in_english(domain):
    assert list(missing(Path(wagtail.__file__).parent, domain)) == []


def test_no_string_of_allauth_is_left_in_english():
    assert list(missing(Path(allauth.__file__).parent, "django")) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "danish", "english"),
    [
        ("/admin/", "Overblik", "Dashboard"),
        ("/admin/users/", "Brugere", "Add a user"),
        ("/admin/pages/", "Sider", "Add child page"),
        ("/admin/account/", "Konto", "Preferred language"),
    ],
)
def test_an_english_browser_gets_the_danish_admin(client: Client, administrator, address, danish, english):
    client.force_login(administrator)
    response = client.get(address, headers={"accept-language": "en-GB,en"}, follow=True)
    page = response.content.decode()
    assert '<html lang="da"' in page or 'lang="da"' in page[:500]
    assert danish in page and english not in page


@pytest.mark.django_db
def test_who_chose_english_gets_english(client: Client, administrator):
    administrator.wagtail_userprofile.preferred_language = "en"
    administrator.wagtail_userprofile.save()
    client.force_login(administrator)
    assert "Dashboard" in client.get("/admin/", headers={"accept-language": "da"}).content.decode()


PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|(?<![\w{])\{\w+\}")
CATALOGUES = [path for folder in OURS for path in sorted(folder.glob("*.po"))]


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: "/".join(path.parts[-4:]))
def test_a_translation_fills_in_what_its_original_fills_in(catalogue: Path):
    for entry in polib.pofile(str(catalogue)):
        original = entry.msgid_plural or entry.msgid
        danish = entry.msgstr_plural[1] if entry.msgid_plural else entry.msgstr
        if danish:
            assert set(PLACEHOLDER.findall(original)) == set(PLACEHOLDER.findall(danish)), entry.msgid
