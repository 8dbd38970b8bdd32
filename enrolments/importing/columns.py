"""Which column holds what: by its heading in Danish or English, else by what stands in it."""

import re
from collections.abc import Sequence

from django.utils.translation import gettext as _

from enrolments.importing.results import Line

#: It begins where a word does: searched from every letter of a long word, it would take a server minutes.
ADDRESS = re.compile(r"(?<![^\s<>,;:\"'()\[\]])[^\s<>,;:\"'()\[\]]+@[^\s<>,;:\"'()\[\]]+")

#: The form's fields, and what people call their columns. "first" and "last" become `name`.
HEADINGS: dict[str, str] = {
    heading: field
    for field, headings in {
        "name": "navn, name, fulde navn, fuldt navn, full name, deltager, deltagernavn, participant, medarbejder,"
        " kollega",
        "first": "fornavn, fornavne, first name, firstname, given name",
        "last": "efternavn, efternavne, last name, lastname, surname, family name",
        "email": "email, mail, emailadresse, mailadresse, e mail, e mailadresse, email address, mail address, epost",
        "job_title": "titel, stilling, stillingsbetegnelse, jobtitel, job, title, job title, position, rolle, funktion",
        "department": "afdeling, arbejdsplads, arbejdssted, institution, enhed, center, forvaltning, tjenestested,"
        " department, workplace, unit, team, skole",
        "organisation": "kommune, organisation, municipality, arbejdsgiver, employer, organization,"
        " virksomhed, firma, company, kommunekode, kommunenr, kommunenummer, kommunenavn, municipality code",
        "dietary": "kost, allergi, allergier, kosthensyn, særlige hensyn, diæt, diet, dietary, allergies, mad,"
        " kost og særlige hensyn, dietary needs",
        "ean": "ean, ean nummer, ean nr, eannummer, eannr, gln, gln nummer, ean number",
        "order_reference": "ordrenummer, ordrenr, ordre nr, rekvisitionsnummer, rekvisition, indkøbsordre,"
        " order number, order reference, po number",
        "person_reference": "referenceperson, reference, personreference, att, attention, reference person",
        "invoice_email": "faktura mail, faktura email, fakturamail, fakturaemail, invoice email, fakturaadresse",
        "cvr": "cvr, cvr nummer, cvr nr, cvrnummer, cvrnr, cvr number",
    }.items()
    for heading in headings.split(", ")
}
#: A list without headings: an address is found by its @, what else there is comes in this order.
USUAL_ORDER = ("name", "job_title", "department", "organisation")
#: So far down a heading is looked for, below a title or two.
HEADING_WITHIN = 10


def field_of(heading: str) -> str | None:
    """Return the field that a heading names, or None."""
    words = re.sub(r"[\s\-_./:*()#]+", " ", heading.casefold()).strip()
    return HEADINGS.get(words) or HEADINGS.get(words.replace(" ", ""))


def heading_at(lines: Sequence[Line]) -> int | None:
    """Return the index of the line of headings, or None.

    It names a person or an address, and at least two columns unless it has only one; nothing in it is an address.
    """
    for at, line in enumerate(lines[:HEADING_WITHIN]):
        texts = [cell.text for cell in line.cells if cell.text]
        found = {field_of(text) for text in texts} - {None}
        if found & {"name", "first", "last", "email"} and (len(found) > 1 or len(texts) == 1):
            return at
    return None


def by_headings(line: Line) -> tuple[list[str | None], list[str]]:
    """Return each column's field (the first of a kind counts), and the headings that are of no use."""
    fields: list[str | None] = []
    unused = []
    for cell in line.cells:
        field = field_of(cell.text)
        if field is not None and field in fields:
            field = None
        fields.append(field)
        if field is None and cell.text:
            unused.append(cell.text)
    return fields, unused


def by_contents(lines: Sequence[Line]) -> list[str | None]:
    """Guess each column's field from what stands in it."""
    width = max((len(line.cells) for line in lines), default=0)
    columns = [[line.cells[at].text for line in lines if at < len(line.cells)] for at in range(width)]
    fields: list[str | None] = [None] * width
    addresses = [sum(bool(ADDRESS.fullmatch(text)) for text in column) for column in columns]
    if any(addresses):
        fields[addresses.index(max(addresses))] = "email"
    for at, column in enumerate(columns):
        if fields[at] is None and _mostly(column, r"\d{13}"):
            fields[at] = "ean"
    texts = [
        at
        for at, column in enumerate(columns)
        if fields[at] is None and any(column) and not _mostly(column, r"[\d\s.,+\-/:]+")
    ]
    for at, field in zip(texts, USUAL_ORDER, strict=False):
        fields[at] = field
    return fields


def _mostly(column: Sequence[str], pattern: str) -> bool:
    written = [text for text in column if text]
    return sum(bool(re.fullmatch(pattern, text)) for text in written) > len(written) / 2


def unused_note(unused: Sequence[str]) -> str:
    """Say which columns were not read."""
    return _("We did not use these columns: %(columns)s.") % {"columns": ", ".join(text[:40] for text in unused[:10])}
