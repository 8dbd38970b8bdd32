"""The participant's own page behind a secret link: the seat, the days, and what one may change."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import override

from courses.calendar import calendar_object, day_event
from courses.enums import RunStatus
from courses.presentation import RunView
from enrolments.change_words import rules_of
from enrolments.check_in_codes import OwnCode
from enrolments.enums import ON_THE_ROLL, EnrolmentStatus
from enrolments.feed import event_uid
from enrolments.operations.check_in import is_open
from enrolments.timeline import timeline
from enrolments.views.doors import ParticipantDoor
from enrolments.views.seats import is_over, moved_to, show_seats


class ParticipantView(ParticipantDoor):
    """How the seat stands, first; then the days and what one may do."""

    def get(self, request: HttpRequest) -> HttpResponse:
        enrolment = self.enrolment
        show_seats(self, [enrolment])
        is_seated = enrolment.status == EnrolmentStatus.CONFIRMED
        context = {
            "registration": self.registration,
            "run": self.run,
            "course": self.run.course,
            "here": self.home_title,
            "enrolment": enrolment,
            "token": self.token,
            "is_seated": is_seated,
            "is_cancelled": self.run.status == RunStatus.CANCELLED,
            "is_over": is_over(self.run),
            "moved_url": moved_to([enrolment], for_contact=False).get(enrolment.pk, ""),
            "shown": RunView(self.run, timezone.now()),
            "calendar_url": self.address("calendar") if self.has_calendar() else "",
            "correct_url": self.address("correct"),
            "move_url": self.address("move"),
            "door": OwnCode(enrolment) if self.may_show_code() else None,
            "checks_in_now": any(is_open(day, timezone.now()) for day in self.run.ordered_days()),
            "rules": rules_of(self.registration, self.run) if enrolment.is_active and not is_over(self.run) else [],
            "history": timeline(self.registration, [enrolment], whole=False),
        }
        return TemplateResponse(request, "enrolments/seat.html", context)

    def may_show_code(self) -> bool:
        """Whether there is a door to show the code at: for a named participant on the roll of a run that is held."""
        enrolment = self.enrolment
        is_coming = enrolment.status in ON_THE_ROLL and not enrolment.is_unnamed
        return is_coming and self.run.is_held and not is_over(self.run)

    def has_calendar(self) -> bool:
        """Whether there are days to put in a calendar: for a named seat on a run that is held."""
        enrolment = self.enrolment
        seated = enrolment.status == EnrolmentStatus.CONFIRMED and not enrolment.is_unnamed
        return seated and self.run.is_held and bool(self.run.ordered_days())


class SeatCalendarView(ParticipantView):
    """The days as a calendar file: the entries that the mails put in, under the same UIDs."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if not self.has_calendar():
            return HttpResponse(status=404)
        with override(settings.LANGUAGE_CODE):
            content = calendar_object(
                day_event(
                    day,
                    uid=event_uid(self.enrolment.pk, day.pk),
                    sequence=self.enrolment.calendar_sequence,
                    description=self.run.practical,
                    with_online_link=True,
                )
                for day in self.run.ordered_days()
            )
        name = slugify(self.run.course.title)[:60] or "kursus"
        return HttpResponse(
            content,
            content_type="text/calendar; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}.ics"'},
        )
