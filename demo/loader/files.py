"""The demo's content as it stands in `fixtures/demo`."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

SOURCE = Path(settings.ROOT) / "fixtures" / "demo"


@cache
def read(name: str) -> dict[str, Any]:
    """Return the content of a TOML file of `fixtures/demo`, by its name without ending."""
    return _parse(SOURCE / f"{name}.toml")


@cache
def read_pages() -> list[dict[str, Any]]:
    """Return the pages in the order of their files: a parent comes before its children."""
    return [_parse(path) for path in sorted((SOURCE / "pages").glob("*.toml"))]


def _parse(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return tomllib.load(file)
