"""What reading a list gives: rows, mistakes with their place, and what was left out."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field


class ListRefused(Exception):
    """The list cannot be read, or is too large. The message is for people."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell as text. `problem` is what is wrong with it, for people; `place` names it, such as "C14"."""

    text: str = ""
    problem: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a list before its columns are known. `number` is its place in the file, from 1."""

    number: int
    cells: Sequence[Cell]

    @property
    def is_empty(self) -> bool:
        return not any(cell.text or cell.problem for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Table:
    """A list before its columns are known, with what was left out on the way, in words."""

    lines: Iterable[Line]
    notes: list[str] = field(default_factory=list)

    def __iter__(self) -> Iterator[Line]:
        return iter(self.lines)


@dataclass(frozen=True, slots=True)
class ImportedRow:
    """One colleague: values by the form's field names, and by the same names what is wrong with a cell."""

    number: int
    values: dict[str, str]
    problems: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ImportedList:
    """The colleagues of a list. `notes` say what was guessed and what was left out."""

    rows: list[ImportedRow]
    notes: list[str]
