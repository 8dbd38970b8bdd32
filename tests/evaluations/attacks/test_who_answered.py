"""After closing, nothing tells those who answered from those who did not: not even *that*.

Everything is done as in earnest: mails, reminders to the others, votes, stirs, the closing, moderation, the mail of
what was changed. Then all rows of all tables that are about one who answered are held against those about one who
did not. What differs between two who did not is chance (names, numbers, times) and left out.
"""

import json
import re
from collections import defaultdict
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from wagtail.models import ModelLogEntry, PageLogEntry

from evaluations import emails, tasks
from evaluations.enums import Moment
from evaluations.links import answer_link
from evaluations.models import Evaluation, TextAnswer, Voter
from evaluations.operations import moderating, reminding
from evaluations.operations.reminding import send_due
from tests import factories
from tests.evaluations.answer_helpers import send
from tests.evaluations.attacks.test_dumps import dump
from tests.evaluations.box_helpers import make_due
from tests.evaluations.factories import open_evaluation
from tests.evaluations.survey_helpers import NOON
from website.messaging.enums import MailStatus
from website.messaging.models import OutboxMessage
from website.messaging.operations import deliver_due
from website.messaging.registry import private_kinds

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE, ANSWER = 9, 6
Row = dict[str, Any]


@pytest.fixture(autouse=True)
def at_any_hour(settings) -> None:
    settings.REMINDER_HOUR = 0


@pytest.fixture
def organiser(db) -> Client:
    client = Client()
    client.force_login(factories.UserFactory(organiser=True, staff=True))
    return client


@pytest.fixture
def voters(organiser) -> list[Voter]:
    """Return who was asked in an evaluation that is over, the first six of whom answered."""
    return whole_life(organiser)


