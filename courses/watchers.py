"""Who wants to know when an organiser changes a run: contributed by the apps that hang on runs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from courses.models import CourseRun
from website.accounts.models import User
from website.core.registry import Registry


@dataclass(frozen=True, slots=True)
class RunWatcher:
    """Looks at a run before and after a change, in the transaction of the change.

    `before` gets the run as it stands and returns what `after` will need; `after` gets the changed run,
    that, and who changed it. What `after` writes is committed with the change, or not at all.
    """

    before: Callable[[CourseRun], Any]
    after: Callable[[CourseRun, Any, User], None]


run_watchers: Registry[RunWatcher] = Registry()
