"""Exam records: how long they are kept."""

from django.utils.translation import gettext_lazy as _

from website.core.contributions import RetentionCategory, retention_categories

retention_categories.add(
    "exam",
    RetentionCategory(
        name="exam",
        title=_("Exam records"),
        what=_("Results of diploma modules. None are kept in this system yet."),
        law=_("The Danish rules for exams at diploma level: thirty years."),
        trigger=_("The exam"),
        period="exam",
        due=lambda _cutoff: 0,
        forget=lambda _cutoff: iter(()),
    ),
    order=80,
)
