"""Background jobs of evaluations. The worker alone has the private keys: nothing here runs in the web."""

from procrastinate.contrib.django import app

from evaluations.operations import closing, opening, planning, reminding, stirring


@app.periodic(cron="* * * * *")
@app.task(name="evaluations.open_and_close", queue="housekeeping", queueing_lock="open_and_close_evaluations")
def open_and_close(timestamp: int) -> None:
    """Open what is due and close what is over, every minute. What cannot, for want of a key, is tried again."""
    opening.open_due()
    if closing.close_due():
        reminding.forget_mails()


@app.periodic(cron="*/5 * * * *")
@app.task(name="evaluations.plan", queue="housekeeping", queueing_lock="plan_evaluations")
def plan(timestamp: int) -> None:
    """Let plans follow their runs: those that were cancelled, moved or opened for registration."""
    planning.plan_evaluations()


@app.periodic(cron="* * * * *")
@app.task(name="evaluations.ask", queue="housekeeping", queueing_lock="ask_in_evaluations")
def ask(timestamp: int) -> None:
    """Put newcomers on the rolls of what is open, and write to those who have not answered."""
    reminding.tend_rolls()


@app.periodic(cron="*/3 * * * *")
@app.task(name="evaluations.stir", queue="housekeeping", queueing_lock="stir_evaluations")
def stir(timestamp: int) -> None:
    """Write roll and box anew in random order, so that their rows tell nothing of one another."""
    stirring.stir_due()


@app.periodic(cron="40 1-5 * * *")
@app.task(name="evaluations.clear_remains", queue="housekeeping", queueing_lock="clear_remains_of_votes")
def clear_remains(timestamp: int) -> None:
    """Write roll and box into new files at night: the old ones hold what was there before.

    Several times, since what a backup is reading at that moment is passed over.
    """
    stirring.clear_remains()


@app.periodic(cron="15 * * * *")
@app.task(name="evaluations.forget_mails", queue="housekeeping", queueing_lock="forget_evaluation_mails")
def forget_mails(timestamp: int) -> None:
    """Delete the mails of what is closed: they tell who had not answered."""
    reminding.forget_mails()
