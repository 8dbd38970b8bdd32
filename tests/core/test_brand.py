"""The palette's contrast, measured from the custom properties of brand.css (WCAG 2.2, 1.4.3 and 1.4.11)."""

import re
from pathlib import Path

import pytest
from django.conf import settings

CSS = Path(settings.SITE) / "static" / "css" / "brand.css"
COLOURS = dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-f]{6});", CSS.read_text()))

TEXT = [  # text, ground
    ("ink", "paper"),
    ("ink", "sand"),
    ("ink", "mint"),
    ("ink", "sun"),
    ("ink", "success-pale"),
    ("ink", "warning-pale"),
    ("ink", "info-pale"),
    ("muted", "paper"),
    ("muted", "sand"),
    ("muted", "white"),
    ("petrol", "paper"),
    ("petrol", "sand"),
    ("petrol", "mint"),
    ("petrol-light", "paper"),
    ("petrol-light", "sand"),
    ("petrol-dark", "coral"),
    ("petrol-dark", "coral-light"),
    ("petrol-dark", "sun"),
    ("coral-ink", "paper"),
    ("coral-ink", "sand"),
    ("white", "petrol"),
    ("white", "petrol-dark"),
    ("white", "error"),
    ("mint", "petrol"),
    ("mint", "petrol-dark"),
    ("sun", "petrol-dark"),
    ("error", "error-pale"),
    ("error", "paper"),
]
SHAPES = [("field-line", "white"), ("field-line", "paper"), ("coral", "petrol"), ("sun", "petrol"), ("ink", "coral")]


def luminance(colour: str) -> float:
    """Return the relative luminance of "#rrggbb" (WCAG 2.2, definitions)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(COLOURS[one]), luminance(COLOURS[other])), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("text", "ground"), TEXT)
def test_text_can_be_read_on_its_ground(text, ground):
    assert contrast(text, ground) >= 4.5, f"{text} on {ground}: {contrast(text, ground):.2f}"


@pytest.mark.parametrize(("shape", "ground"), SHAPES)
def test_shapes_that_carry_meaning_stand_out(shape, ground):
    assert contrast(shape, ground) >= 3, f"{shape} on {ground}: {contrast(shape, ground):.2f}"


def test_no_style_asks_another_host():
    for sheet in CSS.parent.glob("*.css"):
        assert not re.search(r"url\(\s*[\"']?(?:https?:)?//", sheet.read_text()), sheet.name
