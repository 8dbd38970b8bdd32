"""Reading lists of colleagues as people have them: nothing is lost, nothing is run, each mistake has its place."""

import io
import zipfile

import pytest
from openpyxl import Workbook

from enrolments.importing import ImportedList, ListRefused, read_list

MB = 1024 * 1024


def read(source: str | bytes, *, limit: int = 200, max_bytes: int = 2 * MB) -> ImportedList:
    given = {"text": source} if isinstance(source, str) else {"content": source}
    return read_list(**given, limit=limit, max_bytes=max_bytes)


def people(source: str | bytes) -> list[tuple[str, str]]:
    return [(row.values.get("name", ""), row.values.get("email", "")) for row in read(source).rows]


def workbook(*rows: list, change=None, title: str = "Ark1") -> bytes:
    book = Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    if change:
        change(book, sheet)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


ANNA_AND_BO = [("Anna Ågård", "anna@kommune.dk"), ("Bo Bæk", "bo@kommune.dk")]


class TestPasted:
    @pytest.mark.parametrize(
        "text",
        [
            "Anna Ågård <anna@kommune.dk>; Bo Bæk, bo@kommune.dk",
            "Anna Ågård <anna@kommune.dk>, Bo Bæk <bo@kommune.dk>",
            '"Ågård, Anna" <anna@kommune.dk>; "Bæk, Bo" <bo@kommune.dk>',
            "Ågård, Anna <anna@kommune.dk>; Bæk, Bo <bo@kommune.dk>;",
            "Til: Anna Ågård <mailto:anna@kommune.dk>\nCc: Bo Bæk <bo@kommune.dk>",
            "Anna Ågård anna@kommune.dk\nBo Bæk bo@kommune.dk",
            "Anna Ågård\tanna@kommune.dk\nBo Bæk\tbo@kommune.dk",
            "anna@kommune.dk;Anna Ågård\r\nbo@kommune.dk;Bo Bæk\r\n",
            "Navn;E-mail\nAnna Ågård;anna@kommune.dk\nBo Bæk;bo@kommune.dk",
            "\ufeffE-mail,Name\nanna@kommune.dk,Anna Ågård\nbo@kommune.dk,Bo Bæk",
            "sep=;\nFornavn;Efternavn;Mail\nAnna;Ågård;anna@kommune.dk\nBo;Bæk;bo@kommune.dk",
            "Efternavn\tFornavn\tE-mailadresse\nÅgård\tAnna\tanna@kommune.dk\nBæk\tBo\tbo@kommune.dk",
            "- Anna Ågård (anna@kommune.dk)\n- Bo Bæk (bo@kommune.dk)",
            "Kursus i maj\n\nNavn | E-mail\nAnna Ågård | anna@kommune.dk\n\nBo Bæk | bo@kommune.dk",
        ],
    )
    def test_names_and_addresses_are_found_however_they_are_written(self, text):
        assert people(text) == ANNA_AND_BO

    def test_addresses_alone_are_people_whose_names_are_missing(self):
        assert people("anna@kommune.dk; bo@kommune.dk") == [("", "anna@kommune.dk"), ("", "bo@kommune.dk")]
        assert people("E-mail\nanna@kommune.dk\nbo@kommune.dk") == [("", "anna@kommune.dk"), ("", "bo@kommune.dk")]

    def test_a_name_without_an_address_is_kept_to_be_put_right(self):
        assert people("Anna Ågård <anna@kommune.dk>; Bo Bæk") == [ANNA_AND_BO[0], ("Bo Bæk", "")]

    def test_columns_are_known_by_danish_and_english_headings(self):
        [row] = read(
            "Navn\tE-mail\tStilling\tArbejdsplads\tKommune\tEAN-nummer\n"
            "Anna\tanna@x.dk\tleder\tBiblioteket\tHerning\t5798009811578"
        ).rows
        assert row.values == {
            "name": "Anna",
            "email": "anna@x.dk",
            "job_title": "leder",
            "department": "Biblioteket",
            "organisation": "Herning",
            "ean": "5798009811578",
        }

    def test_columns_that_are_of_no_use_are_named_and_not_kept(self):
        found = read("Navn;Mail;CPR;Løn\nAnna;anna@x.dk;010203-1234;1")
        assert found.notes == ["Vi har ikke brugt disse kolonner: CPR, Løn."]
        assert "010203-1234" not in str(found.rows)

    def test_a_list_without_headings_says_that_its_columns_are_guessed(self):
        found = read("Anna;anna@x.dk;leder;Biblioteket\nBo;bo@x.dk;;Skolen")
        assert found.rows[0].values == {
            "name": "Anna",
            "email": "anna@x.dk",
            "job_title": "leder",
            "department": "Biblioteket",
        }
        assert "gættet" in found.notes[0]

    def test_a_name_that_is_to_follow_books_a_seat(self):
        [row] = read("Navn;Mail\nNavn følger;bo@x.dk").rows
        assert row.values == {"name": "", "email": "bo@x.dk", "unnamed": "on"}

    def test_headings_that_come_again_are_no_colleagues(self):
        assert len(read("Navn;Mail\nAnna;anna@x.dk\n\nNavn;Mail\nBo;bo@x.dk").rows) == 2

    @pytest.mark.parametrize("text", ["", "  \n\t\n", "Navn;E-mail\n"])
    def test_an_empty_list_says_so(self, text):
        with pytest.raises(ListRefused, match="Der er ingen på listen"):
            read(text)

    def test_an_open_quotation_mark_loses_nobody_silently(self):
        found = read('Navn;Mail\n"Anna;anna@x.dk\nBo;bo@x.dk')
        assert len(found.rows) == 1
        assert "bo@x.dk" in str(found.rows[0].values)


