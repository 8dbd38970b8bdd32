"""Questions of a run's own, and what people answer: which are asked, saving answers, and changing them later.

A file is put in the private storage before the run is locked, under a name that tells nothing; it is taken out
again when the answers were not saved. What a killed process leaves behind goes by `sweep_files`.
"""

import hashlib
import logging
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import PurePosixPath

from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from courses.enums import RunStatus
from courses.models import CourseRun
from courses.models.runs import today as danish_today
from enrolments.enums import ENDED_STATUSES, ActorKind, AskedOf, EventKind
from enrolments.exceptions import AnswersChanged, TooLate
from enrolments.models import Answer, Enrolment, EnrolmentEvent, Question, Registration
from enrolments.operations.details import GivenAnswer
from website.accounts.models import User
from website.storage import private

logger = logging.getLogger(__name__)

#: A file without an answer is left alone for this long: its registration may be under way.
UNDER_WAY = timedelta(days=1)
NAME_LENGTH = 150


def questions_of(run: CourseRun) -> list[Question]:
    """Return what is asked on a run now: its course's questions and its own, each after the one it hangs on.

    One query. A question whose condition is no longer asked is left out, for nobody can meet it.
    """
    asked = Question.objects.filter(Q(run=run) | Q(course=run.course_id), is_active=True)
    waiting = list(asked.order_by("sort_order", "pk"))
    ordered: list[Question] = []
    placed: set[int] = set()
    while waiting:
        at = next((n for n, each in enumerate(waiting) if each.shown_if_id is None or each.shown_if_id in placed), None)
        if at is None:
            break
        question = waiting.pop(at)
        ordered.append(question)
        placed.add(question.pk)
    return ordered


def asked_of(questions: Iterable[Question], whom: AskedOf) -> list[Question]:
    """Return those of the questions that are asked of each participant, or of the contact once."""
    return [question for question in questions if question.asked_of == whom]


@contextmanager
def stored_files(given: Iterable[GivenAnswer]) -> Iterator[None]:
    """Put the answers' files in the private storage; take those out again that no answer refers to afterwards.

    Use it around the transaction that saves the answers, so that no lock is held while files travel.
    """
    with_files = [(answer, answer.file) for answer in given if answer.file is not None and not answer.stored]
    try:
        for answer, file in with_files:
            answer.stored = private().save(_stored_name(answer.value), file)
        yield
    finally:
        _drop_unused([answer.stored for answer, _file in with_files if answer.stored])


def _stored_name(name: str) -> str:
    """Return where a file of that name is put: nothing of the name but its ending."""
    suffix = PurePosixPath(name).suffix.lower()
    return f"answers/{timezone.now():%Y/%m}/{uuid.uuid4().hex}{suffix}"


def save_answers(
    *,
    registration: Registration,
    once: Sequence[GivenAnswer] = (),
    enrolments: Sequence[Enrolment] = (),
    each: Sequence[Sequence[GivenAnswer]] = (),
) -> None:
    """Write a new registration's answers: `once` the contact's, `each` those of `enrolments`, in the same order.

    One query, however many. Call it in the transaction that registers, with the files stored (`stored_files`).
    """
    rows = [_row(answer, registration) for answer in once if not answer.is_empty]
    for enrolment, answers in zip(enrolments, each, strict=True):
        rows += [_row(answer, registration, enrolment) for answer in answers if not answer.is_empty]
    if rows:
        Answer.objects.bulk_create(rows, batch_size=1000)


def may_change_answers(run: CourseRun, at: datetime | None = None) -> bool:
    """Whether answers may still change: until the first day begins, on a run that is held."""
    starts_at = run.starts_at
    return run.status != RunStatus.CANCELLED and (starts_at is None or (at or timezone.now()) < starts_at)


def answers_of(
    registration: Registration, enrolment: Enrolment | None = None, *, questions: Collection[Question] | None = None
) -> dict[int, Answer]:
    """Return the answers of a participant, or (without one) of the registration as a whole, by question."""
    answers = Answer.objects.filter(registration=registration, enrolment=enrolment)
    if questions is not None:
        answers = answers.filter(question__in=[question.pk for question in questions])
    return {answer.question_id: answer for answer in answers}


def answers_mark(answers: Mapping[int, Answer]) -> str:
    """Return a mark that differs when any of the answers does: what somebody had before them."""
    seen = sorted((pk, answer.value, answer.file.name) for pk, answer in answers.items())
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]


def change_answers(
    *,
    registration: Registration,
    enrolment: Enrolment | None = None,
    questions: Sequence[Question],
    given: Sequence[GivenAnswer],
    seen: str | None = None,
    actor: ActorKind,
    user: User | None = None,
    at: datetime | None = None,
) -> list[int]:
    """Replace what was answered to `questions` by `given`; return the questions whose answer changed.

    The participant's answers, or (without one) the registration's. `seen` is the mark of the answers that
    were shown (`answers_mark`): somebody else's change in between is not overwritten unseen.

    Raises TooLate once the run has begun or is cancelled (staff may still change), and AnswersChanged.
    """
    with stored_files(given), transaction.atomic():
        run = CourseRun.objects.prefetch_related("days").get(pk=registration.run_id)
        if actor != ActorKind.STAFF and not may_change_answers(run, at):
            raise TooLate
        # Two who change at once wait for each other here.
        Registration.objects.select_for_update(no_key=True).get(pk=registration.pk)
        if enrolment is not None:
            enrolment = Enrolment.objects.select_for_update(no_key=True).get(pk=enrolment.pk)
            if not enrolment.is_active:
                raise TooLate
        known = answers_of(registration, enrolment, questions=questions)
        if seen is not None and seen != answers_mark(known):
            raise AnswersChanged
        changed = _replace(registration, enrolment, questions, given, known)
        if changed:
            _tell_history(registration, enrolment, changed, actor=actor, user=user)
        return changed


