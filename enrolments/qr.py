"""QR codes (ISO/IEC 18004) as pages, mails and papers show them, always with words for who does not see them."""

from io import BytesIO

import segno
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

#: Reads still when a tenth of it is worn or covered, and stays small.
ERROR_CORRECTION = "m"
#: White around it, in modules: scanners need it (the standard asks for four).
QUIET_ZONE = 4


def qr_svg(content: str, *, label: str) -> SafeString:
    """Return an inline image that grows with its box. No style of its own: it stands under the strict policy."""
    drawing = _make(content).svg_inline(border=QUIET_ZONE, omitsize=True, light="#fff", svgclass="qr", lineclass=None)
    return format_html('<svg role="img" aria-label="{}" {}', label, mark_safe(drawing.removeprefix("<svg ")))


def qr_data_uri(content: str) -> str:
    """Return the code as the address of an image, for a script to show."""
    return _make(content).svg_data_uri(border=QUIET_ZONE, omitsize=True, light="#fff")


def qr_file(content: str) -> str:
    """Return the code as the text of an SVG file, for documents of thousands.

    With one mask for all: each of the eight can be read, and finding the best one takes most of the time.
    """
    out = BytesIO()
    _make(content, mask=0).save(out, kind="svg", border=QUIET_ZONE, xmldecl=False)
    return out.getvalue().decode()


def qr_png(content: str, *, scale: int = 6) -> bytes:
    """Return the code as a PNG image, each module `scale` pixels wide, for mails."""
    out = BytesIO()
    _make(content).save(out, kind="png", scale=scale, border=QUIET_ZONE)
    return out.getvalue()


def _make(content: str, *, mask: int | None = None) -> segno.QRCode:
    return segno.make(content, error=ERROR_CORRECTION, micro=False, mask=mask)
