"""Answering as a browser does it, for tests: `AnswerDesk(client, evaluation)`."""

from typing import Any

from django.http import HttpResponse
from django.test import Client

from evaluations import sealing
from evaluations.ballots import Paper, unpack
from evaluations.links import answer_link
from evaluations.models import Ballot, Evaluation, Voter


def url_of(voter: Voter) -> str:
    return f"/evaluering/{answer_link.token(voter)}/"


def voters_of(evaluation: Evaluation) -> list[Voter]:
    return list(evaluation.voters.order_by("pk"))


def open_ballots(evaluation: Evaluation) -> list[Paper]:
    """Return what lies in the box: opened with the worker's key, which tests have."""
    key = sealing.evaluation_key(bytes(evaluation.sealed_key))
    return [unpack(sealing.unseal(bytes(each.sealed), key)) for each in Ballot.objects.filter(evaluation=evaluation)]


def values_of(paper: Paper) -> dict[str, Any]:
    """Return a paper's answers by question (and "/subject", "#row" where there is one)."""
    return {
        answer.question
        + (f"/{answer.subject}" if answer.subject else "")
        + ("" if answer.row is None else f"#{answer.row}"): answer.value
        for answer in paper.answers
    }


def send(client: Client, voter: Voter, **answers: Any) -> HttpResponse:
    """Post answers to questions about the course as a whole, by short name."""
    return client.post(url_of(voter), {f"q-{name}": value for name, value in answers.items()})
