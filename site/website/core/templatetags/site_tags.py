"""What the frame of every page needs: menu, breadcrumbs, visitor, icons."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django import template
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.template.loader import get_template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from wagtail.models import Page, Site

from website.core import contributions

register = template.Library()


@dataclass
class Link:
    title: str
    url: str
    here: bool = False


@dataclass
class Visitor:
    """Who is looking. An anonymous visitor without cookies costs no query and no `Vary: Cookie`."""

    user: Any = None
    is_staff: bool = False
    messages: list[Any] = field(default_factory=list)


@register.simple_tag(takes_context=True)
def visitor(context: template.Context) -> Visitor:
    """Return the visitor; the session is touched only where the browser sent its cookie."""
    request: HttpRequest | None = context.get("request")
    if request is None:
        return Visitor()
    has_session = settings.SESSION_COOKIE_NAME in request.COOKIES
    if not has_session and "messages" not in request.COOKIES and not getattr(request, "_messages", None):
        return Visitor()
    found = Visitor()
    if has_session or "messages" in request.COOKIES or request._messages.added_new:
        found.messages = list(messages.get_messages(request))
    if has_session and getattr(request, "user", None) is not None and request.user.is_authenticated:
        found.user = request.user
        found.is_staff = request.user.has_perm("wagtailadmin.access_admin")
    return found


@register.simple_tag(takes_context=True)
def main_menu(context: template.Context) -> list[Link]:
    """Return the live pages under the front page that are marked "in menu": one query a request."""
    request: HttpRequest | None = context.get("request")
    site = Site.find_for_request(request) if request is not None else None
    if site is None:
        return []
    if not hasattr(request, "_main_menu"):
        root = site.root_page
        request._main_menu = [
            Link(page.title, page.get_url(request, site) or "") for page in root.get_children().live().in_menu()
        ]
    path = request.path
    for link in request._main_menu:
        link.here = path.startswith(link.url)
    return request._main_menu


@register.simple_tag(takes_context=True)
def trail(context: template.Context, given: Iterable[tuple[str, str]] | None = None) -> list[Link]:
    """Return the way from the front page to here, this page included: no query for a Wagtail page that was routed to.

    `given`: pairs of title and address that stand between the front page and here, for views of ours.
    """
    request: HttpRequest | None = context.get("request")
    site = Site.find_for_request(request) if request is not None else None
    if given:
        return [Link(title, url) for title, url in given]
    page = context.get("page")
    if site is None or not isinstance(page, Page) or page.depth is None or page.pk == site.root_page_id:
        return []
    if not page.path.startswith(site.root_page.path):
        return []
    # Routing has walked this way already: every page on it remembers its parent.
    steps: list[Page] = []
    while (steps[0] if steps else page).depth > site.root_page.depth:
        steps.insert(0, (steps[0] if steps else page).get_parent())
    links = [Link(step.title, step.get_url(request, site) or "/") for step in steps]
    return [*links, Link(page.title, "", here=True)]


@register.simple_tag(takes_context=True)
def home_sections(context: template.Context) -> SafeString:
    """Return the front page's sections that other apps contribute, rendered in their order."""
    return _sections(context, (section(context["request"]) for section in contributions.home_sections))


@register.simple_tag(takes_context=True)
def course_sections(context: template.Context) -> SafeString:
    """Return the sections that other apps contribute to a course's page, rendered in their order."""
    request, page = context["request"], context["page"]
    return _sections(context, (section(request, page) for section in contributions.course_sections))


def _sections(context: template.Context, sections: Iterable[tuple[str, dict[str, Any]] | None]) -> SafeString:
    parts = []
    for found in sections:
        if found is not None:
            name, values = found
            with context.push(**values):
                parts.append(get_template(name).template.render(context))
    return mark_safe("".join(parts))  # rendered templates


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """Return an icon of dkfds. Without `label` it is decoration and hidden from screen readers."""
    sprite = f"{static('dkfds/img/all-svg-icons.svg')}#{name}"
    if label:
        return format_html(
            '<svg class="icon-svg" role="img" aria-label="{}" focusable="false"><use href="{}"></use></svg>',
            label,
            sprite,
        )
    return format_html('<svg class="icon-svg" aria-hidden="true" focusable="false"><use href="{}"></use></svg>', sprite)


@register.filter
def page_window(page: Any) -> list[int | None]:
    """Return the page numbers a pager shows, None for a gap: first, last and those around this one."""
    last = page.paginator.num_pages
    shown = sorted({1, last, *range(max(1, page.number - 1), min(last, page.number + 1) + 1)})
    window: list[int | None] = []
    for number in shown:
        if window and window[-1] is not None and number - window[-1] > 1:
            window.append(None)
        window.append(number)
    return window


@register.simple_tag(takes_context=True)
def query_with(context: template.Context, **changes: Any) -> str:
    """Return this address's query string with some keys changed; None or "" takes a key away."""
    query = context["request"].GET.copy()
    for key, value in changes.items():
        if value in (None, ""):
            query.pop(key, None)
        else:
            query[key] = str(value)
    return f"?{query.urlencode()}"
