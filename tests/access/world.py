"""Two runs, two municipalities, two presenters, four people, and somebody in every role.

Every participant has a name that stands nowhere else (a canary). On each run one comes from each municipality, so
that a page which shows a run where it should show a municipality, or the other way round, tells too much.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from wagtail.models import APIToken

from courses.models import AttendanceRule, CourseRun
from enrolments.enums import EnrolmentStatus
from enrolments.models import Enrolment, SavedReport, TrainingContact
from evaluations.enums import Audience, Moment
from evaluations.links import answer_link
from evaluations.models import Evaluation, TextAnswer, Voter
from tests.evaluations.factories import LEARNED, closed_evaluation, open_evaluation, questionnaire
from tests.evaluations.survey_helpers import survey
from tests.factories import (
    AttendanceFactory,
    CancellationTermsFactory,
    CourseRunFactory,
    EnrolmentFactory,
    PresenterFactory,
    QuestionFactory,
    RegistrationFactory,
    TopicFactory,
    UserFactory,
    municipality,
)
from website.accounts.models import User

AARHUS, ODENSE = "0751", "0461"
#: What people wrote in an evaluation that is closed.
ANSWER = "Kanariesvar"

#: Who asks. `presenter` and `contact` are those of the objects in the addresses, `other_…` those of the others.
ROLES = (
    *("anonymous", "participant", "presenter", "other_presenter", "contact", "other_contact"),
    *("editor", "organiser", "administrator"),
)
STAFF = ("editor", "organiser", "administrator")


@dataclass
class World:
    """What the addresses are about (`run`, `enrolment` …), who asks, and what each of them may never read."""

    run: CourseRun
    other_run: CourseRun
    here: Enrolment
    neighbour: Enrolment
    elsewhere: Enrolment
    away: Enrolment
    contact: TrainingContact
    users: dict[str, User]
    objects: dict[str, Any] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    answer_links: dict[str, str] = field(default_factory=dict)

    def client(self, role: str) -> Client:
        client = Client(raise_request_exception=False)
        if role != "anonymous":
            client.force_login(self.users[role])
        return client

    def bearer(self, role: str) -> dict[str, str]:
        """Return the header with the role's API token; none for whoever has none."""
        if role == "anonymous":
            return {}
        if role not in self.tokens:
            _token, self.tokens[role] = APIToken.create_token(user=self.users[role], name=role)
        return {"authorization": f"Bearer {self.tokens[role]}"}

    def forbidden(self, role: str) -> list[str]:
        """Return the names that the role may read nowhere."""
        people = {"here": self.here, "neighbour": self.neighbour, "elsewhere": self.elsewhere, "away": self.away}
        allowed = {
            "participant": {"here"},
            "presenter": {"here", "neighbour"},
            "other_presenter": {"elsewhere", "away"},
            "contact": {"here", "elsewhere"},
            "other_contact": {"neighbour", "away"},
            "organiser": set(people),
            "administrator": set(people),
        }.get(role, set())
        names = [person.name for name, person in people.items() if name not in allowed]
        # What people answered is for organisers and the run's presenters; a link to answer for whoever it is of.
        answers = [] if role in ("presenter", "organiser", "administrator") else [ANSWER]
        links = [link for whose, link in self.answer_links.items() if whose != role]
        return names + answers + links


def build_world() -> World:
    """Make all of it. The addresses are about `run` and `here`: of the presenter, of Aarhus."""
    presenters = [PresenterFactory(with_user=True) for _each in range(2)]
    runs = [
        CourseRunFactory(today=True, label=f"Hold {number}", day_fields={"presenters": [presenter]})
        for number, presenter in enumerate(presenters, start=1)
    ]
    names = iter(["Kanarine Herfra", "Kanarine Naboby", "Kanarine Andetsteds", "Kanarine Langvæk"])
    people = []
    for run in runs:
        for code in (AARHUS, ODENSE):
            registration = RegistrationFactory(run=run, organisation=municipality(code))
            person = EnrolmentFactory(registration=registration, name=next(names), email=f"k{len(people)}@example.dk")
            AttendanceFactory(enrolment=person)
            people.append(person)
    staff = {name: UserFactory(**{name: True}, staff=True) for name in STAFF}
    users = {
        "participant": UserFactory(email=people[0].email),
        "presenter": presenters[0].user,
        "other_presenter": presenters[1].user,
        "contact": UserFactory(),
        "other_contact": UserFactory(),
        **staff,
    }
    contacts = [
        TrainingContact.objects.create(user=users[role], organisation=municipality(code), granted_by=staff["organiser"])
        for role, code in (("contact", AARHUS), ("other_contact", ODENSE))
    ]
    world = World(runs[0], runs[1], *people, contacts[0], users)
    evaluation = closed_evaluation(
        run=runs[0], people=0, asked=questionnaire(LEARNED), texts={"learned": [f"{ANSWER} {n}" for n in range(5)]}
    )
    still_open = open_evaluation(run=runs[0], people=0, asked=questionnaire(LEARNED, moment=Moment.FOLLOW_UP))
    for whose, person in (("participant", people[0]), ("neighbour", people[1])):
        voter = Voter.objects.create(evaluation=still_open, enrolment=person)
        world.answer_links[whose] = answer_link.token(voter)
    Evaluation.objects.filter(pk=evaluation.pk).update(changes_made="Vi holder flere pauser.")
    world.objects = {
        "waiting": EnrolmentFactory(run=runs[0], status=EnrolmentStatus.WAITING, line_order=1),
        "question": QuestionFactory(run=runs[0]),
        "terms": CancellationTermsFactory(),
        "topic": TopicFactory(),
        "rule": AttendanceRule.objects.create(name="En regel"),
        "presenter": presenters[0],
        "evaluation": evaluation,
        "text_answer": TextAnswer.objects.get(result__evaluation=evaluation, text=f"{ANSWER} 0"),
        "survey": survey(slug="inviteret"),
        "open_survey": survey(slug="aaben", audience=Audience.OPEN),
        "saved_report": SavedReport.objects.create(name="En rapport", owner=staff["organiser"], kind="facts"),
    }
    return world


@dataclass(frozen=True)
class Address:
    """One pattern of the URL configuration: its full name ("" when it has none), its route and what it asks for."""

    name: str
    route: str
    pattern: URLPattern
    wants: tuple[str, ...]

    @property
    def label(self) -> str:
        return self.name if self.name.rpartition(":")[2] else self.route

    @property
    def is_admin(self) -> bool:
        return self.route.startswith("admin/")

    @property
    def is_api(self) -> bool:
        return self.route.startswith("api/")


def addresses() -> list[Address]:
    """Return every pattern that is reachable, in the order in which they are tried."""
    return list(_walk(get_resolver().url_patterns, "", (), ()))


def _walk(patterns: list[Any], prefix: str, namespaces: tuple[str, ...], wants: tuple[str, ...]) -> Iterator[Address]:
    for each in patterns:
        route = prefix + str(each.pattern)
        asked = (*wants, *each.pattern.converters, *each.pattern.regex.groupindex)
        if isinstance(each, URLResolver):
            inner = (*namespaces, each.namespace) if each.namespace else namespaces
            yield from _walk(each.url_patterns, route, inner, asked)
        else:
            yield Address(":".join([*namespaces, each.name or ""]), route, each, tuple(dict.fromkeys(asked)))
