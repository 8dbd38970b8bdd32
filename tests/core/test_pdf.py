"""Documents are accessible: tagged PDF/UA-1 with title and language, our own font, and the text in reading order."""

import io
from pathlib import Path

import pytest
from pypdf import PdfReader

from website.core import pdf
from website.core.pdf import FONT, PdfError, render_pdf


@pytest.fixture
def template(tmp_path: Path, monkeypatch):
    """Return a function that writes a template for `render_pdf` and returns its name."""
    (tmp_path / "common.typ").write_text((pdf.TEMPLATES / "common.typ").read_text())
    monkeypatch.setattr(pdf, "TEMPLATES", tmp_path)

    def write(text: str) -> str:
        name = f"a{len(list(tmp_path.iterdir()))}-{tmp_path.name}"
        (tmp_path / f"{name}.typ").write_text(
            f'#import "common.typ": data, document-style\n#show: document-style\n{text}'
        )
        return name

    return write


def read(document: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(document))


def test_a_document_is_tagged_with_a_title_a_language_and_our_font(template):
    reader = read(render_pdf(template("= #data.word\n#data.word"), {"word": "Æblegrød på Ærø"}, title="Prøve"))

    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert reader.trailer["/Root"]["/Lang"].startswith("da")
    assert reader.metadata.title == "Prøve"
    assert b"pdfuaid:part" in reader.trailer["/Root"]["/Metadata"].get_data()
    assert reader.pages[0].extract_text().split("\n") == ["Æblegrød på Ærø"] * 2
    fonts = [font.get_object()["/BaseFont"] for font in reader.pages[0]["/Resources"]["/Font"].values()]
    assert fonts and all(FONT.replace(" ", "") in name for name in fonts)


def test_a_missing_font_is_an_error(template):
    with pytest.raises(PdfError, match="unknown font"):
        render_pdf(template('#set text(font: "No Such Sans")\nord'), {}, title="Prøve")


def test_a_picture_without_words_for_the_blind_is_an_error(template):
    svg = '<svg xmlns=\\"http://www.w3.org/2000/svg\\" width=\\"9\\" height=\\"9\\"></svg>'
    picture = f'#image(bytes("{svg}"), format: "svg")'

    with pytest.raises(PdfError):
        render_pdf(template(picture), {}, title="Prøve")


def test_without_the_design_systems_fonts_nothing_is_set(settings, monkeypatch, tmp_path):
    settings.STATICFILES_DIRS, settings.STATIC_ROOT = [], tmp_path

    with pytest.raises(PdfError, match="is missing"):
        pdf.font_folders()


def test_what_people_write_is_never_read_as_markup(template):
    nasty = '#panic("x") $x$ *fed* \\ <a> @b ] } "'

    assert nasty.replace(" ", "") in read(render_pdf(template("#data.word"), {"word": nasty}, title=nasty)).pages[
        0
    ].extract_text().replace(" ", "").replace("\n", "")
