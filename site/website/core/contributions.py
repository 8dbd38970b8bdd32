"""The registries of pages that gather from several apps.

An app contributes in its `AppConfig.ready` (import the module that registers there), so that the
gathering page never imports the contributing app.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
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
# A section of a course's page, below its dates: the same, called with the page too. It is on every course's page
# and counts there (tests/courses/test_pages.py): let it cost one query where it has nothing to show.
CourseSection = Callable[[HttpRequest, Any], tuple[str, dict[str, Any]] | None]
course_sections: Registry[CourseSection] = Registry()


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
    """One kind of personal data: what starts its period, how long it is kept and why, and how it goes.

    `period` names the entry of settings.RETENTION with the time from `trigger` on (website.core.retention). All
    callables get the newest day that starts a period which is over, the *cutoff*: `due` counts what would go;
    `forget` deletes it in batches, each committed on its own, and yields how many rows each touched, so that it
    may be killed at any moment and run again. `next_due` gets the cutoff too and returns the first day after it
    that starts a period, with how many rows that day: None when there is nothing more. `due` and `next_due` take
    a constant number of queries.
    """

    name: str
    title: Any
    what: Any
    law: Any
    trigger: Any
    period: str
    due: Callable[[date], int]
    forget: Callable[[date], Iterator[int]]
    next_due: Callable[[date], tuple[date, int] | None] = lambda _cutoff: None


# What the nightly job deletes and the staff's page on it shows.
retention_categories: Registry[RetentionCategory] = Registry()


# Kinds of long jobs (website.core.jobs): each is called by the worker with the job's row and its `Progress`. It may
# be killed and called again from the start. It raises JobError with words for whoever waits.
job_kinds: Registry[Callable[[Any, Any], None]] = Registry()
# Whether a user may (still) fetch the file of a job they ordered, by the job's kind: access that ended since is
# ended for old files too. A kind without an entry is fetched by whoever ordered it.
job_access: Registry[Callable[[Any, Any], bool]] = Registry()
