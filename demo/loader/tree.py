"""The root of the page tree: our front page instead of Wagtail's welcome."""

from urllib.parse import urlsplit

from django.conf import settings
from wagtail.models import Page, Site

from demo.loader.files import read_pages
from demo.loader.ledger import Ledger
from website.accounts.operations import ensure_roles
from website.home.models import HomePage

DEFAULT_PORTS = {"http": 80, "https": 443}


def load_root(ledger: Ledger) -> None:
    """Make the front page the site's root, and let the site answer at the address it is served at."""
    if ledger.is_new("root"):
        _make_front_page()
    _name_site()


def _make_front_page() -> None:
    home = HomePage.objects.first()
    if home is None:
        entry = next(page for page in read_pages() if page["type"] == "home")
        home = HomePage(title=entry["title"], slug=entry["slug"])
        Page.get_first_root_node().add_child(instance=home)
    site = Site.objects.filter(is_default_site=True).first() or Site(is_default_site=True, hostname="localhost")
    former = site.root_page if site.pk else None
    site.root_page, site.site_name = home, settings.WAGTAIL_SITE_NAME
    site.save()
    if former and former.specific_class is Page and former.is_leaf() and not former.is_root():
        former.delete()
    ensure_roles()


def _name_site() -> None:
    """Follow SITE_URL, which may name another port than last time."""
    address = urlsplit(settings.SITE_URL)
    Site.objects.filter(is_default_site=True).update(
        hostname=address.hostname or "localhost", port=address.port or DEFAULT_PORTS.get(address.scheme, 80)
    )
    Site.clear_site_root_paths_cache()
