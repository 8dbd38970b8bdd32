"""Enrolments: groups, checking in, what the clock sends, the waiting line, certificates."""

import environ

env = environ.Env()

# Registration of groups

DRAFT_DAYS = env.int("DRAFT_DAYS", default=30)  # a half-finished registration is kept so long after its last change
LIST_MAX_BYTES = 2 * 1024 * 1024  # of a pasted or uploaded list of participants
# So many days before names must be known, whoever booked seats without is reminded.
NAME_REMINDER_DAYS = env.int("NAME_REMINDER_DAYS", default=7)

# Checking in at the door (enrolments/operations/check_in.py). Participants check themselves in from so long before
# a day begins until it ends; who comes within the grace is present, who comes later is late.
CHECK_IN_OPENS_MINUTES = env.int("CHECK_IN_OPENS_MINUTES", default=60)
CHECK_IN_GRACE_MINUTES = env.int("CHECK_IN_GRACE_MINUTES", default=5)
# Wrong tries, as (times, seconds): typed by one visitor (an address, or whoever a link or a sign-in tells us it is),
# and of all visitors together. A million codes, two of them right at a time: a thousand tries in a day find one of a
# day's with a chance of 1 in 500, and then need somebody's address too. Scanning the QR code is never held back.
CHECK_IN_WRONG_TRIES = (10, 10 * 60)
CHECK_IN_WRONG_TRIES_OF_ALL = (env.int("CHECK_IN_WRONG_TRIES_A_DAY", default=1000), 24 * 60 * 60)

# What the clock sends (enrolments/tasks.py), counted in days before the first day, from 8.00 in Danish time.

REMINDER_HOUR = 8  # nobody's telephone buzzes before
REMINDER_EARLY_DAYS = env.int("REMINDER_EARLY_DAYS", default=7)
REMINDER_LATE_DAYS = env.int("REMINDER_LATE_DAYS", default=1)
PRESENTER_BRIEF_DAYS = env.int("PRESENTER_BRIEF_DAYS", default=3)  # before each day of a presenter or host

# A file that answers a question, in MB.

ANSWER_FILE_MAX_MB = env.int("ANSWER_FILE_MAX_MB", default=10)

# The waiting line

# How long an offer of a freed seat waits for an answer: from so many days before the run's first day on, so many
# hours. Nearer than the last row nobody is offered a seat by itself: the organiser decides.
OFFER_WINDOWS = [(14, 72), (3, 24), (1, 6)]

# Certificates (enrolments/operations/certificates.py). They are issued by themselves so many days after the run's
# last day, when marks have been corrected; a run that ended longer ago than it looks back gets none by itself.

CERTIFICATE_GRACE_DAYS = env.int("CERTIFICATE_GRACE_DAYS", default=3)
CERTIFICATE_LOOK_BACK_DAYS = env.int("CERTIFICATE_LOOK_BACK_DAYS", default=60)
# Who signs. Without a name: the course's contact.
CERTIFICATE_SIGNATORY = {
    "name": env("CERTIFICATE_SIGNATORY_NAME", default=""),
    "title": env("CERTIFICATE_SIGNATORY_TITLE", default=""),
}
