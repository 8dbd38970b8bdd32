"""What must not be deleted is refused in words, wherever it is tried: delete views, bulk actions, page tree."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Model, ProtectedError
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.admin.utils import get_valid_next_url_from_request
from wagtail.admin.views.pages.bulk_actions.delete import DeleteBulkAction
from wagtail.models import Page
from wagtail.snippets.views import snippets as views

from courses.models import CoursePage, CourseRun
from courses.permissions import Verdict, in_words, may_delete
from website.core.protection import NAMED, Use

#: The field by which somebody who read the warning says so.
CONFIRMED = "open_runs_seen"


@dataclass(frozen=True)
class Refusal:
    """An object that stays, why, and links to those that need it."""

    obj: Model
    verdict: Verdict
    links: list[tuple[str, str | None]]
    more: int


def refuse_deletion(request: HttpRequest, objects: Iterable[Model], *, back: str) -> HttpResponse | None:
    """Return a page that says what uses which of `objects`, or None when all of them may go."""
    refusals = [_refusal(request, obj, verdict) for obj in objects if not (verdict := may_delete(obj))]
    return _refused(request, refusals, back=back) if refusals else None


def refuse_page_deletion(request: HttpRequest, pages: Iterable[Page], *, back: str) -> HttpResponse | None:
    """Return a page that says which courses among `pages`, or below them, have runs; None when none has."""
    refusals = [_refusal(request, page, verdict) for page in pages if not (verdict := may_delete_page(page))]
    return _refused(request, refusals, back=back) if refusals else None


def may_delete_page(page: Page) -> Verdict:
    """Whether the page and all below it go without leaving a run behind."""
    courses = CoursePage.objects.filter(path__startswith=page.path)
    runs = CourseRun.objects.filter(course__in=courses).select_related("course")
    count = runs.count()
    if not count:
        return Verdict(True)
    use = Use(CourseRun, count, list(runs[:NAMED]))
    reason = _("“%(page)s” cannot be deleted: it has %(uses)s. Unpublish the page instead.") % {
        "page": page,
        "uses": in_words([use]),
    }
    return Verdict(False, reason, (use,))


def confirm_unpublishing(request: HttpRequest, pages: Iterable[Page]) -> HttpResponse | None:
    """Return a page that asks once more when people could register for runs of `pages`; None when nobody could."""
    if request.POST.get(CONFIRMED):
        return None
    warnings = [warning for page in pages if (warning := _open_runs(page))]
    if not warnings:
        return None
    context = {
        "warnings": warnings,
        "confirmed": CONFIRMED,
        "action": request.get_full_path(),
        # What was answered already goes along.
        "answers": [(name, value) for name, value in request.POST.items() if name != "csrfmiddlewaretoken"],
        "back": back_url(request, []),
        "page_title": _("Unpublish"),
        "header_icon": "warning",
    }
    return TemplateResponse(request, "courses/admin/confirm_unpublish.html", context)


def _open_runs(page: Page) -> str:
    """Return what unpublishing does to people who are about to register, or "" when nobody is."""
    count = CourseRun.objects.filter(course__path__startswith=page.path).taking_registrations().count()
    if not count:
        return ""
    text = ngettext(
        "“%(page)s” has %(count)s run open for registration. Nobody can find it while the page is unpublished.",
        "“%(page)s” has %(count)s runs open for registration. Nobody can find them while the page is unpublished.",
        count,
    )
    return text % {"page": page, "count": count}


class GuardedDeleteView(views.DeleteView):
    """The hook refuses before the question is asked; what somebody began to use since then is refused here."""

    def form_valid(self, form: Form) -> HttpResponse:
        self.usage = None  # Wagtail would refuse by it with a bare "no permission"
        try:
            with transaction.atomic():
                return super().form_valid(form)
        except ProtectedError:
            return refuse_deletion(self.request, [self.object], back=back_url(self.request, [self.object]))


class GuardedPageDeletion(DeleteBulkAction):
    """Wagtail refuses pages in use with a bare "no permission": say why instead."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        pages, _others = self.get_actionable_objects()
        return refuse_page_deletion(request, pages, back=back_url(request, [])) or super().dispatch(
            request, *args, **kwargs
        )


def back_url(request: HttpRequest, objects: Sequence[Model]) -> str:
    """Return where to go from a refusal: where the person came from, else the list of such objects."""
    if next_url := get_valid_next_url_from_request(request):
        return next_url
    viewset = getattr(type(objects[0]), "snippet_viewset", None) if objects else None
    return reverse(viewset.get_url_name("list")) if viewset else reverse("wagtailadmin_home")


def _refusal(request: HttpRequest, obj: Model, verdict: Verdict) -> Refusal:
    finder = AdminURLFinder(request.user)
    examples = [example for use in verdict.uses for example in _named(use, request)]
    links = [(str(example), finder.get_edit_url(example)) for example in examples]
    return Refusal(obj, verdict, links, more=sum(use.count for use in verdict.uses) - len(links))


def _named(use: Use, request: HttpRequest) -> list[Model]:
    """Return the examples this user may see: who may not see participants is told how many there are, not who."""
    rows = use.model._default_manager.all()
    if not hasattr(rows, "visible_to"):
        return use.examples
    keys = [example.pk for example in use.examples]
    return list(rows.visible_to(request.user).filter(pk__in=keys))


def _refused(request: HttpRequest, refusals: list[Refusal], *, back: str) -> HttpResponse:
    return TemplateResponse(
        request,
        "courses/admin/cannot_delete.html",
        {"refusals": refusals, "back": back, "page_title": _("Cannot be deleted"), "header_icon": "lock"},
        status=409,
    )
