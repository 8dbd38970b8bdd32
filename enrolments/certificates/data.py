"""What a certificate says, as JSON: taken from course, run and marks when it is issued, and never again.

    {"schema": 1, "lang": "da", "name": "Anna Berg", "code": …, "version": 1, "url": "https://…/bevis/…/",
     "issued_on": "2027-03-20", "course": …, "run": …, "place": …,
     "days": [{"date": "2027-03-04", "start": "09:00", "end": "16:00", "title": "", "planned": 420, "attended": 420}],
     "minutes_planned": 840, "minutes_attended": 720, "percent": "85.7", "is_met": true,
     "facts": [["ECTS", "5"]], "objectives": [{"kind": "item", "text": …}], "rule": "It is given for …",
     "provider": {"name", "long_name", "cvr", "address", "logo"}, "signatory": {"name", "title"}}

Minutes are whole minutes. `logo` is the digest of the provider's logo at the time: another one is not shown.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from courses.models import AttendanceRule
from enrolments.reports.attendance_state import ParticipantState, RunState
from website.core.registry import Registry

SCHEMA = 1

Data = dict[str, Any]


@dataclass(frozen=True, slots=True)
class CourseLines:
    """What an app adds to the certificates of a course: facts (label, value), and objectives (heading, rich text)."""

    facts: Sequence[tuple[str, str]] = ()
    objectives: Sequence[tuple[str, str]] = ()


#: Called with the course's primary key; None when the course is none of theirs.
certificate_lines: Registry[Callable[[int], CourseLines | None]] = Registry()


def data_of_run(state: RunState) -> Data:
    """Return what all certificates of the run say alike, in the language of our documents."""
    run, course = state.run, state.run.course
    with translation.override(settings.LANGUAGE_CODE):
        added = [lines for contribute in certificate_lines if (lines := contribute(course.pk))]
        provider = {name: settings.PROVIDER[name] for name in ("name", "long_name", "cvr", "address")}
        return {
            "schema": SCHEMA,
            "lang": settings.LANGUAGE_CODE,
            "course": course.title,
            "run": run.label,
            "place": run.place,
            "facts": [[label, value] for lines in added for label, value in lines.facts],
            "objectives": objectives(("", course.outcomes), *(each for lines in added for each in lines.objectives)),
            "rule": rule_in_words(state.rule),
            "provider": provider | {"logo": logo()[0]},
            "signatory": _signatory(course.contact_name),
        }


def data_of_participant(state: RunState, person: ParticipantState) -> Data:
    """Return what the participant's own certificate says of them: name, days, hours and whether the rule is met."""
    result = person.result
    return {
        "name": person.enrolment.name,
        "days": [
            {
                "date": day.date.isoformat(),
                "start": day.start_time.isoformat("minutes"),
                "end": day.end_time.isoformat("minutes"),
                "title": day.title,
                "planned": mine.mark.minutes_planned,
                "attended": mine.minutes,
            }
            for day, mine in zip(state.days, person.days, strict=True)
        ],
        "minutes_planned": result.minutes_planned,
        "minutes_attended": result.minutes_attended,
        "percent": str(result.percent),
        "is_met": result.is_met,
    }


def data_of_issue(*, code: str, version: int, at: datetime) -> Data:
    """Return what belongs to this one issue."""
    return {
        "code": code,
        "version": version,
        "issued_on": timezone.localdate(at).isoformat(),
        "url": settings.SITE_URL + reverse("enrolments:certificate", args=[code]),
    }


def rule_in_words(rule: AttendanceRule) -> str:
    """Return what it takes, as the document says it."""
    words = [
        _("The certificate is given for attending at least %(percent)s per cent of the planned hours.")
        % {"percent": rule.minimum_percent}
    ]
    if rule.absent_after:
        words.append(
            _("Whoever comes more than %(minutes)s minutes late counts as absent that day.")
            % {"minutes": rule.absent_after}
        )
    return " ".join(words)


def _signatory(contact_name: str) -> dict[str, str]:
    """Return who signs: by the settings, else the course's contact; a name may be missing, a title never."""
    signatory = settings.CERTIFICATE_SIGNATORY
    if signatory["name"]:
        return {"name": signatory["name"], "title": signatory["title"]}
    return {"name": contact_name, "title": _("Responsible for the course")}


def logo() -> tuple[str, bytes, str]:
    """Return the provider's logo: its digest, its bytes and what it is ("svg" or "png"); empty without one."""
    path = settings.PROVIDER["logo"]
    return _read_logo(str(path)) if path else ("", b"", "")


@lru_cache(maxsize=4)
def _read_logo(path: str) -> tuple[str, bytes, str]:
    content = Path(path).read_bytes()
    return hashlib.sha256(content).hexdigest(), content, Path(path).suffix.lstrip(".").lower()


# Objectives: what editors wrote as rich text, as plain paragraphs and list items.


def objectives(*texts: tuple[str, str]) -> list[dict[str, str]]:
    """Return headings, paragraphs and list items of (heading, rich text), in order; empty texts leave nothing."""
    found: list[dict[str, str]] = []
    for heading, html in texts:
        parts = list(plain_parts(html))
        if parts and heading:
            found.append({"kind": "heading", "text": heading})
        found += parts
    return found


@dataclass
class _Reader(HTMLParser):
    """Reads an editor's rich text: only its blocks and lists matter here."""

    parts: list[dict[str, str]] = field(default_factory=list)
    kind: str = "text"
    words: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag in ("p", "li", "h2", "h3", "h4", "ul", "ol", "hr"):
            self.finish()
            self.kind = {"li": "item", "h2": "heading", "h3": "heading", "h4": "heading"}.get(tag, "text")
        elif tag == "br":
            self.words.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("p", "li", "h2", "h3", "h4", "ul", "ol"):
            self.finish()
            self.kind = "text"

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def finish(self) -> None:
        if text := " ".join("".join(self.words).split()):
            self.parts.append({"kind": self.kind, "text": text})
        self.words = []


def plain_parts(html: str) -> Iterable[dict[str, str]]:
    """Return the paragraphs, headings and list items of an editor's rich text as plain text."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    reader.finish()
    return reader.parts
