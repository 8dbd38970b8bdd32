"""Who wants to know when an organiser changes a run: contributed by the apps that hang on runs."""

from collections.abc import Callable, Iterable
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


@dataclass(frozen=True, slots=True)
class NextStep:
    """Where an organiser goes on from a run's form: a button, and in `text` why, where that needs words."""

    label: str
    url: str
    icon: str = ""
    text: str = ""


#: What the header of a run's form leads to beside our own: the callable gets the run and the user.
run_buttons: Registry[Callable[[CourseRun, User], Iterable[NextStep]]] = Registry()
#: What is left to do after a run has been saved: the callable gets the run as saved and the user.
after_saving: Registry[Callable[[CourseRun, User], NextStep | None]] = Registry()
#: A change of status that people have to hear of has a page of its own: the callable gets the run as it stands
#: and the status wanted, and returns that page. The form then saves everything but the status.
status_pages: Registry[Callable[[CourseRun, str], NextStep | None]] = Registry()
