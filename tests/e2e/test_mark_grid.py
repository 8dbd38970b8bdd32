"""Marks typed in from paper in the browser: by keyboard alone, and without JavaScript."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from courses.models import CourseRun
from enrolments.models import Attendance
from tests.e2e.helpers import fits, sign_in_by_password
from tests.factories import CourseRunFactory, EnrolmentFactory

if TYPE_CHECKING:
    from tests.e2e.conftest import Site

ORGANISER = "arrangoer@example.dk"


def run_of_three() -> CourseRun:
    run = CourseRunFactory(first_day=timezone.localdate() - timedelta(days=1), with_days=1)
    for name in ("Anna And", "Bo Bæk", "Ærø Ørsted"):
        EnrolmentFactory(run=run, name=name)
    return run


def grid_of(run: CourseRun) -> str:
    return reverse("enrolments:mark_grid", kwargs={"run_pk": run.pk, "date": run.ordered_days()[0].date})


def marks(run: CourseRun) -> dict[str, tuple[str, int | None]]:
    found = Attendance.objects.filter(enrolment__run=run).values_list("enrolment__name", "status", "minutes_late")
    return {name: (status, late) for name, status, late in found}


def test_marks_are_typed_by_keyboard_and_enter_goes_to_the_next(
    demo_site: "Site", open_page: Callable[..., Page], check_accessibility: Callable[[Page], None]
) -> None:
    run = run_of_three()
    page = open_page(width=390)
    sign_in_by_password(page, demo_site.url, ORGANISER, to=grid_of(run))
    check_accessibility(page)
    assert fits(page)

    page.get_by_label("Anna And").focus()
    for written in ("t", "f15", "hvem"):
        page.keyboard.type(written)
        page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Gem registreringerne")).to_be_focused()
    page.keyboard.press("Enter")

    # The wrong one keeps what was typed, and the summary of what is wrong has the focus.
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("Ærø Ørsted")).to_have_value("hvem")
    check_accessibility(page)
    assert marks(run) == {"Anna And": ("present", None), "Bo Bæk": ("late", 15)}

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    wrong = page.get_by_label("Ærø Ørsted")
    expect(wrong).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_label("Bo Bæk")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.type("u")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 registrering er gemt.")).to_be_visible()
    assert marks(run)["Ærø Ørsted"] == ("absent", None)


@pytest.mark.parametrize("width", [1280])
def test_the_grid_works_without_javascript(demo_site: "Site", open_page: Callable[..., Page], width: int) -> None:
    run = run_of_three()
    page = open_page(width=width, javascript=False)
    sign_in_by_password(page, demo_site.url, ORGANISER, to=grid_of(run))
    page.get_by_label("Bo Bæk").fill("f5")
    page.get_by_label("Bo Bæk").press("Enter")
    expect(page.get_by_text("1 registrering er gemt.")).to_be_visible()
    assert marks(run) == {"Bo Bæk": ("late", 5)}
