"""Background jobs of enrolments."""

from procrastinate.contrib.django import app

from enrolments.operations import offers


@app.periodic(cron="* * * * *")
@app.task(name="enrolments.end_offers", queue="housekeeping", queueing_lock="end_offers")
def end_offers(timestamp: int) -> None:
    """Pass on the seats of offers that nobody answered in time, and remind of those that soon end."""
    offers.expire_offers()
    offers.remind_of_offers()
