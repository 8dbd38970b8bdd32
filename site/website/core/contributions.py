"""The registries of pages that gather from several apps.

An app contributes in its `AppConfig.ready` (import the module that registers there), so that the
gathering page never imports the contributing app.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from website.core.registry import Registry

# A section of the front page, below the hero. The callable gets the request and returns the
# section's template and its context; or None, and the section is left out.
#
#     @home_sections.register("next-runs", order=10)
#     def next_runs(request: HttpRequest) -> tuple[str, dict[str, Any]] | None:
#         return "courses/sections/next_runs.html", {"runs": CourseRun.objects.upcoming()[:4]}
#
# The template is a whole <section class="section"> with an <h2>; it also gets `page` and `request`.
HomeSection = Callable[[HttpRequest], tuple[str, dict[str, Any]] | None]
home_sections: Registry[HomeSection] = Registry()


@dataclass(frozen=True)
class AttentionItem:
    """One thing on the staff's start page that somebody should look at."""

    text: str
    url: str
    detail: str = ""
    urgent: bool = False


# What "needs attention" in the admin gathers. The callable gets the signed-in user and yields what
# that user may see and do something about, in a constant number of queries.
attention_items: Registry[Callable[[Any], Iterable[AttentionItem]]] = Registry()
