"""What other programs may read and mark with a token: registrations, attendance and reports of /api/v1/.

A token acts as its user: the same people are visible, the same days may be marked, as long. Excuse reasons,
notes and dietary needs are in no answer, and no personal data is in any address.
"""

from ninja import Router

from enrolments.api import attendance, marking, registrations, reports

router = Router()
for part in (registrations, attendance, marking, reports):
    router.add_router("", part.router)