def whole_life(organiser: Client) -> list[Voter]:
    evaluation = open_evaluation(people=PEOPLE, run=factories.CourseRunFactory(capacity=None, with_days=1))
    voters = list(evaluation.voters.select_related("enrolment").order_by("pk"))
    due(evaluation, "invites_at")
    for voter in voters[: ANSWER // 2]:
        answers(voter)
    tasks.stir(timestamp=0)
    due(evaluation, "first_reminder_at")
    for voter in voters[ANSWER // 2 : ANSWER]:
        answers(voter)
    due(evaluation, "second_reminder_at")
    organiser.post(reverse("participants:evaluation_close", args=[evaluation.run_id, evaluation.pk]))
    make_due(evaluation)
    tasks.open_and_close(timestamp=0)
    evaluation.refresh_from_db()
    assert (evaluation.invited, evaluation.answered) == (PEOPLE, ANSWER)
    by = factories.UserFactory(organiser=True)
    text = TextAnswer.objects.order_by("?").first()
    moderating.hide_text(evaluation_pk=evaluation.pk, text_pk=text.pk, hidden=True, by=by)
    moderating.write_changes(evaluation_pk=evaluation.pk, words="Længere pauser.")
    moderating.tell_changes(evaluation_pk=evaluation.pk)
    deliver_due()
    return voters


def due(evaluation: Evaluation, moment: str) -> None:
    """Let the moment of that mail come, and send it."""
    Evaluation.objects.filter(pk=evaluation.pk).update(**{moment: timezone.now() - timedelta(seconds=1)})
    evaluation.refresh_from_db()
    assert send_due(evaluation=evaluation)
    deliver_due()


def answers(voter: Voter) -> None:
    assert send(Client(), voter, teaching=3, learned="Meget").status_code == 303


def rows_about(voter: Voter) -> dict[str, list[Row]]:
    """Return every row that names somebody: their address, their name, or a number of theirs."""
    enrolment, found = voter.enrolment, defaultdict(list)
    words = (enrolment.email, enrolment.name, f"enrolment:{enrolment.pk}", answer_link.token(voter))
    for table, lines in dump()[0].items():
        for line in lines.elements():
            row = json.loads(line)
            theirs = (
                row.get("enrolment_id") == enrolment.pk
                or (table == "public.enrolments_enrolment" and row["id"] == enrolment.pk)
                or (table == "public.evaluations_voter" and row["id"] == voter.pk)
                or any(word in json.dumps(row, ensure_ascii=False) for word in words)
            )
            if theirs:
                found[table].append(row)
    return dict(found)


def differences(one: dict[str, list[Row]], other: dict[str, list[Row]]) -> set[str]:
    """Return which tables hold other numbers of rows of the two, and which columns other values."""
    found = {f"{table}: rows" for table in {*one, *other} if len(one.get(table, ())) != len(other.get(table, ()))}
    for table in set(one) & set(other):
        for column in one[table][0]:
            values = [sorted(json.dumps(row[column], sort_keys=True) for row in rows[table]) for rows in (one, other)]
            if values[0] != values[1]:
                found.add(f"{table}: {column}")
    return found


def told_apart(voters: list[Voter]) -> set[str]:
    """Return what tells one who answered from two who did not, but no two of these from one another."""
    *_others, silent, also_silent, still_silent = map(rows_about, voters)
    chance = (
        differences(silent, also_silent) | differences(also_silent, still_silent) | differences(silent, still_silent)
    )
    assert "public.evaluations_voter" in silent, "they are found"
    early, late = rows_about(voters[0]), rows_about(voters[ANSWER - 1])
    return (differences(early, silent) | differences(late, silent)) - chance


def test_after_closing_no_row_tells_who_answered(voters):
    assert told_apart(voters) == set()


def test_the_measure_sees_mails_that_stay(organiser, monkeypatch):
    monkeypatch.setattr(reminding, "forget_mails", lambda: 0)

    assert "public.messaging_outboxmessage: rows" in told_apart(whole_life(organiser))


def test_the_measure_sees_a_roll_that_keeps_how_often_each_was_written_to(organiser, monkeypatch):
    from evaluations.operations import closing, stirring

    monkeypatch.setattr(closing, "rewrite_roll", lambda pk, is_over: stirring.rewrite_roll(pk))

    assert told_apart(whole_life(organiser)) == {
        "public.evaluations_voter: mails",
        "public.evaluations_voter: has_answered",
    }


def test_no_job_names_anybody_and_what_it_names_is_gone(voters):
    """Jobs and their events are kept for weeks, with their times."""
    jobs = list(ProcrastinateJob.objects.values_list("task_name", "args", "lock", "queueing_lock"))
    mailed = {pk for _task, args, *_locks in jobs for pk in args.get("message_pks", ())}

    assert {frozenset(args) for _task, args, *_locks in jobs} <= {frozenset({"message_pks"}), frozenset({"timestamp"})}
    assert len(mailed) > PEOPLE
    assert not OutboxMessage.objects.filter(pk__in=mailed, kind__in=private_kinds()).exists()
    kept = "\n".join(map(str, jobs))
    for voter in voters:
        assert not [word for word in (answer_link.token(voter), voter.enrolment.email) if word in kept]


def test_the_staffs_logs_of_what_was_done_name_nobody_who_was_asked(voters):
    """Wagtail's history of pages and snippets. Django's own admin, which keeps another, is not there."""
    assert not apps.is_installed("django.contrib.admin")
    kept = [
        *(json.dumps([each.action, each.label, each.data], default=str) for each in ModelLogEntry.objects.all()),
        *(json.dumps([each.action, each.label, each.data], default=str) for each in PageLogEntry.objects.all()),
    ]

    for voter in voters:
        names = (voter.enrolment.email, voter.enrolment.name, answer_link.token(voter))
        assert not [line for line in kept if any(name in line for name in names)]
    models = {each.content_type.model_class() for each in ModelLogEntry.objects.select_related("content_type")}
    assert Voter not in models


def test_what_is_mailed_after_closing_goes_to_all_alike(voters):
    subject = "Det ændrede vi"
    told = {address for message in mail.outbox if subject in message.subject for address in message.to}

    assert told == {voter.enrolment.email for voter in voters}


def test_a_survey_on_min_side_comes_with_its_mail_so_the_list_of_who_was_mailed_tells_nothing():
    """Somebody who answered before the mails went would be the one on the list who is never mailed."""
    from tests.evaluations.survey_helpers import survey
    from website.accounts.models import User

    made = survey(people=6, opens_at=NOON - timedelta(hours=12))
    Evaluation.objects.update(opens_at=timezone.now() - timedelta(hours=1), invites_at=timezone.now())
    user: User = factories.UserFactory(email="person0@example.dk")
    client = Client()
    client.force_login(user)
    link = answer_link.token(Voter.objects.get(invitation__email=user.email))

    before = client.get("/min-side/").content.decode()
    evaluation = Evaluation.objects.select_related("survey", "run").get(survey=made)
    send_due(evaluation=evaluation)
    after = client.get("/min-side/").content.decode()

    assert link not in before
    assert link in after


def test_mails_that_come_back_tell_the_organiser_nothing_of_who_had_answered(organiser):
    """One address is known to be bad. Whether the mails of the evaluation went there would tell, were they counted."""
    evaluation = open_evaluation(people=PEOPLE, run=factories.CourseRunFactory(capacity=None, with_days=1))
    email = evaluation.voters.select_related("enrolment").first().enrolment.email
    came_back = {"status": MailStatus.BOUNCED, "undeliverable_at": timezone.now()}
    OutboxMessage.objects.create(kind="enrolments.participant_confirmed", to=email, message_id="<1@x>", **came_back)
    page = reverse("participants:evaluation", args=[evaluation.run_id])

    before = shown(organiser, page)
    for number, kind in enumerate((emails.INVITATIONS[Moment.END], *emails.REMINDERS)):
        about = {"reference": emails.reference_to(evaluation), "message_id": f"<e{number}@x>"}
        OutboxMessage.objects.create(kind=kind, to=email, **about, **came_back)

    assert "1 af de spurgte har en e-mailadresse, der ikke tager imod mails" in before
    assert shown(organiser, page) == before


def shown(client: Client, address: str) -> str:
    return re.sub(r"\b[A-Za-z0-9]{64}\b", "", client.get(address).content.decode())
