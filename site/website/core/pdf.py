"""Accessible PDF documents (PDF/UA-1, ISO 14289-1) by typst: tagged, with a title and a language.

A template is a file in templates/pdf/. It gets its data as JSON, the words among them, so that templates
hold no text of their own. Only the fonts of the design system are used, the same on every machine.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import typst
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpResponse
from django.utils.translation import get_language

CONTENT_TYPE = "application/pdf"
FONT = "IBM Plex Sans"
TEMPLATES = Path(__file__).resolve().parents[3] / "templates" / "pdf"
#: Where the design system keeps its fonts: beside the code, or among the collected static files.
FONT_FOLDER = Path("fonts") / "IBMPlexSans" / "complete" / "ttf"

#: A compiler serves one document at a time.
_lock = Lock()


class PdfError(RuntimeError):
    """The document could not be set, or not as it was meant: the messages of typst."""


def render_pdf(template: str, data: Mapping[str, Any], *, title: str) -> bytes:
    """Return the PDF of a template such as "badges" with its data (JSON types, dates as ISO text).

    Raises PdfError when the template is wrong, or a font or an alternative text is missing: a document that
    only looks right is none.
    """
    values = {
        **data,
        "title": title,
        "author": settings.PROVIDER["name"],
        "lang": (get_language() or settings.LANGUAGE_CODE).split("-")[0],
    }
    with _lock:
        try:
            document, warnings = _compiler(template).compile_with_warnings(
                format="pdf",
                sys_inputs={"data": json.dumps(values, cls=DjangoJSONEncoder, ensure_ascii=False)},
                pdf_standards=["ua-1"],
            )
        except typst.TypstError as error:
            raise PdfError(str(error)) from error
    if warnings:
        raise PdfError("; ".join(str(warning) for warning in warnings))
    if not isinstance(document, bytes):
        raise PdfError(f"{template} gave no document")
    return document


def pdf_response(document: bytes, filename: str) -> HttpResponse:
    """Return the answer that downloads a document; it holds personal data, so nothing may keep it."""
    return HttpResponse(
        document,
        content_type=CONTENT_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{filename}"', "Cache-Control": "no-store"},
    )


@cache
def _compiler(template: str) -> typst.Compiler:
    return typst.Compiler(
        str(TEMPLATES / f"{template}.typ"),
        root=str(TEMPLATES),
        font_paths=[str(folder) for folder in font_folders()],
        ignore_system_fonts=True,
    )


def font_folders() -> list[Path]:
    """Return the folders that hold our fonts. Raises PdfError when there is none: typst would take another."""
    sources = [Path(source[1]) for source in settings.STATICFILES_DIRS if isinstance(source, tuple)]
    candidates = [*(source / FONT_FOLDER for source in sources), Path(settings.STATIC_ROOT) / "dkfds" / FONT_FOLDER]
    found = [folder for folder in candidates if folder.is_dir()]
    if not found:
        raise PdfError(f"{FONT} is missing: install the design system (npm ci)")
    return found[:1]
