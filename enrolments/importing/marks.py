"""Marks as people write them: a letter in the grid, a word in a spreadsheet, or clock times off the paper.

    t   present        f   late         u   absent        m   excused       -   not taken
    f15     15 minutes late             9.15          came at a quarter past nine
    tg30    left 30 minutes early       9.15-15.30    came and went
    m syg   excused, with a reason

English letters and whole words in either language are understood too.
"""

import re
from datetime import date, datetime, time

from django.utils import timezone
from django.utils.translation import gettext as _

from courses.models import CourseDay
from enrolments.enums import AttendanceStatus
from enrolments.operations.attendance import MAX_MINUTES, NOT_TAKEN, Mark

PRESENT, LATE, ABSENT, EXCUSED = (
    AttendanceStatus.PRESENT,
    AttendanceStatus.LATE,
    AttendanceStatus.ABSENT,
    AttendanceStatus.EXCUSED,
)
#: What people write for a mark, whole.
WORDS: dict[str, str] = {
    word: status
    for status, words in {
        PRESENT: "t, p, x, ✓, ✔, ja, j, 1, til stede, tilstede, mødt, mødte, kom, present, yes",
        LATE: "f, l, forsinket, for sent, kom for sent, sen, late",
        ABSENT: "u, a, nej, n, 0, udeblevet, udeblev, fravær, fraværende, ikke mødt, kom ikke, absent, no, no-show",
        EXCUSED: "m, e, undskyldt, afbud, meldt afbud, lovligt forfald, excused",
        "": "-, –, ikke taget, ikke registreret, not taken",
    }.items()
    for word in words.split(", ")
}
TIME = r"\d{1,2}[.:]\d{2}"
CAME = re.compile(
    rf"(?P<status>til stede|tilstede|present|forsinket|late|[tpfl])?\s*(?:kl\.?\s*)?"
    rf"(?P<came>{TIME}|\d{{1,4}})?\s*(?:min\.?|minutter|minutes)?"
    # Who left: "g30" and "gik 15.30", or a clock time after a dash.
    rf"(?:[\s,;]*(?:g|gik|left)\s*(?:kl\.?\s*)?(?P<left>{TIME}|\d{{1,4}})\s*(?:min\.?|minutter|minutes)?"
    rf"|\s*[-–]\s*(?P<until>{TIME}))?"
)
WITH_REASON = re.compile(r"(?:m|e|undskyldt|afbud|excused)(?:\s+|\s*[:,]\s*)(?P<reason>\S.*)", re.IGNORECASE)
#: Nobody writes more in a cell.
LONGEST = 250


class MarkUnclear(Exception):
    """What stands in the cell is no mark. The message is for people."""


def parse_mark(text: str, day: CourseDay) -> Mark | None:
    """Return the mark that a cell says; None for an empty one. Raises MarkUnclear.

    Clock times are read by the day's planned times: who came before it began, or left after it ended, was there
    all the time.
    """
    written = " ".join(text.split())
    if not written:
        return None
    if len(written) > LONGEST or "\0" in text:
        raise MarkUnclear(_("This is far too long for a mark."))
    low = written.casefold()
    if low in WORDS:
        return Mark(WORDS[low]) if WORDS[low] else NOT_TAKEN
    if match := WITH_REASON.fullmatch(written):
        if len(match["reason"]) > 200:
            raise MarkUnclear(_("A reason has at most 200 characters."))
        return Mark(EXCUSED, reason=match["reason"])
    match = CAME.fullmatch(low)
    if match is None or not any(match.groups()):
        raise MarkUnclear(
            _("“%(written)s” is no mark. Write t, f, u or m, such as f15 for 15 minutes late.")
            % {"written": written[:40]}
        )
    return _there(match, day, written)


