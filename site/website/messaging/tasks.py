"""Background jobs of the outbox. The outbox row decides what happens, not the job."""

from procrastinate.contrib.django import app

from website.messaging import delivery


@app.task(name="messaging.deliver_mails", queue="mail")
def deliver_mails(message_pks: list[int]) -> None:
    """Send these messages, if they still wait."""
    delivery.deliver(message_pks)


@app.periodic(cron="* * * * *")
@app.task(name="messaging.deliver_due_mails", queue="mail", queueing_lock="deliver_due_mails", pass_context=False)
def deliver_due_mails(timestamp: int) -> None:
    """Send what is due: retries, and what a killed worker left behind."""
    delivery.deliver_due()
