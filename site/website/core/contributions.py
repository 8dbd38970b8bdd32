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


@dataclass(frozen=True)
class MyPageSection:
    """A section of Min side: a heading, its template (`section` is its context) and where it stands."""

    title: str
    template: str
    context: dict[str, Any]


# What Min side gathers. The callable gets the request of a signed-in person and returns a section, or
# None when there is nothing to show. The template is what stands below the heading.
my_page_sections: Registry[Callable[[HttpRequest], MyPageSection | None]] = Registry()
# What a person's "my data" file gathers: the callable gets the user and returns JSON types.
my_data: Registry[Callable[[Any], Any]] = Registry()


@dataclass(frozen=True)
class RetentionCategory:
    """One kind of personal data, what starts its period, and how it goes.

    `setting` names the key of settings.RETENTION_DAYS with the days from `trigger` on. `due(today)` counts
    what would go, `forget(today)` deletes it and returns how many rows it touched. Both are safe to run again.
    """

    name: str
    title: Any
    trigger: Any
    setting: str
    due: Callable[[Any], int]
    forget: Callable[[Any], int]


# What the nightly job deletes and the staff's page on it shows.
retention_categories: Registry[RetentionCategory] = Registry()
