"""Background jobs of enrolments."""

from procrastinate.contrib.django import app

from enrolments.operations import offers, run_decisions


@app.periodic(cron="* * * * *")
@app.task(name="enrolments.end_offers", queue="housekeeping", queueing_lock="end_offers")
def end_offers(timestamp: int) -> None:
    """Pass on the seats of offers that nobody answered in time, and remind of those that soon end."""
    offers.expire_offers()
    offers.remind_of_offers()


@app.periodic(cron="5 5-16 * * *")
@app.task(name="enrolments.remind_of_decisions", queue="housekeeping", queueing_lock="remind_of_decisions")
def remind_of_decisions(timestamp: int) -> None:
    """Remind those responsible for runs to be decided today: in the morning, or when the worker is back."""
    run_decisions.remind_of_decisions()