def _there(match: re.Match[str], day: CourseDay, written: str) -> Mark:
    """Return the mark of somebody who was there, at least for some of the time."""
    came, left = match["came"], match["left"] or match["until"]
    late = _minutes(came, day, written, after_start=True) if came else None
    early = _minutes(left, day, written, after_start=False) if left else None
    says = {"til stede": PRESENT, "tilstede": PRESENT, "present": PRESENT, "t": PRESENT, "p": PRESENT}.get(
        match["status"] or "", LATE if match["status"] else ""
    )
    if came and not _is_clock(came):
        if says != LATE:
            raise MarkUnclear(
                _("“%(written)s”: minutes belong to late. Write f%(minutes)s.")
                % {"written": written[:40], "minutes": came}
            )
        if not late:
            raise MarkUnclear(_("“%(written)s”: write how many minutes, from 1.") % {"written": written[:40]})
    if (late or 0) + (early or 0) >= day.planned_minutes:
        raise MarkUnclear(
            _("“%(written)s” is longer than the day, which lasts %(minutes)s minutes.")
            % {"written": written[:40], "minutes": day.planned_minutes}
        )
    for minutes in (late, early):
        if minutes and minutes > MAX_MINUTES:
            raise MarkUnclear(_("Minutes may be at most %(most)s.") % {"most": MAX_MINUTES})
    if says == PRESENT and late:
        raise MarkUnclear(
            _("“%(written)s”: whoever came after the day began is late. Write f instead of t.")
            % {"written": written[:40]}
        )
    is_late = bool(late) or (says == LATE and not came)
    return Mark(LATE if is_late else PRESENT, minutes_late=late or None, minutes_early=early or None)


def _is_clock(written: str) -> bool:
    return "." in written or ":" in written


def _minutes(written: str, day: CourseDay, whole: str, *, after_start: bool) -> int:
    """Return minutes as written, or those between a clock time and the day's start or end: real minutes, 0 at least."""
    if not _is_clock(written):
        return int(written)
    hour, minute = (int(part) for part in re.split("[.:]", written))
    if hour > 23 or minute > 59:
        raise MarkUnclear(_("“%(written)s” is no clock time.") % {"written": whole[:40]})
    moment = timezone.make_aware(datetime.combine(day.date, time(hour, minute)))
    between = moment - day.starts_at if after_start else day.ends_at - moment
    return max(0, int(between.total_seconds() // 60))


def mark_code(mark: Mark) -> str:
    """Return a mark as the grid writes it; `parse_mark` reads it back (but for its note). Empty: not taken."""
    if not mark.status:
        return ""
    if mark.status == EXCUSED:
        return f"m {mark.reason}".strip()
    if mark.status == ABSENT:
        return "u"
    late = f"f{mark.minutes_late or ''}" if mark.status == LATE else "t"
    return late + (f"g{mark.minutes_early}" if mark.minutes_early else "")


def parsed(code: str, day: CourseDay) -> Mark:
    """Return the mark that a code of ours stands for; *not taken* for what is none."""
    try:
        return parse_mark(code, day) or NOT_TAKEN
    except MarkUnclear:
        return NOT_TAKEN


# Dates, as they stand in spreadsheets.

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            *("januar jan january", "februar feb february", "marts mar march", "april apr", "maj may"),
            *("juni jun june", "juli jul july", "august aug", "september sep sept"),
            *("oktober okt october oct", "november nov", "december dec"),
        ),
        start=1,
    )
    for name in names.split()
}
NUMBERS = re.compile(r"(\d{1,2})\s*[./-]\s*(\d{1,2})(?:\s*[./-]\s*(\d{4}|\d{2}))?\.?")
ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?")
NAMED = re.compile(r"(?:[a-zæøå]+\.?,?\s+(?:d(?:en|\.)\s*)?)?(\d{1,2})\.?\s*([a-zæøå]+)\.?(?:,?\s*(\d{4}))?")


def parse_day(text: str, days: list[CourseDay]) -> CourseDay | date | None:
    """Return the run's day that a date names; the date itself when the run has none on it; None for no date.

    Understands 9.12.2026, 9-12-2026, 9/12/26, 2026-12-09, "9. december 2026" and, where the run leaves no doubt,
    dates without a year.
    """
    low = text.strip().casefold()
    if match := ISO.fullmatch(low):
        year, month, number = int(match[1]), int(match[2]), int(match[3])
    elif match := NUMBERS.fullmatch(low):
        number, month, year = int(match[1]), int(match[2]), int(match[3] or 0)
    elif (match := NAMED.fullmatch(low)) and match[2] in MONTHS:
        number, month, year = int(match[1]), MONTHS[match[2]], int(match[3] or 0)
    else:
        return None
    if 0 < year < 100:
        year += 2000
    if not year:
        found = [day for day in days if (day.date.day, day.date.month) == (number, month)]
        if len(found) == 1:
            return found[0]
        year = days[0].date.year if days else timezone.localdate().year
    try:
        wanted = date(year, month, number)
    except ValueError:
        return None
    return next((day for day in days if day.date == wanted), wanted)
