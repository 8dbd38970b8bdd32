"""The reports on participants, registered at start (see `EnrolmentsConfig.ready`)."""

from django.utils.translation import gettext_lazy, pgettext_lazy

from enrolments.reports import enrolment_results, facts, summaries
from enrolments.reports.kinds import ReportKind, register
from enrolments.reports.pivots import corrections, matrix, municipalities, no_shows

register(
    ReportKind(
        name="facts",
        title=gettext_lazy("Attendance by participant and day"),
        description=gettext_lazy(
            "A row for each participant and course day: who was to come, when they were there, and who marked it."
            " The period is that of the days."
        ),
        columns=lambda: list(facts.columns),
        rows=facts.entries,
        chart=summaries.by_month,
    ),
    order=10,
)
register(
    ReportKind(
        name="results",
        title=gettext_lazy("Participants and runs"),
        description=gettext_lazy(
            "A row for each participant on each run: days planned and attended, and whether the requirement is met."
            " The period is that in which the run begins."
        ),
        columns=lambda: list(enrolment_results.columns),
        rows=enrolment_results.entries,
        chart=summaries.by_requirement,
    ),
    order=20,
)
register(
    ReportKind(
        name="municipality_quarter",
        title=gettext_lazy("Municipalities by quarter"),
        description=gettext_lazy(
            "What each municipality booked, attended, cancelled late and spent, by the quarter in which the run begins."
        ),
        columns=lambda: municipalities.QUARTER_COLUMNS,
        table=municipalities.by_quarter,
    ),
    order=30,
)
register(
    ReportKind(
        name="municipality_course",
        title=gettext_lazy("Municipalities by course"),
        description=gettext_lazy("What each municipality booked, attended, cancelled late and spent, by course."),
        columns=lambda: municipalities.COURSE_COLUMNS,
        table=municipalities.by_course,
    ),
    order=40,
)
register(
    ReportKind(
        name="department_transcript",
        title=gettext_lazy("Transcript of a department"),
        description=gettext_lazy(
            "What the people of each department took part in, course by course, how long, and what it cost."
        ),
        columns=lambda: municipalities.DEPARTMENT_COLUMNS,
        table=municipalities.by_department,
    ),
    order=50,
)
register(
    ReportKind(
        name="day_matrix",
        title=gettext_lazy("Runs day by day"),
        description=gettext_lazy(
            "The days of each run side by side, with how many came. Of one run: a mark for each participant and day,"
            " and room to sign where none is taken."
        ),
        columns=matrix.columns,
        table=matrix.matrix,
    ),
    order=60,
)
register(
    ReportKind(
        name="no_shows_lead_time",
        title=gettext_lazy("No-shows by when they booked"),
        description=gettext_lazy("Whether those who book early come less often than those who book late."),
        columns=lambda: no_shows.LEAD_COLUMNS,
        table=no_shows.by_lead_time,
    ),
    order=70,
)
register(
    ReportKind(
        name="no_shows_weekday",
        title=gettext_lazy("No-shows by weekday"),
        description=gettext_lazy("On which weekdays people stay away, by the run's first day."),
        columns=lambda: no_shows.WEEKDAY_COLUMNS,
        table=no_shows.by_weekday,
    ),
    order=80,
)
register(
    ReportKind(
        name="no_shows_place",
        title=gettext_lazy("No-shows by place"),
        description=gettext_lazy("In which towns people stay away."),
        columns=lambda: no_shows.PLACE_COLUMNS,
        table=no_shows.by_place,
    ),
    order=90,
)
register(
    ReportKind(
        name="corrections",
        title=pgettext_lazy("report", "Corrections"),
        description=gettext_lazy(
            "Which marks that stood were changed to what, and how long after the day. The period is that of the days."
        ),
        columns=lambda: corrections.COLUMNS,
        table=corrections.corrections,
    ),
    order=100,
)