def carry_answers(*, pairs: Sequence[tuple[Enrolment, Enrolment]]) -> None:
    """Copy what participants answered to questions of the course to the enrolment they moved to.

    Files are shared by both rows: they go when the last row does. Constant queries.
    """
    targets = {old.pk: new for old, new in pairs}
    answers = Answer.objects.filter(enrolment__in=targets, question__course__isnull=False)
    copies = [
        Answer(
            question_id=answer.question_id,
            registration_id=targets[answer.enrolment_id].registration_id,
            enrolment=targets[answer.enrolment_id],
            value=answer.value,
            file=answer.file.name,
        )
        for answer in answers
        if answer.enrolment_id is not None
    ]
    Answer.objects.bulk_create(copies, ignore_conflicts=True)


def sensitive_answers_over(today: date | None = None) -> QuerySet[Answer]:
    """Return the answers on health that nobody needs any more: as long as dietary needs are kept, no longer."""
    today = today or danish_today()
    over = CourseRun.objects.annotate(last=Max("days__date")).filter(last__lt=today).values("pk")
    return Answer.objects.filter(question__is_sensitive=True).filter(
        Q(registration__run__in=over)
        | Q(registration__run__status=RunStatus.CANCELLED)
        | Q(enrolment__status__in=ENDED_STATUSES)
    )


def delete_answers(answers: QuerySet[Answer]) -> int:
    """Delete these answers and, when that is committed, their files; return how many answers."""
    with transaction.atomic():
        rows = list(answers.select_for_update(of=("self",)).values_list("pk", "file"))
        Answer.objects.filter(pk__in=[pk for pk, _ in rows]).delete()
        _drop_after_commit([name for _, name in rows if name])
    return len(rows)


def sweep_files(*, now: datetime | None = None) -> int:
    """Delete files in the private storage that no answer refers to and that are a day old; return how many."""
    before = (now or timezone.now()) - UNDER_WAY
    storage = private()
    found = [name for name in _files_below("answers") if storage.get_modified_time(name) < before]
    used = set(Answer.objects.filter(file__in=found).values_list("file", flat=True))
    gone = [name for name in found if name not in used]
    for name in gone:
        storage.delete(name)
    return len(gone)


def _row(answer: GivenAnswer, registration: Registration, enrolment: Enrolment | None = None) -> Answer:
    return Answer(
        question_id=answer.question_pk,
        registration=registration,
        enrolment=enrolment,
        value=answer.value[:NAME_LENGTH] if answer.stored else answer.value,
        file=answer.stored,
    )


def _replace(
    registration: Registration,
    enrolment: Enrolment | None,
    questions: Sequence[Question],
    given: Sequence[GivenAnswer],
    known: Mapping[int, Answer],
) -> list[int]:
    """Write what differs from `known`; return the questions whose answer changed."""
    now = {answer.question_pk: answer for answer in given if not answer.is_empty}
    changed, unused = [], []
    for question in questions:
        old, new = known.get(question.pk), now.get(question.pk)
        if new is not None and new.keep:
            continue
        if (old is None and new is None) or (old and new and not new.stored and old.value == new.value):
            continue
        if old is not None and old.file:
            unused.append(old.file.name or "")
        if new is None:
            known[question.pk].delete()
        elif old is None:
            _row(new, registration, enrolment).save()
        else:
            old.value, old.file = new.value, new.stored
            old.save(update_fields=["value", "file"])
        changed.append(question.pk)
    _drop_after_commit(unused)
    return changed


def _tell_history(
    registration: Registration,
    enrolment: Enrolment | None,
    changed: list[int],
    *,
    actor: ActorKind,
    user: User | None,
) -> None:
    """Say in the history which questions have another answer, never what it is."""
    concerned = enrolment or registration.enrolments.order_by("form_order", "pk").first()
    if concerned is not None:
        EnrolmentEvent.objects.create(
            enrolment=concerned,
            kind=EventKind.DETAILS,
            actor=actor,
            user=user,
            data={"fields": ["answers"], "questions": changed},
        )


def _drop_after_commit(names: Sequence[str]) -> None:
    if names:
        transaction.on_commit(lambda: _drop_unused(names))


def _drop_unused(names: Sequence[str]) -> None:
    """Delete those of the files that no answer refers to. One that will not go is left to the nightly sweep."""
    if not names:
        return
    try:
        used = set(Answer.objects.filter(file__in=names).values_list("file", flat=True))
        for name in names:
            if name not in used:
                private().delete(name)
    except Exception:
        logger.warning("%s files of answers are left to the nightly sweep", len(names))


def _files_below(folder: str) -> Iterator[str]:
    try:
        folders, files = private().listdir(folder)
    except FileNotFoundError:
        return
    for name in files:
        yield f"{folder}/{name}"
    for name in folders:
        yield from _files_below(f"{folder}/{name}")
