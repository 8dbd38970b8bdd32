"""What counts as having attended, and the courses that have a rule of their own."""

from typing import Any

from courses.models import AttendanceRule, CoursePage
from demo.loader.files import read
from demo.loader.ledger import Ledger
from demo.loader.users import EDITOR
from website.accounts.models import User

FIELDS = (
    "minimum_percent",
    "absent_after",
    "cancel_in_time_days",
    "presenters_correct_days",
    "organisers_correct_days",
    "issues_certificates",
)


def load(ledger: Ledger) -> None:
    """Add the rules that are new in `catalogue.toml`, and let their courses choose them; what stands is left alone."""
    for entry in read("catalogue")["attendance_rule"]:
        if not ledger.is_new(f"attendance-rule:{entry['key']}"):
            continue
        rule = _add(entry)
        editor = User.objects.filter(email=EDITOR).first()
        for slug in entry.get("courses", []):
            course = CoursePage.objects.filter(slug=slug, attendance_rule=None).first()
            if course is not None:
                page = course.specific
                page.attendance_rule = rule
                page.save_revision(user=editor).publish(user=editor)


def _add(entry: dict[str, Any]) -> AttendanceRule:
    wants_default = entry.get("is_default", False)
    rule, _created = AttendanceRule.objects.get_or_create(
        name=entry["name"],
        defaults={
            **{name: entry[name] for name in FIELDS if name in entry},
            "is_default": wants_default and not AttendanceRule.objects.filter(is_default=True).exists(),
        },
    )
    return rule
