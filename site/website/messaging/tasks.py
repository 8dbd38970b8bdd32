"""Background jobs of the outbox. The outbox row decides what happens, not the job."""

import imaplib
import logging

from django.conf import settings
from procrastinate.contrib.django import app

from website.messaging import delivery, mailbox

logger = logging.getLogger(__name__)


@app.task(name="messaging.deliver_mails", queue="mail")
def deliver_mails(message_pks: list[int]) -> None:
    """Send these messages, if they still wait."""
    delivery.deliver(message_pks)


@app.periodic(cron="* * * * *")
@app.task(name="messaging.deliver_due_mails", queue="mail", queueing_lock="deliver_due_mails", pass_context=False)
def deliver_due_mails(timestamp: int) -> None:
    """Send what is due: retries, and what a killed worker left behind."""
    delivery.deliver_due()


@app.periodic(cron="*/5 * * * *")
@app.task(name="messaging.poll_bounces", queue="housekeeping", queueing_lock="poll_bounces")
def poll_bounces(timestamp: int) -> None:
    """Read the mailbox that undeliverable mails return to, if there is one."""
    if not settings.BOUNCE_MAILBOX_URL:
        return
    try:
        mailbox.poll(settings.BOUNCE_MAILBOX_URL)
    except (OSError, imaplib.IMAP4.error, ValueError) as error:
        # The next poll is the retry. The error's words may name an address, its kind does not.
        logger.error("the mailbox of returned mails could not be read: %s", type(error).__name__)