class TestEncodings:
    @pytest.mark.parametrize(
        "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "cp1252"]
    )
    def test_danish_letters_come_through(self, encoding):
        content = "Navn;E-mail\nAnna Ågård;anna@kommune.dk\nBo Bæk;bo@kommune.dk\n".encode(encoding)
        assert people(content) == ANNA_AND_BO

    @pytest.mark.parametrize("content", [b"%PDF-1.7 ...", b"\x89PNG\r\n\x1a\n\0\0", b"\0\1\2\3\4\xff" * 50])
    def test_what_is_no_list_is_refused_in_words(self, content):
        with pytest.raises(ListRefused, match="Vi kan ikke læse"):
            read(content)


class TestFormulas:
    @pytest.mark.parametrize("text", ["Navn;Mail\n=1+1;anna@x.dk", 'Navn\tMail\n=HYPERLINK("x")\tanna@x.dk'])
    def test_text_like_a_formula_is_told_at_its_cell(self, text):
        [row] = read(text).rows
        assert "ligner en formel" in row.problems["name"]

    def test_a_formula_without_a_result_is_told_at_its_cell_and_never_evaluated(self):
        [row] = read(workbook(["Navn", "Mail"], ['="An"&"na"', "anna@x.dk"])).rows
        assert row.values["name"] == ""
        assert "A2" in row.problems["name"]

    def test_the_result_that_a_formula_has_is_taken(self):
        content = workbook(["Navn", "Mail"], ['="An"&"na"', "anna@x.dk"])
        with_result = rewritten(
            content, lambda xml: xml.replace('<c r="A2">', '<c r="A2" t="str">').replace("</f><v />", "</f><v>Anna</v>")
        )
        found = read(with_result)
        assert found.rows[0].values["name"] == "Anna"
        assert not found.rows[0].problems

    def test_an_error_value_is_told_at_its_cell(self):
        def change(book, sheet):
            sheet["A2"].value, sheet["A2"].data_type = "#REF!", "e"

        [row] = read(workbook(["Navn", "Mail"], ["x", "anna@x.dk"], change=change)).rows
        assert "#REF!" in row.problems["name"]


