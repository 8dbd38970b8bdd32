"""Background jobs of enrolments."""

from procrastinate.contrib.django import app

from enrolments.operations import retention


@app.periodic(cron="15 3 * * *")
@app.task(name="enrolments.forget_needs", queue="housekeeping", queueing_lock="forget_needs")
def forget_needs(timestamp: int) -> None:
    """Delete the health data that is no longer needed, every night."""
    retention.forget_needs()
