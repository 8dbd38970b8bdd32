"""Background jobs of enrolments."""

from procrastinate.contrib.django import app

from enrolments.operations import (
    briefing,
    certificates,
    groups,
    offers,
    questions,
    reminding,
    run_decisions,
    saved_reports,
)


@app.periodic(cron="5 5-16 * * *")
@app.task(name="enrolments.remind_of_decisions", queue="housekeeping", queueing_lock="remind_of_decisions")
def remind_of_decisions(timestamp: int) -> None:
    """Remind those responsible for runs to be decided today: in the morning, or when the worker is back."""
    run_decisions.remind_of_decisions()


@app.periodic(cron="* * * * *")
@app.task(name="enrolments.end_offers", queue="housekeeping", queueing_lock="end_offers")
def end_offers(timestamp: int) -> None:
    """Pass on the seats of offers that nobody answered in time, and remind of those that soon end."""
    offers.expire_offers()
    offers.remind_of_offers()


@app.periodic(cron="20 * * * *")
@app.task(name="enrolments.remind", queue="housekeeping", queueing_lock="remind")
def remind(timestamp: int) -> None:
    """Remind participants a week before and the day before: every hour, from 8.00 in Denmark."""
    reminding.send_reminders()


@app.periodic(cron="35 * * * *")
@app.task(name="enrolments.brief_presenters", queue="housekeeping", queueing_lock="brief_presenters")
def brief_presenters(timestamp: int) -> None:
    """Brief presenters and hosts before their days: every hour, from 8.00 in Denmark."""
    briefing.send_briefs()


@app.periodic(cron="40 3 * * *")
@app.task(name="enrolments.sweep_files", queue="housekeeping", queueing_lock="sweep_files")
def sweep_files(timestamp: int) -> None:
    """Delete files that no answer refers to, every night."""
    questions.sweep_files()


@app.periodic(cron="10 7-15 * * *")
@app.task(name="enrolments.remind_of_names", queue="housekeeping", queueing_lock="remind_of_names")
def remind_of_names(timestamp: int) -> None:
    """Remind of names that are missing: in the morning, or when the worker is back."""
    groups.remind_of_names()


@app.periodic(cron="50 5-16 * * *")
@app.task(name="enrolments.issue_certificates", queue="housekeeping", queueing_lock="issue_certificates")
def issue_certificates(timestamp: int) -> None:
    """Issue the certificates that are due by the rule: every hour by day, from 8.00 in Denmark."""
    certificates.issue_due()


@app.periodic(cron="*/5 * * * *")
@app.task(name="enrolments.send_reports", queue="housekeeping", queueing_lock="send_reports")
def send_reports(timestamp: int) -> None:
    """Send the saved reports whose time has come: at 7.00 in Denmark, or when the worker is back."""
    saved_reports.send_due_reports()
