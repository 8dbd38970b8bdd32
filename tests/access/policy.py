"""Who may come in where: one line for every address of the site.

A new address fails `test_every_address_says_who_may_come_in` until it stands here. Add a line to `POLICY` with the
name of its URL and the door that is meant; where the address asks for a number of something else than the run's or
the participant's, say what in `OBJECTS`. Then run `pytest tests/access`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from tests.access.world import AARHUS, ROLES, Address, World

ALL = frozenset(ROLES)
SIGNED_IN = ALL - {"anonymous"}
NOBODY: frozenset[str] = frozenset()
ORGANISERS = frozenset({"organiser", "administrator"})
EDITORS = frozenset({"editor", "administrator"})
STAFF = EDITORS | ORGANISERS


@dataclass(frozen=True)
class Door:
    """Who comes in.

    `may_miss`: what stands behind it may be missing (404) for those it opens to, too. `may_send`: they may be sent
    on to sign in, or to another step of it.
    """

    admits: frozenset[str]
    may_miss: bool = False
    may_send: bool = False


#: Anybody: nothing there is about anybody.
PUBLIC = Door(ALL)
PUBLIC_MAYBE = Door(ALL, may_miss=True)
#: A step of signing in: anybody may knock, and is let in or sent to the step before.
SIGN_IN = Door(ALL, may_miss=True, may_send=True)
#: The link is the key: the matrix knocks with a forged one, and nobody may come in.
SECRET = Door(NOBODY)
#: Whoever has signed in, and sees what is theirs.
PERSONAL = Door(SIGNED_IN)
PERSONAL_MAYBE = Door(SIGNED_IN, may_miss=True)
#: The run's presenters, and organisers.
ROLL_CALL = Door(ORGANISERS | {"presenter"})
ROLL_CALL_MAYBE = Door(ORGANISERS | {"presenter"}, may_miss=True)
#: By token: the run's presenters and organisers.
API_RUN = ROLL_CALL
#: The municipality's training contacts. Organisers have the same page in the admin.
MUNICIPALITY = Door(frozenset({"contact"}))
OF_ORGANISERS = Door(ORGANISERS)
OF_ORGANISERS_MAYBE = Door(ORGANISERS, may_miss=True)
OF_EDITORS = Door(EDITORS, may_miss=True)
OF_STAFF = Door(STAFF)
OF_STAFF_MAYBE = Door(STAFF, may_miss=True)
OF_ADMINISTRATORS = Door(frozenset({"administrator"}))
#: What the admin's own sign-in page would need: pictures and words.
ADMIN_PARTS = Door(STAFF | {"anonymous"})
#: Closed for good.
CLOSED = Door(NOBODY)
#: Wagtail's own rooms. Which member of staff may do what there is Wagtail's to prove; nobody else comes in.
WAGTAIL = Door(STAFF)

#: Patterns of names (fnmatch) or, for what has no name, of routes. The first that fits counts.
POLICY: dict[str, Door] = {
    # Alive
    "healthz": PUBLIC,
    "readyz": PUBLIC_MAYBE,
    "sitemap": PUBLIC,
    "robots": PUBLIC,
    # Signing in
    "account_signup": CLOSED,
    "account_email": CLOSED,
    "account_email_verification_sent": CLOSED,
    "account_confirm_email": CLOSED,
    "account_*": SIGN_IN,
    "mfa_*": SIGN_IN,
    "admin/login/": Door(STAFF | {"anonymous"}, may_send=True),
    # Min side
    "accounts:forgotten": PUBLIC,
    "accounts:*": PERSONAL,
    "files:index": PERSONAL,
    "files:*": CLOSED,  # the file that the matrix asks for was ordered by somebody else
    # Wagtail's public side
    "wagtaildocs_serve": PUBLIC_MAYBE,
    "wagtaildocs_authenticate_with_password": PUBLIC_MAYBE,
    "wagtailcore_*": PUBLIC_MAYBE,
    "wagtailadmin_sprite": ADMIN_PARTS,
    "wagtailadmin_javascript_catalog": ADMIN_PARTS,
    "wagtail_serve": PUBLIC,
    "home:search": PUBLIC,
    "^media/*": PUBLIC_MAYBE,
    # Courses and registration
    "courses:calendar": PUBLIC,
    "api:openapi*": PUBLIC,
    "api:api-root": PUBLIC_MAYBE,
    "api:courses": PUBLIC,
    "api:runs": PUBLIC,
    "api:list_registrations": API_RUN,
    "api:list_attendance": API_RUN,
    "api:mark_attendance": ROLL_CALL,
    "api:list_reports": OF_ORGANISERS,
    "api:read_report": OF_ORGANISERS,
    "enrolments:register": PUBLIC,
    "enrolments:register_list": PUBLIC,
    "enrolments:verify": PUBLIC,
    # Secret links
    "enrolments:draft": SECRET,
    "enrolments:delete_draft": SECRET,
    "enrolments:registration": SECRET,
    "enrolments:cancel": SECRET,
    "enrolments:move": SECRET,
    "enrolments:correct_contact": SECRET,
    "enrolments:correct": SECRET,
    "enrolments:replace": SECRET,
    "enrolments:send_link": SECRET,
    "enrolments:participant": SECRET,
    "enrolments:seat_*": SECRET,
    "enrolments:feed": SECRET,
    "enrolments:offer": SECRET,
    "enrolments:answers": SECRET,
    "enrolments:answer_file": SECRET,
    "enrolments:certificate": SECRET,
    "evaluations:answer": SECRET,
    "evaluations:room": SECRET,
    "evaluations:thanks": PUBLIC,
    "evaluations:survey": PUBLIC,
    "evaluations:results*": ROLL_CALL,
    "evaluations:screen": ROLL_CALL,
    "evaluations:sheet": ROLL_CALL_MAYBE,
    "enrolments:staff_answer_file": Door(ORGANISERS, may_miss=True),
    "enrolments:new_feed_address": PERSONAL,
    "enrolments:course_history": PERSONAL,
    # Training contacts
    "enrolments:municipalities": PERSONAL,
    "enrolments:municipality_*": MUNICIPALITY,
    # Attendance
    "enrolments:roll_call_list": Door(ORGANISERS | {"presenter", "other_presenter"}),
    "enrolments:check_in": PUBLIC_MAYBE,
    "enrolments:check_in_scanned": PUBLIC_MAYBE,
    "enrolments:participant_code": PUBLIC_MAYBE,
    "enrolments:roll_call_offline": PUBLIC,
    "enrolments:manifest": PUBLIC,
    "enrolments:service_worker": PUBLIC,
    "enrolments:roll_call*": ROLL_CALL,
    "enrolments:presenter_brief": ROLL_CALL,
    "enrolments:door_screen": ROLL_CALL,
    "enrolments:count_screen": ROLL_CALL,
    "enrolments:sign_in_sheet": ROLL_CALL,
    "enrolments:mark_grid": ROLL_CALL,
    # The admin: people
    "evaluations_across:word": OF_ORGANISERS_MAYBE,
    "evaluations_across:*": OF_ORGANISERS,
    "evaluations_list:*": OF_ORGANISERS,
    "evaluations_anonymity:*": OF_ORGANISERS,
    "participants:request": OF_ORGANISERS_MAYBE,
    "participants:*certificate*": OF_ORGANISERS_MAYBE,
    "participants:walk_in_seat": OF_ORGANISERS_MAYBE,
    "participants:*": OF_ORGANISERS,
    "attendance_report*": OF_ORGANISERS,
    "training:*": OF_ORGANISERS,
    "surveys:file": OF_ORGANISERS_MAYBE,  # until it closes there is none
    "surveys:*": OF_ORGANISERS,
    "report_*": OF_ORGANISERS,
    "saved_report*": OF_ORGANISERS_MAYBE,
    "outbox:*": OF_ORGANISERS_MAYBE,
    "mail_texts:*": OF_ORGANISERS_MAYBE,
    "retention:index": OF_ORGANISERS,
    "retention:now": OF_ADMINISTRATORS,
    "long_jobs": OF_STAFF,
    "long_job*": CLOSED,  # somebody else's
    "wagtailsnippets_enrolments_question:*": OF_ORGANISERS,
    "wagtailsnippetchoosers_enrolments_question:*": WAGTAIL,
    # The admin: courses
    "planning:index": OF_STAFF,
    "wagtailsnippets_courses_courserun:delete": OF_ORGANISERS,
    "wagtailsnippets_courses_venue:delete": OF_ORGANISERS,
    "wagtailsnippets_courses_topic:list*": OF_STAFF,
    "wagtailsnippets_courses_topic:inspect": OF_STAFF,
    "wagtailsnippets_courses_topic:*": OF_EDITORS,
    "wagtailsnippets_courses_cancellationterms:list*": OF_STAFF,
    "wagtailsnippets_courses_cancellationterms:inspect": OF_STAFF,
    "wagtailsnippets_courses_cancellationterms:*": OF_ORGANISERS,
    "wagtailsnippets_courses_attendancerule:list*": OF_STAFF,
    "wagtailsnippets_courses_attendancerule:inspect": OF_STAFF,
    "wagtailsnippets_courses_attendancerule:*": OF_ORGANISERS,
    "wagtailsnippets_courses_*": OF_STAFF_MAYBE,
    "wagtailusers_api_tokens:*": Door(frozenset({"administrator"}), may_miss=True),
    "wagtailusers_*": OF_ADMINISTRATORS,
    "wagtail*": WAGTAIL,
    "admin/*": WAGTAIL,
}

#: What a route's argument is, by name of the URL (pattern) and of the argument. The first that fits counts.
OBJECTS: list[tuple[str, str, Callable[[World], Any]]] = [
    ("training:contact", "pk", lambda world: world.contact.pk),
    ("training:*", "code", lambda world: AARHUS),
    ("surveys:*", "pk", lambda world: world.objects["survey"].pk),
    ("surveys:flag", "text", lambda world: "00000000-0000-4000-8000-000000000000"),
    ("surveys:*", "batch", lambda world: "00000000-0000-4000-8000-000000000000"),
    ("evaluations:survey", "slug", lambda world: world.objects["open_survey"].slug),
    ("*", "key", lambda world: department_of(world)),
    ("enrolments:municipality_*", "code", lambda world: AARHUS),
    ("*", "run_pk", lambda world: world.run.pk),
    ("*", "day_pk", lambda world: world.run.ordered_days()[0].pk),
    ("*", "run_id", lambda world: world.run.pk),
    ("*", "day", lambda world: world.run.ordered_days()[0].date),
    ("*", "date", lambda world: world.run.ordered_days()[0].date),
    ("*", "enrolment_pk", lambda world: world.here.pk),
    ("*", "token", lambda world: "1-" + "0" * 40),
    ("*", "whose", lambda world: "participant"),
    ("*:evaluation_file", "form", lambda world: "xlsx"),
    ("evaluations:results_file", "form", lambda world: "xlsx"),
    ("*", "form", lambda world: "csv"),
    ("api:read_report", "report", lambda world: "municipality_quarter"),
    ("report_*", "kind", lambda world: "facts"),
    ("saved_report*", "pk", lambda world: world.objects["saved_report"].pk),
    ("*", "kind", lambda world: "enrolments.training_contact"),
    ("participants:seat", "pk", lambda world: world.objects["waiting"].pk),
    ("participants:*line*", "pk", lambda world: world.objects["waiting"].pk),
    ("participants:hold_for_group", "pk", lambda world: world.objects["waiting"].pk),
    ("participants:evaluation_plan", "moment", lambda world: "follow_up"),
    ("participants:evaluation_*", "pk", lambda world: world.objects["evaluation"].pk),
    ("participants:evaluation_*", "text_pk", lambda world: world.objects["text_answer"].pk),
    ("evaluations:results*", "pk", lambda world: world.objects["evaluation"].pk),
    ("participants:*", "pk", lambda world: world.here.pk),
    ("wagtailsnippets_courses_courserun:*", "pk", lambda world: world.run.pk),
    ("wagtailsnippets_courses_venue:*", "pk", lambda world: world.run.venue_id),
    ("wagtailsnippets_courses_presenter:*", "pk", lambda world: world.objects["presenter"].pk),
    ("wagtailsnippets_courses_cancellationterms:*", "pk", lambda world: world.objects["terms"].pk),
    ("wagtailsnippets_courses_topic:*", "pk", lambda world: world.objects["topic"].pk),
    ("wagtailsnippets_enrolments_question:*", "pk", lambda world: world.objects["question"].pk),
    ("wagtailsnippets_courses_attendancerule:*", "pk", lambda world: world.objects["rule"].pk),
    ("wagtailusers_users:*", "pk", lambda world: world.users["participant"].pk),
    ("wagtailusers_groups:*", "pk", lambda world: world.users["editor"].groups.get().pk),
    ("*", "code", lambda world: "0000"),
    ("*", "pk", lambda world: world.here.pk),
]

#: In these Wagtail asks for something of its own (a page, an action, a hash): any number or word will do to knock.
ANYTHING = 1


def department_of(world: World) -> str:
    from enrolments.reports.municipality_year import department_key

    return department_key(world.here.department)


def door_of(address: Address) -> Door | None:
    """Return who may come in at the address; None while nobody has said."""
    has_name = bool(address.name.rpartition(":")[2])
    known = address.name if has_name else address.route
    for pattern, door in POLICY.items():
        if fnmatchcase(known, pattern):
            return door
    return None


def argument(address: Address, name: str, world: World) -> Any:
    for pattern, wanted, value in OBJECTS:
        if wanted == name and fnmatchcase(address.name, pattern):
            return value(world)
    return ANYTHING
