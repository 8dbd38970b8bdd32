"""What a reader leaves and meets: no cookies, no third party, a strict policy, nobody's name."""

import re
from urllib.parse import urlsplit

from playwright.sync_api import expect

from courses.enums import RunStatus
from demo.loader.users import ORGANISER
from enrolments.links import registration_link
from enrolments.models import Enrolment
from tests import factories
from tests.e2e.helpers import demo_run

#: What every page allows itself. Only a page with a video may, besides, frame the video's host.
STRICT = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'self'",
}
READ = (
    "/",
    "/kurser/",
    "/kurser/?q=samskabelse&sted=Herlev",
    "/kurser/?fra=forkert",
    "/kurser/samskabelse-i-praksis/",
    "/kurser/led-samskabelsen/",
    "/kurser/playmakeren-og-faelles-skaberen/",
    "/kurser/ledelse-af-og-samarbejde-med-frivillige/",
    "/ledelse-af-frivillige/",
    "/privatliv/",
    "/soeg/?q=ledelse",
    "/findes-ikke/",
    "/tilmelding/min/1-forkert/",
)
MACHINES = ("/kurser/kalender.ics", "/sitemap.xml", "/robots.txt", "/api/v1/courses", "/api/v1/runs")


def test_a_reader_gets_no_cookie_and_asks_only_us(demo_site, page):
    # That nobody else is asked is what `open_page` watches over; a video is the place where it would happen.
    for path in READ:
        page.goto(demo_site.url + path, wait_until="networkidle")
        assert page.context.cookies() == [], path
        assert page.evaluate("localStorage.length + sessionStorage.length") == 0, path


def test_a_video_asks_its_host_only_after_a_click(demo_site, page):
    page.goto(f"{demo_site.url}/ledelse-af-frivillige/", wait_until="networkidle")
    assert page.locator("iframe").count() == 0
    asked = []
    page.route(re.compile("^https:"), lambda route: (asked.append(urlsplit(route.request.url).netloc), route.abort()))

    with page.expect_request(re.compile("^https:")):
        page.get_by_role("link", name=re.compile("^Afspil")).click()

    expect(page.locator("iframe")).to_have_attribute("src", re.compile("^https://www.youtube-nocookie.com/"))
    assert set(asked) <= {"www.youtube-nocookie.com"}


def test_every_public_answer_carries_the_strict_policy(demo_site, page):
    run = demo_run("samskabelse-i-praksis", "Aalborg", status=RunStatus.OPEN)
    receipt = registration_link.token(factories.RegistrationFactory(participants=1))
    for path in (
        *READ,
        f"/tilmelding/{run.pk}/",
        f"/tilmelding/min/{receipt}/",
        f"/tilmelding/min/{receipt}/afbestil/",
        "/konto/login/",
    ):
        answer = page.goto(demo_site.url + path)
        policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
        assert {name: policy.get(name) for name in STRICT} == STRICT, path
        assert "unsafe" not in str(policy), path
        assert ("frame-src" in policy) == (path == "/ledelse-af-frivillige/"), path
        assert page.locator("[style], script:not([src]):not([type$='json']), style").count() == 0, path


def test_nobody_who_takes_part_is_named_in_public(demo_site, page):
    people = Enrolment.objects.select_related("registration")
    secrets = {person.email for person in people} | {person.registration.contact_email for person in people}
    secrets |= {person.name for person in people} | {person.registration.contact_name for person in people}
    # "Deltager 1" is what the factories call people, and the form a row.
    secrets = {secret.casefold() for secret in secrets if len(secret) > 5 and not secret.startswith("Deltager ")}
    assert len(secrets) > 300
    run = demo_run("playmakeren-og-faelles-skaberen", "Aarhus", status=RunStatus.OPEN)
    for path in (*READ, *MACHINES, f"/tilmelding/{run.pk}/"):
        text = page.request.get(demo_site.url + path).text().casefold()
        found = {secret for secret in secrets if secret in text}
        assert found == set(), path


def test_the_secret_link_does_not_travel(demo_site, page, open_page, sign_in):
    """Neither in a Referer nor into a search engine; and nobody reads the roll without signing in."""
    receipt = (
        f"{demo_site.url}/tilmelding/min/{registration_link.token(factories.RegistrationFactory(participants=1))}/"
    )
    answer = page.goto(receipt)
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "noindex" in answer.headers["x-robots-tag"]
    assert "no-store" in answer.headers["cache-control"]
    with page.expect_request(f"{demo_site.url}/kurser/") as asked:
        page.get_by_role("navigation", name="Hovedmenu").get_by_role("link", name="Kurser", exact=True).click()
    assert "referer" not in asked.value.headers

    run = demo_run("led-samskabelsen", "Herlev")
    page.goto(f"{demo_site.url}/fremmoede/hold/{run.pk}/")
    expect(page).to_have_url(re.compile("/konto/login/"))
    staff = open_page()
    sign_in(staff, ORGANISER)
    rolled = staff.goto(f"{demo_site.url}/fremmoede/hold/{run.pk}/")
    assert "no-store" in rolled.headers["cache-control"]
