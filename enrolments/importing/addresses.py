"""Lines out of an e-mail: `Anna Hansen <anna@kommune.dk>; Bo Bæk, bo@kommune.dk`."""

import re
from collections.abc import Iterator

from enrolments.importing.columns import ADDRESS
from enrolments.importing.results import Cell, Line

PREFIX = re.compile(r"^\s*(til|cc|bcc|fra|to|from)\s*:\s*", re.IGNORECASE)
QUOTED = re.compile(r'"[^"]*"')


def address_lines(text: str) -> Iterator[Line]:
    """Yield headings, then name, address and title of each person. What holds no address is a name without one."""
    yield Line(0, [Cell("navn"), Cell("e-mail"), Cell("titel")])
    for number, written in enumerate(text.splitlines(), start=1):
        for entry in _entries(PREFIX.sub("", written)):
            yield Line(number, [Cell(part) for part in _person(entry)])


def _entries(line: str) -> Iterator[str]:
    """Yield the persons of a line: parted by semicolons, or by the first comma after an address."""
    # A comma within quotes ("Hansen, Anna") parts nothing.
    line = QUOTED.sub(lambda match: match[0].replace(",", "\x01").replace(";", "\x02"), line)
    for piece in line.split(";"):
        waiting: list[str] = []
        for part in piece.split(","):
            waiting.append(part)
            if "@" in part:
                yield _restore(",".join(waiting))
                waiting = []
        if rest := ",".join(waiting).strip(" ,"):
            yield _restore(rest)


def _restore(text: str) -> str:
    return text.replace("\x01", ",").replace("\x02", ";")


def _person(entry: str) -> tuple[str, str, str]:
    """Return name, address and title of one person."""
    entry = entry.replace("mailto:", "").strip()
    found = ADDRESS.search(entry)
    if not found:
        return _tidy(entry), "", ""
    name = entry[: found.start()] + " " + entry[found.end() :]
    in_brackets = entry[: found.start()].rstrip().endswith("<")
    name = _tidy(name)
    if in_brackets and name.count(",") == 1:
        # The address book's own way: "Hansen, Anna <anna@kommune.dk>".
        last, first = (part.strip() for part in name.split(","))
        return f"{first} {last}", found[0].strip("."), ""
    name, _comma, title = name.partition(",")
    return name.strip(), found[0].strip("."), title.strip(" ,")


def _tidy(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"[<>()\[\]\"]", " ", text)).strip(" ,;:-–•*\t'")
