"""Results leave as a workbook, CSV for Danish Excel and a tagged PDF, each with what its reader may see."""

from io import BytesIO

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from evaluations.models import Evaluation
from evaluations.results.files import DISTRIBUTIONS, FIGURES, FORMS, distributions_csv, figures_csv, texts_csv, xlsx
from evaluations.results.pdf import results_pdf
from evaluations.results.sheet import ORGANISER, Reader, sheet_of
from tests.evaluations.factories import CONFIDENCE, LEARNED, PRESENTER, TEACHING, closed_evaluation, questionnaire
from tests.evaluations.results import release, release_texts
from tests.evaluations.test_figures import GOALS
from tests.factories import CoursePageFactory, CourseRunFactory, PresenterFactory

pytestmark = pytest.mark.django_db

FORMULA = '=HYPERLINK("https://example.com";"Klik")'
HIDDEN, ANSWERED = "Karen er umulig", "Flere pauser, tak"


@pytest.fixture
def presenters():
    return [PresenterFactory(name="Ane Ager"), PresenterFactory(name="Bo Birk")]


@pytest.fixture
def evaluation(presenters) -> Evaluation:
    run = CourseRunFactory(
        course=CoursePageFactory(title="Samskabelse i praksis"),
        capacity=None,
        with_days=1,
        day_fields={"presenters": presenters},
    )
    made = closed_evaluation(
        run=run, people=12, answered=10, asked=questionnaire(TEACHING, GOALS, PRESENTER, LEARNED, CONFIDENCE)
    )
    release(made, "teaching", [0, 1, 2, 3, 4], no_opinion=2)
    release(made, "goals", [1, 2, 3], row=0)
    for each in presenters:
        release(made, "presenter", [1, 2, 5], subject=f"p{each.pk}")
    texts = release_texts(made, "learned", FORMULA, HIDDEN, ANSWERED, "At lytte", "-Mere tid\nog plads")
    type(texts[0]).objects.filter(text=HIDDEN).update(is_hidden=True)
    type(texts[0]).objects.filter(text=ANSWERED).update(reply="Det gør vi")
    return made


def presenter_of(evaluation: Evaluation) -> Reader:
    return Reader(False, frozenset({evaluation.subjects[0]["id"]}))


def test_the_workbook_has_figures_distributions_and_texts(evaluation):
    book = load_workbook(BytesIO(xlsx(sheet_of(evaluation, ORGANISER))))

    assert book.sheetnames == ["Tal", "Fordelinger", "Tekster"]
    figures = list(book["Tal"].values)
    by_name = {row[0]: row for row in figures[1:]}
    teaching = by_name["teaching"]
    assert teaching[5:8] == (10, 2, 4.0)
    assert teaching[8] < 4 < teaching[9] and teaching[10:12] == (1, 5)
    assert by_name["confidence"][5] is None and "slettet" in by_name["confidence"][12]
    assert len([row for row in figures if row[0] == "goals"]) == 3


def test_each_distribution_adds_up_to_its_figure(evaluation):
    book = load_workbook(BytesIO(xlsx(sheet_of(evaluation, ORGANISER))))

    rows = list(book["Fordelinger"].values)[1:]
    figures: dict[tuple, list[tuple]] = {}
    for row in rows:
        figures.setdefault(row[:4], []).append(row)
    assert len(figures) == 4
    for found in figures.values():
        assert sum(row[5] for row in found) == found[0][7]
        assert sum(row[6] for row in found) == pytest.approx(1, abs=0.001)


def test_no_cell_is_a_formula(evaluation):
    book = load_workbook(BytesIO(xlsx(sheet_of(evaluation, ORGANISER))))

    texts = {row[3].value: row[3].data_type for row in book["Tekster"].iter_rows(min_row=2)}
    assert texts[FORMULA] == "s"
    csv = texts_csv(sheet_of(evaluation, ORGANISER)).decode()
    assert "'=HYPERLINK" in csv and "'-Mere tid" in csv


def test_csv_is_for_danish_excel(evaluation):
    sheet = sheet_of(evaluation, ORGANISER)

    for content, columns in ((figures_csv(sheet), FIGURES), (distributions_csv(sheet), DISTRIBUTIONS)):
        assert content.startswith(b"\xef\xbb\xbf")
        lines = content.decode("utf-8-sig").splitlines()
        assert lines[0] == ";".join(str(column.heading) for column in columns)
    assert ";4,0;" in figures_csv(sheet).decode()
    assert ";0,4;10" in distributions_csv(sheet).decode()


@pytest.mark.parametrize("form", sorted(FORMS))
def test_a_presenters_files_hold_no_hidden_text_and_nothing_of_another_presenter(evaluation, form):
    def readable(reader: Reader) -> str:
        return text_of(form, FORMS[form][3](sheet_of(evaluation, reader)))

    everything, own = readable(ORGANISER), readable(presenter_of(evaluation))
    assert HIDDEN not in own and "Bo Birk" not in own
    if form != "texts":
        assert "Ane Ager" in own and "Bo Birk" in everything
    if form in ("texts", "xlsx", "pdf"):
        assert ANSWERED in own and "Det gør vi" in own
    # A report is passed on: it holds no hidden text, whoever makes it.
    assert (HIDDEN in everything) == (form in ("texts", "xlsx"))


def text_of(form: str, content: bytes) -> str:
    if form == "pdf":
        return "".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages).replace("\n", " ")
    if form == "xlsx":
        book = load_workbook(BytesIO(content))
        return "\n".join(str(cell) for sheet in book for row in sheet.values for cell in row)
    return content.decode("utf-8-sig")


def test_the_pdf_is_tagged_and_says_in_tables_what_it_draws(evaluation):
    reader = PdfReader(BytesIO(results_pdf(sheet_of(evaluation, ORGANISER))))

    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"].startswith("da")
    assert reader.metadata is not None and "Samskabelse i praksis" in reader.metadata.title
    assert "pdfuaid" in root["/Metadata"].get_data().decode()
    kinds = tags(root["/StructTreeRoot"])
    assert {"/H1", "/H2", "/Table", "/TH", "/TD", "/L"} <= kinds
    assert "/Figure" not in kinds, "what is drawn repeats the table beside it"
    text = text_of("pdf", results_pdf(sheet_of(evaluation, ORGANISER)))
    for said in ("Gennemsnit 4,0 af 5", "10 af 12 har svaret", "Meget tilfreds", "40 %", "At forstå", "slettet"):
        assert said in text, said


def tags(node) -> set[str]:
    found = set()
    stack = [node]
    while stack:
        each = stack.pop()
        each = each.get_object() if hasattr(each, "get_object") else each
        if isinstance(each, list):
            stack.extend(each)
        elif isinstance(each, dict):
            if "/S" in each:
                found.add(str(each["/S"]))
            if "/K" in each:
                stack.append(each["/K"])
    return found


def test_with_three_answers_the_files_say_so_and_hold_nothing_else(evaluation):
    empty = closed_evaluation(people=3, answered=3)

    for form, (_label, _type, _ending, make) in FORMS.items():
        content = text_of(form, make(sheet_of(empty, ORGANISER)))
        assert "3 af" not in content
        if form in ("pdf", "figures", "xlsx"):
            assert "slettet" in content
