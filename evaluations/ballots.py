"""What stands on a ballot, as bytes: packed to one length before it is sealed, so that no length tells."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from evaluations.enums import QuestionKind
from evaluations.questions import MAX_TEXT, Item

#: Room for the frame, and for each item but texts (its name, subject, row and value).
FRAME, EACH = 256, 160
#: UTF-8 takes at most so many bytes a sign; JSON escapes what it must, at most sixfold of one byte.
BYTES_A_SIGN = 6
BLOCK = 1024

Value = int | tuple[int, ...] | str


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: an option's place or a number (int; NO_OPINION), several of them (tuple), or a text (str)."""

    question: str
    subject: str
    row: int | None
    value: Value


@dataclass(frozen=True, slots=True)
class Paper:
    """A filled-in ballot. `group` is a municipality's code, in surveys only; else empty."""

    answers: tuple[Answer, ...]
    group: str = ""


def size_for(items: Sequence[Item]) -> int:
    """Return the bytes that the longest possible answer to these items takes, in whole blocks."""
    texts = sum(1 for item in items if item.question.kind == QuestionKind.TEXT)
    needed = FRAME + EACH * len(items) + texts * MAX_TEXT * BYTES_A_SIGN
    return -(-needed // BLOCK) * BLOCK


def pack(paper: Paper, size: int) -> bytes:
    """Return the paper as exactly `size` bytes. Raises ValueError when it does not fit."""
    content = {
        "answers": [[each.question, each.subject, each.row, each.value] for each in paper.answers],
        "group": paper.group,
    }
    packed = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    if len(packed) > size:
        raise ValueError("The answers do not fit on the ballot.")
    return packed.ljust(size)


def unpack(packed: bytes) -> Paper:
    """Return the paper. Raises ValueError for bytes that are none."""
    try:
        content = json.loads(packed.rstrip())
        answers = tuple(
            Answer(question, subject, row, tuple(value) if isinstance(value, list) else value)
            for question, subject, row, value in content["answers"]
        )
        return Paper(answers, content["group"])
    except (KeyError, TypeError) as error:
        raise ValueError("Not a ballot.") from error