class TestWorkbooks:
    def test_a_workbook_is_read(self):
        assert people(workbook(["Navn", "E-mail"], *map(list, ANNA_AND_BO))) == ANNA_AND_BO

    def test_a_value_merged_down_counts_for_each_row_and_a_title_merged_across_for_none(self):
        def change(book, sheet):
            sheet.merge_cells("A1:C1")
            sheet.merge_cells("C3:C4")

        found = read(
            workbook(
                ["Vores hold", None, None],
                ["Navn", "Mail", "Afdeling"],
                ["Anna", "anna@x.dk", "Biblioteket"],
                ["Bo", "bo@x.dk", None],
                change=change,
            )
        )
        assert [row.values["department"] for row in found.rows] == ["Biblioteket", "Biblioteket"]

    def test_hidden_rows_are_left_out_and_that_is_said_and_empty_rows_do_not_count(self):
        def change(book, sheet):
            sheet.row_dimensions[3].hidden = True

        found = read(
            workbook(
                ["Navn", "Mail"], ["Anna", "anna@x.dk"], ["Skjult", "s@x.dk"], [None], ["Bo", "bo@x.dk"], change=change
            )
        )
        assert [row.values["name"] for row in found.rows] == ["Anna", "Bo"]
        assert found.notes == ["1 skjult række er ikke taget med."]

    def test_the_first_sheet_with_people_is_read_and_named(self):
        def change(book, sheet):
            more = book.create_sheet("Deltagere")
            more.append(["Navn", "Mail"])
            more.append(["Anna", "anna@x.dk"])

        found = read(workbook(change=change))
        assert len(found.rows) == 1
        assert found.notes == ["Vi har læst arket »Deltagere«."]

    def test_numbers_are_as_people_see_them_and_a_number_is_no_name(self):
        import datetime

        found = read(
            workbook(
                ["Navn", "Mail", "EAN", "Stilling"],
                [12, "anna@x.dk", 5798009811578.0, 3.5],
                [datetime.date(2026, 4, 23), "bo@x.dk", None, None],
            )
        )
        assert found.rows[0].values["ean"] == "5798009811578"
        assert "er et tal eller en dato" in found.rows[0].problems["name"]
        assert found.rows[1].values["name"] == "23.4.2026"
        assert "name" in found.rows[1].problems

    def test_a_number_that_excel_has_shortened_is_told_at_its_cell(self):
        [row] = read("Navn;Mail;EAN\nAnna;anna@x.dk;5,79801E+12").rows
        assert "5,79801E+12" in row.problems["ean"]

    def test_ten_thousand_rows_are_refused_with_how_many_and_the_limit(self):
        content = workbook(["Navn", "Mail"], *([f"P{n}", f"p{n}@x.dk"] for n in range(10_000)))
        with pytest.raises(ListRefused, match=r"10\.000 rækker.*højst.*200"):
            read(content)

    def test_so_are_ten_thousand_lines_of_text(self):
        with pytest.raises(ListRefused, match=r"10\.000 rækker"):
            read("Navn;Mail\n" + "Anna;anna@x.dk\n" * 10_000)

    def test_as_many_as_the_limit_are_read(self):
        assert len(read("Navn;Mail\n" + "".join(f"P{n};p{n}@x.dk\n" for n in range(200))).rows) == 200

    def test_a_sheet_formatted_to_its_end_is_no_hindrance(self):
        def change(book, sheet):
            sheet.cell(1_048_576, 1).number_format = "0.00"

        assert len(read(workbook(["Navn", "Mail"], ["Anna", "anna@x.dk"], change=change)).rows) == 1

    def test_a_zip_bomb_is_refused_by_what_it_says_of_its_size(self):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
            package.writestr("xl/workbook.xml", b"0" * (60 * MB))
        with pytest.raises(ListRefused, match="alt for stor"):
            read(buffer.getvalue())

    def test_entities_that_would_blow_up_are_not_expanded(self):
        bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
            f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
        )
        content = rewritten(
            workbook(["Navn", "Mail"], ["Anna", "anna@x.dk"]),
            lambda xml: xml.replace("<worksheet", f"{bomb}]><worksheet", 1).replace("Anna", "&j;"),
        )
        with pytest.raises(ListRefused, match="beskadiget"):
            read(content)

    def test_a_file_that_is_too_large_is_refused_by_its_size(self):
        with pytest.raises(ListRefused, match="højst fylde 2 MB"):
            read(b"x" * (2 * MB + 1))

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "gammel Excel-fil"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "låst med adgangskode"),
            (b"PK\x03\x04 and nothing more", "beskadiget"),
            (workbook(["Navn"], ["Anna"])[:-400], "beskadiget"),
        ],
    )
    def test_what_is_locked_old_or_damaged_is_told_in_words(self, content, message):
        with pytest.raises(ListRefused, match=message):
            read(content)

    def test_another_kind_of_document_is_told_in_words(self):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as package:
            package.writestr("word/document.xml", "<w/>")
        with pytest.raises(ListRefused, match="ikke en Excel-projektmappe"):
            read(buffer.getvalue())


def rewritten(content: bytes, change) -> bytes:
    """Return the workbook with its first sheet's XML changed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            data = old.read(part)
            if part.filename == "xl/worksheets/sheet1.xml":
                data = change(data.decode()).encode()
            new.writestr(part.filename, data)
    return buffer.getvalue()


def test_lines_far_too_long_are_read_without_waiting():
    # Read with an expression that goes back and forth, this takes many minutes.
    read("a" * 200_000 + "\n" + "b;" + "c" * 200_000)


def test_a_workbook_whose_packed_parts_are_damaged_is_refused_in_words():
    content = workbook(["Navn", "Mail"], *ANNA_AND_BO)
    part = zipfile.ZipFile(io.BytesIO(content)).getinfo("xl/worksheets/sheet1.xml")
    at = part.header_offset + 30 + len(part.filename) + 5
    with pytest.raises(ListRefused, match="beskadiget"):
        read(content[:at] + b"\xff" * 40 + content[at + 40 :])
