"""What browser tests of the roll call share: open it and have it kept, mark, and wait for what is sent."""

from django.utils import timezone
from playwright.sync_api import Page, expect

STATUS = "#roll-status"


def roll_url(site, run) -> str:
    return f"{site.url}/fremmoede/hold/{run.pk}/{timezone.localdate()}/"


def open_roll(page: Page, url: str) -> None:
    """Open the roll call and wait until it is ready, and kept on the device."""
    page.goto(url)
    ready(page)
    wait_until(page, "() => navigator.serviceWorker.controller !== null")
    if not page.evaluate("path => caches.match(path).then(Boolean)", url):
        page.reload()
        ready(page)
    wait_until(page, "path => caches.match(path)", url)


def wait_until(page: Page, holds: str, given: object = None) -> None:
    """Wait until that function of the page says so: Playwright's own waiting needs what our policy forbids."""
    page.evaluate(
        f"""async (given) => {{
            const holds = {holds};
            while (!(await holds(given))) await new Promise(done => setTimeout(done, 50));
        }}""",
        given,
    )


def ready(page: Page) -> None:
    expect(page.locator("html[data-roll-call=ready]")).to_be_attached()


def row(page: Page, name: str):
    return page.locator(".roll-row[data-id]", has=page.get_by_text(name, exact=True))


def mark(page: Page, name: str, choice: str) -> None:
    button = row(page, name).get_by_role("button", name=choice)
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")


def unsent(page: Page, count: int) -> None:
    expect(page.locator(".roll-sign")).to_have_count(count)


def all_sent(page: Page) -> None:
    """Wait until nothing waits on the device."""
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator(STATUS)).to_have_attribute("data-waiting", "0")
    unsent(page, 0)
