"""What pages of training years and transcripts show of their figures."""

from decimal import Decimal

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from courses.models import CourseIndexPage, CoursePage, CourseRun
from enrolments.reports.standings import Standing
from website.core.danish import kroner as in_kroner

register = template.Library()


@register.filter
def kroner(amount: Decimal) -> str:
    return in_kroner(amount) if amount else "0\u00a0kr."


@register.filter
def hours(number: Decimal) -> str:
    """Return hours as people read them: "7", "6,5"."""
    return number_format(number, 0 if number == number.to_integral_value() else 1, force_grouping=True)


@register.filter
def share(percent: Decimal) -> str:
    """Return a percentage: "100 %", "87,5 %"."""
    decimals = 0 if percent == percent.to_integral_value() else 1
    return _("%(number)s %%") % {"number": number_format(percent, decimals)}


@register.filter
def first_day(run: CourseRun) -> str:
    return date_format(run.ordered_days()[0].date, "DATE_FORMAT")


@register.simple_tag(takes_context=True)
def course_url(context: template.Context, course: CoursePage) -> str:
    """Return where the public reads of the course; the tree's addresses are read once a request."""
    return course.get_url(context.get("request")) or "#"


@register.simple_tag(takes_context=True)
def courses_url(context: template.Context) -> str:
    page = CourseIndexPage.objects.live().first()
    return (page.get_url(context.get("request")) if page else None) or "/"


@register.simple_tag
def bar(value: int, most: int) -> SafeString:
    """Return a bar of `value` beside the longest, as decoration: the number stands beside it."""
    width = f"{100 * value / most:.2f}" if most else "0"
    return format_html(
        '<svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        '<rect class="ty-bar__track" width="100" height="10"/>'
        '<rect class="ty-bar__value" width="{}" height="10"/></svg>',
        width,
    )


@register.simple_tag
def certificate(line: Standing) -> str:
    """Return when the line's certificate was issued, leading to where anybody may verify it; else a dash."""
    if line.certificate is None:
        return "–"
    issued = date_format(timezone.localdate(line.certificate.issued_at), "SHORT_DATE_FORMAT")
    return format_html('<a href="{}">{}</a>', reverse("enrolments:certificate", args=[line.certificate.code]), issued)
