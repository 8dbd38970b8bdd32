"""Questions of runs' own and what was answered, from `fixtures/demo/questions.toml`."""

from random import Random
from typing import Any

from courses.models import CourseRun
from demo.loader.files import read
from demo.loader.ledger import Ledger
from enrolments.enums import AskedOf
from enrolments.models import Answer, Question


def load(ledger: Ledger) -> None:
    """Ask the questions on the runs that this load made, and answer them for those who had registered."""
    # A chance of its own: what the other steps draw stays as it was.
    random = Random(41)  # noqa: S311 (made-up answers, no secrets)
    for run, entry in ledger.runs:
        asked: dict[str, Question] = {}
        for number, about in enumerate(read("questions")["question"]):
            if entry["key"] in about["runs"]:
                question = asked[about["key"]] = _ask(run, about, number, asked)
                Answer.objects.bulk_create(_answers(run, question, about, random))


def _ask(run: CourseRun, about: dict[str, Any], number: int, asked: dict[str, Question]) -> Question:
    return Question.objects.create(
        run=run,
        text=about["text"],
        help_text=about.get("help_text", ""),
        kind=about["kind"],
        choices="\n".join(about.get("choices", [])),
        asked_of=about.get("asked_of", AskedOf.PARTICIPANT),
        for_presenters=about.get("for_presenters", False),
        shown_if=asked.get(about.get("after", "")),
        shown_if_answer=about.get("answer", ""),
        sort_order=number,
    )


def _answers(run: CourseRun, question: Question, about: dict[str, Any], random: Random) -> list[Answer]:
    """Return answers of some of the run's participants (or contacts): of those who met the question."""
    if question.asked_of == AskedOf.REGISTRATION:
        rows = [{"registration": registration} for registration in run.registrations.order_by("pk")]
    else:
        people = run.enrolments.exclude(name="").select_related("registration").order_by("pk")
        if question.shown_if_id:
            people = people.filter(answers__question=question.shown_if, answers__value=question.shown_if_answer)
        rows = [{"registration": person.registration, "enrolment": person} for person in people]
    chosen = [row for row in rows if random.random() < about["share"]]
    return [Answer(question=question, value=random.choice(about["answers"]), **row) for row in chosen]
