"""Mails to one address leave in the order in which they were queued, however many workers send. By real connections.

Each was seen failing with the guard taken away.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Barrier, Event, Lock

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection, transaction
from django.utils import timezone

from website.messaging.claims import PATIENCE, Claim, due_pks
from website.messaging.delivery import deliver, deliver_due
from website.messaging.enums import MailStatus
from website.messaging.models import OutboxMessage
from website.messaging.operations import QueuedMail, queue_mails
from website.messaging.registry import Mail, mail_kinds, register_mail

pytestmark = pytest.mark.django_db(transaction=True)
ANNA = "anna@example.dk"


@pytest.fixture(autouse=True)
def kinds(monkeypatch):
    """Two kinds of mail of these tests' own, the second secret."""
    monkeypatch.setattr(mail_kinds, "_entries", dict(mail_kinds._entries))
    register_mail("test.note")(lambda context: Mail(subject=context["subject"], text="Hej"))
    register_mail("test.code", secret=True)(lambda context: Mail(subject=context["subject"], text="Kode"))


@pytest.fixture
def busy(monkeypatch) -> Callable:
    """Return a context in which a worker of its own has begun to send, and waits in the middle of its first mail."""
    send, begun, may_go_on = EmailBackend.send_messages, Event(), Event()

    def send_slowly(self, messages):
        if not begun.is_set():
            begun.set()
            assert may_go_on.wait(20)
        return send(self, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", send_slowly)

    @contextmanager
    def busy_with(pks: list[int]):
        with ThreadPoolExecutor(1) as pool:
            working = pool.submit(in_own_connection, lambda: deliver(pks))
            assert begun.wait(20)
            try:
                yield
            finally:
                may_go_on.set()
                working.result(20)

    return busy_with


def in_own_connection(act: Callable):
    try:
        return act()
    finally:
        connection.close()


def queue(*subjects: str, to: str = ANNA, kind: str = "test.note") -> list[int]:
    return [message.pk for message in queue_mails(QueuedMail(kind, to, {"subject": each}) for each in subjects)]


def left() -> list[str]:
    """Return the subjects of what has left, in that order."""
    return [message.subject for message in mail.outbox]


def somebody_waits() -> bool:
    """Whether a connection to this database waits for a lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND datname = current_database())"
        )
        return cursor.fetchone()[0]


def fail_next(monkeypatch, times: int = 1) -> None:
    """Let the mail server refuse so many mails for now."""
    send, failures = EmailBackend.send_messages, iter(range(times))

    def refuse(self, messages):
        if next(failures, None) is not None:
            raise OSError("not now")
        return send(self, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)


def test_a_mail_stays_while_an_older_one_to_its_address_is_being_sent_and_leaves_right_after_it(busy):
    with busy(queue("You are in line")):
        assert deliver(queue("A seat is yours")) == deliver_due() == 0
        assert due_pks() == []

    assert left() == ["You are in line", "A seat is yours"]


def test_mails_to_others_leave_meanwhile(busy):
    with busy(queue("You are in line")):
        assert deliver(queue("Hello", to="bo@example.dk")) == 1
        assert left() == ["Hello"]


def test_who_sends_a_mail_sends_what_was_queued_before_it_to_the_same_address():
    queue("You are in line")

    assert deliver(queue("A seat is yours")) == 2
    assert left() == ["You are in line", "A seat is yours"]


def test_a_sign_in_code_waits_for_nothing(busy):
    with busy(queue("You are in line")):
        queue("A seat is yours")
        assert deliver(queue("Your code", kind="test.code")) == 1
        assert left() == ["Your code"]


def test_many_workers_at_once_keep_the_order_and_leave_nothing_behind():
    workers, mails = 4, 30
    barrier, one_at_a_time, queued = Barrier(workers), Lock(), []

    def work(worker: int) -> None:
        barrier.wait(20)
        for n in range(mails):
            with one_at_a_time:  # what is queued at once has no order to keep
                pks = queue(f"{worker}.{n}")
                queued.append(f"{worker}.{n}")
            deliver(pks)

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(lambda worker: in_own_connection(lambda: work(worker)), range(workers)))

    assert left() == queued
    assert set(OutboxMessage.objects.values_list("status", flat=True)) == {MailStatus.SENT}


def test_a_mail_that_another_worker_just_looks_at_is_waited_for_and_not_left_behind():
    pks = queue("You are in line", "A seat is yours")

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            OutboxMessage.objects.select_for_update().get(pk=pks[1])
            working = pool.submit(in_own_connection, lambda: deliver(pks[:1]))
            while not somebody_waits() and not working.done():
                pass
        assert working.result(20) == 2


def test_a_mail_that_is_tried_again_keeps_its_place(monkeypatch):
    pks = queue("You are in line", "A seat is yours")
    fail_next(monkeypatch)

    assert deliver(pks) == deliver(pks) == 0
    assert sorted(OutboxMessage.objects.values_list("attempts", flat=True)) == [0, 1]
    assert due_pks() == []
    OutboxMessage.objects.filter(pk=pks[0]).update(due_at=timezone.now())

    assert deliver_due() == 2
    assert left() == ["You are in line", "A seat is yours"]


def test_a_mail_that_fails_again_and_again_holds_another_back_no_longer_than_is_patient(monkeypatch):
    pks = queue("You are in line", "A seat is yours")
    fail_next(monkeypatch)
    deliver(pks)

    OutboxMessage.objects.filter(pk=pks[1]).update(created_at=timezone.now() - PATIENCE)

    assert deliver_due() == 1
    assert left() == ["A seat is yours"]


def test_a_mail_that_failed_for_good_holds_nobody_back():
    pks = queue("You are in line", "A seat is yours")
    OutboxMessage.objects.filter(pk=pks[0]).update(status=MailStatus.FAILED)

    assert deliver(pks[1:]) == 1


def test_what_a_dead_worker_held_leaves_first_when_its_lease_runs_out():
    Claim.take([OutboxMessage.objects.get(pk=queue("You are in line")[0]).to])
    second = queue("A seat is yours")
    assert deliver(second) == deliver_due() == 0

    OutboxMessage.objects.filter(status=MailStatus.SENDING).update(due_at=timezone.now() - timedelta(seconds=1))

    assert deliver_due() == 2
    assert left() == ["You are in line", "A seat is yours"]


def test_a_claim_costs_the_same_however_many_mails_it_holds(django_assert_num_queries):
    for people in (1, 20):
        pks = [pk for n in range(people) for pk in queue("One", "Two", to=f"{people}.{n}@example.dk")]
        addresses = set(OutboxMessage.objects.filter(pk__in=pks).values_list("to", flat=True))
        with django_assert_num_queries(5):  # begin, the mails, what is under way, the claim, commit
            assert len(Claim.take(addresses).waiting) == 2 * people
