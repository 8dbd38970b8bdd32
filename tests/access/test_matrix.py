"""Roles × addresses × methods, generated from the URL configuration: who comes in, who does not, and what they read.

For every address of the site (`world.addresses`) and every role, GET is asked with objects of one run, municipality
and presenter, and POST by those who may not come in. Whoever may not is refused: sent to sign in, 403, 404, or (staff
in Wagtail) back to the start with words. Nobody ever meets an error of ours, and no answer holds a name that the role
may not read.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import NoReverseMatch, reverse

from tests.access.policy import POLICY, WAGTAIL, Door, argument, door_of
from tests.access.world import ROLES, STAFF, Address, World, addresses, build_world

pytestmark = pytest.mark.django_db

#: What an API call must carry to be understood at all; {} where nothing is said.
BODIES = {"api:mark_attendance": {"marks": []}}

#: Rows that a refusal may write: that somebody knocked.
MAY_GROW = {"sessions.Session", "accounts.ThrottleEntry", "wagtailcore.APIToken"}


@pytest.fixture
def world(settings) -> World:
    settings.ALLOWED_HOSTS = ["*"]
    return build_world()


def test_every_address_says_who_may_come_in():
    unknown = sorted({address.label for address in addresses() if door_of(address) is None})
    assert not unknown, (
        "These addresses stand in no line of tests/access/policy.py. Add one for each to POLICY, with the door that"
        f" is meant (PUBLIC, PERSONAL, ROLL_CALL, MUNICIPALITY, OF_ORGANISERS …): {', '.join(unknown)}"
    )


def test_every_line_is_about_an_address():
    from fnmatch import fnmatchcase

    names = [address.name if address.name.rpartition(":")[2] else address.route for address in addresses()]
    stale = [pattern for pattern in POLICY if not any(fnmatchcase(name, pattern) for name in names)]
    assert not stale, f"No address has these names any more: take the lines out of POLICY: {', '.join(stale)}"


@pytest.mark.parametrize("role", ROLES)
def test_who_comes_in_and_what_they_read(role, world):
    client, problems = world.client(role), []
    for address in asked_of(role):
        door = door_of(address) or Door(frozenset())
        url = url_of(address, world)
        if url is None:
            problems.append(f"{address.label}: no address could be made; say its arguments in OBJECTS")
            continue
        extra = {"headers": world.bearer(role)} if address.is_api else {}
        response = client.get(url, **extra)
        problems += judged("GET", address, door, role, response, world)
        again(client, world, role)
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("role", ROLES)
def test_a_post_of_somebody_who_may_not_come_in_changes_nothing(role, world):
    client, problems = world.client(role), []
    before = counted()
    for address in asked_of(role):
        door = door_of(address)
        url = url_of(address, world)
        if door is None or role in door.admits or url is None:
            continue
        extra = {"headers": world.bearer(role)} if address.is_api else {}
        if address.is_api:
            response = client.post(url, BODIES.get(address.name, {}), content_type="application/json", **extra)
        else:
            response = client.post(url, {}, **extra)
        problems += judged("POST", address, door, role, response, world)
        again(client, world, role)
    after = counted()
    grown = [name for name, rows in after.items() if rows != before[name] and name not in MAY_GROW]
    assert not problems, "\n".join(problems)
    assert not grown, f"refused, and yet rows of these came or went: {', '.join(grown)}"


def test_the_canaries_sing(world):
    """Else the matrix would prove nothing: whoever may read the names does read them."""
    organiser, contact = world.client("organiser"), world.client("contact")
    page = read(organiser.get(f"/admin/participants/run/{world.run.pk}/participants/"))
    assert world.here.name in page and world.neighbour.name in page
    year = read(contact.get("/kommune/0751/"))
    assert world.here.name in year and world.elsewhere.name in year and world.neighbour.name not in year


def asked_of(role: str) -> Iterator[Address]:
    """Yield the addresses the role knocks at.

    At Wagtail's own rooms, one door for all of them (AdminDoorMiddleware), two of those who may not come in do.
    """
    for address in addresses():
        if door_of(address) is WAGTAIL and role not in ("anonymous", "contact"):
            continue
        if "logout" in address.label:
            continue
        yield address


def url_of(address: Address, world: World) -> str | None:
    """Return the address with the world's objects in it."""
    if address.label == "wagtail_serve":
        return "/"
    if not address.name.rpartition(":")[2]:
        return "/" + re.sub(r"\^.*", "findes-ikke/", address.route)
    arguments = {name: argument(address, name, world) for name in address.wants}
    for kwargs in (arguments, {name: str(value) for name, value in arguments.items()}):
        try:
            return reverse(address.name, kwargs=kwargs)
        except NoReverseMatch:
            continue
    try:  # patterns with groups that have no names
        return reverse(address.name, args=["1"] * address.pattern.pattern.regex.groups)
    except NoReverseMatch:
        return None


def judged(method: str, address: Address, door: Door, role: str, response: Any, world: World) -> Iterator[str]:
    """Yield what is wrong with an answer, in words."""
    where = f"{method} {address.label} as {role}"
    status, location = response.status_code, response.headers.get("Location", "")
    if status >= 500 and address.label not in {"readyz", "wagtailadmin_error_test"}:
        yield f"{where}: answered {status}"
        return
    text = read(response)
    for name in world.forbidden(role):
        if name in text:
            yield f"{where}: shows {name}"
    refused = (
        status in (401, 403, 404)
        or location.startswith(("/konto/login/", "/admin/login/"))
        or (role in STAFF and address.is_admin and location == "/admin/")
    )
    if role in door.admits:
        if refused and not (status == 404 and door.may_miss) and not (location and door.may_send):
            yield f"{where}: refused ({status} {location}), and is meant to come in"
    elif not refused and status != 405:
        yield f"{where}: came in ({status} {location}), and is not meant to"


def read(response: Any) -> str:
    """Return all that an answer says, also in a file: a workbook is a zip of texts."""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = b"".join(archive.read(name) for name in archive.namelist())
    return content.decode("utf-8", "replace")


def again(client: Client, world: World, role: str) -> None:
    """Sign in again where an address has signed somebody out."""
    if role != "anonymous" and "sessionid" not in client.cookies:
        client.force_login(world.users[role])


def counted() -> dict[str, int]:
    """Return how many rows each of our tables has."""
    ours = ("courses", "enrolments", "evaluations", "modules", "accounts", "messaging", "core", "home", "wagtailcore")
    models = [model for model in apps.get_models() if model._meta.app_label in ours and model._meta.managed]
    return {model._meta.label: model._default_manager.count() for model in models}
