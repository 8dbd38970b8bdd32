"""Evaluations: when people are asked, and who can open what they answer."""

import environ

env = environ.Env()

# The worker's private keys (base64, the newest first; `manage.py new_evaluation_key` makes one). They belong in the
# WORKER's environment only: with one there, what people answer could be read before its time by whoever has the web.
EVALUATION_PRIVATE_KEYS = env.list("EVALUATION_PRIVATE_KEYS", default=[])

# Days before the first day that expectations are asked for.
EVALUATION_BEFORE_DAYS = env.int("EVALUATION_BEFORE_DAYS", default=10)
# The evaluation at the end opens so many minutes before the last day is over; the mail goes at this hour of the same
# afternoon at the earliest (Danish time), or when the day is over.
EVALUATION_OPENS_MINUTES_BEFORE_END = env.int("EVALUATION_OPENS_MINUTES_BEFORE_END", default=120)
EVALUATION_MAIL_HOUR = env.int("EVALUATION_MAIL_HOUR", default=15)
# The hour (Danish time) of invitations before and after the course, and of reminders.
EVALUATION_REMINDER_HOUR = env.int("EVALUATION_REMINDER_HOUR", default=10)
# Days after the invitation that those who have not answered are reminded, and that it closes.
EVALUATION_REMINDER_DAYS = (
    env.int("EVALUATION_FIRST_REMINDER_DAYS", default=3),
    env.int("EVALUATION_SECOND_REMINDER_DAYS", default=7),
)
EVALUATION_OPEN_DAYS = env.int("EVALUATION_OPEN_DAYS", default=14)
# The follow-up asks so many days after the last day. RETENTION["contact"] must be longer, its weeks of answering in.
EVALUATION_FOLLOW_UP_DAYS = env.int("EVALUATION_FOLLOW_UP_DAYS", default=90)

# Wrong tries in the room, as (times, seconds): on one page, and in one room together. Addresses can be guessed by
# whoever knows people, so few are taken. A badge's code has 40 bits: with all of these tries, day and night for two
# weeks, one of thirty people's is found with a chance of some 1 in 3,500.
EVALUATION_WRONG_TRIES = (10, 10 * 60)
EVALUATION_WRONG_ADDRESSES_OF_ALL = (100, 10 * 60)
EVALUATION_WRONG_CODES_OF_ALL = (5000, 10 * 60)
