"""Topics, organisations, venues, presenters and terms."""

from decimal import Decimal

from courses.models import CancellationTerms, CancellationTier, Organisation, Presenter, Topic, Venue
from demo.loader.files import read
from demo.loader.ledger import Ledger


def load(ledger: Ledger) -> None:
    """Add what is new in `catalogue.toml`; what exists under the same name is used as it is."""
    content = read("catalogue")
    for slug, name in content["topics"].items():
        if ledger.is_new(f"topic:{slug}"):
            Topic.objects.get_or_create(slug=slug, defaults={"name": name})
    for entry in content["organisation"]:
        if ledger.is_new(f"organisation:{entry['name']}"):
            Organisation.objects.get_or_create(name=entry["name"], defaults=entry)
    for key, entry in content["venues"].items():
        if ledger.is_new(f"venue:{key}"):
            Venue.objects.get_or_create(name=entry["name"], city=entry["city"], defaults=entry)
    for key, entry in content["presenters"].items():
        if ledger.is_new(f"presenter:{key}"):
            Presenter.objects.get_or_create(name=entry["name"], defaults=entry)
    for entry in content["terms"]:
        if ledger.is_new(f"terms:{entry['key']}"):
            _add_terms(entry)


def _add_terms(entry: dict) -> None:
    wants_default = entry.get("is_default", False)
    terms, created = CancellationTerms.objects.get_or_create(
        name=entry["name"],
        version=1,
        defaults={
            "text": entry["text"].strip(),
            "is_default": wants_default and not CancellationTerms.objects.filter(is_default=True).exists(),
            "move_fee": Decimal(entry["move_fee"]),
            **{name: entry[name] for name in ("cancel_until", "move_until", "replace_until")},
        },
    )
    if created:
        for tier in entry["tiers"]:
            amounts = {name: Decimal(tier[name]) for name in ("value", "minimum_fee")}
            CancellationTier.objects.create(terms=terms, days_before=tier["days_before"], kind=tier["kind"], **amounts)


def find_topics(slugs: list[str]) -> list[Topic]:
    return list(Topic.objects.filter(slug__in=slugs))


def find_venue(key: str | None) -> Venue | None:
    if not key:
        return None
    entry = read("catalogue")["venues"][key]
    return Venue.objects.filter(name=entry["name"], city=entry["city"]).first()


def find_presenters(keys: list[str]) -> list[Presenter]:
    names = [read("catalogue")["presenters"][key]["name"] for key in keys]
    return list(Presenter.objects.filter(name__in=names))


def find_terms(key: str) -> CancellationTerms | None:
    names = [entry["name"] for entry in read("catalogue")["terms"] if entry["key"] == key]
    return CancellationTerms.objects.filter(name__in=names).order_by("-version").first()
