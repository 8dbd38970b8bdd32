"""Background jobs of enrolments."""

from procrastinate.contrib.django import app

from enrolments.operations import offers, retention


@app.periodic(cron="15 3 * * *")
@app.task(name="enrolments.forget_needs", queue="housekeeping", queueing_lock="forget_needs")
def forget_needs(timestamp: int) -> None:
    """Delete the health data that is no longer needed, every night."""
    retention.forget_needs()


@app.periodic(cron="* * * * *")
@app.task(name="enrolments.end_offers", queue="housekeeping", queueing_lock="end_offers")
def end_offers(timestamp: int) -> None:
    """Pass on the seats of offers that nobody answered in time, and remind of those that soon end."""
    offers.expire_offers()
    offers.remind_of_offers()
