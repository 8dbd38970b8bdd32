"""The brief of a day for those who present or host on its run, signed in: the same as in the mail."""

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from courses.presentation import DayView as ShownDay
from enrolments.reports.brief import audiences
from enrolments.views.roll_call import DayView


class BriefView(DayView):
    """When, where, the programme, and who comes: counted, never named."""

    def get(self, request: HttpRequest, run_pk: int, date: date) -> HttpResponse:
        context = self.common_context() | {
            "shown": ShownDay(self.day),
            "audience": audiences([self.run.pk])[self.run.pk],
        }
        return render(request, "enrolments/brief.html", context)
