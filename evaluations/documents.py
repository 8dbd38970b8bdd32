"""What is printed for an evaluation: the sheet for the room."""

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from courses.models import CourseRun
from enrolments.qr import qr_file
from evaluations.models import Evaluation
from website.core.danish import clock
from website.core.pdf import render_pdf


def room_sheet(run: CourseRun, evaluation: Evaluation, *, address: str, typed: str) -> bytes:
    """Return the sheet with the way to the questions: a QR code, and the address to type."""
    opens, closes = timezone.localtime(evaluation.opens_at), timezone.localtime(evaluation.closes_at)
    data = {
        "course": str(run),
        "heading": _("What did you get out of the course?"),
        "scan": _("Scan the code with your phone. It takes a few minutes."),
        "or_type": _("Or type this address:"),
        "address": typed,
        "who": _("Say who you are with the e-mail you are registered with, or the code on your badge."),
        "anonymous": _(
            "Your answer is anonymous. Nobody can see what you answered, and nothing is shown until at least five"
            " have answered."
        ),
        "when": _("Open from %(opens)s at %(time)s until %(closes)s.")
        % {
            "opens": date_format(opens, "MONTH_DAY_FORMAT"),
            "time": clock(opens.time()),
            "closes": date_format(closes, "DATE_FORMAT"),
        },
        "qr": qr_file(address),
        "qr_words": _("QR code with the address %(address)s") % {"address": typed},
    }
    return render_pdf("evaluation_room", data, title=_("Evaluation: %(course)s") % {"course": run})
