"""A department's transcript: its people, what each took part in, how long, and what it cost."""

from collections.abc import Sequence

import pandas as pd
from django.utils.translation import gettext_lazy

from enrolments.reports import enrolment_results
from enrolments.reports.kinds import Chart, Choices, Table
from enrolments.reports.sums import frame_of
from website.accounts.typing import AnyUser
from website.core.danish import danish_key
from website.core.exports import Column, rows

#: What adds up.
_SUMS = ("days_planned", "days_attended", "minutes_attended", "spend")
_NAMES = (
    *("organisation", "department", "participant", "course", "run", "first_date", "enrolment_status"),
    *("days_planned", "days_attended", "minutes_attended", "requirement", "no_show", "spend"),
)


def columns() -> Sequence[Column]:
    """Return the columns: those of the results that a department asks for, and the certificate where there is one."""
    known = dict(enrolment_results.columns.items())
    names = [*_NAMES, *(name for name in known if "certificate" in name)]
    return [known[name] for name in names]


def transcript(user: AnyUser, choices: Choices) -> Table:
    """Return a row per participant and run, by organisation, department and name, in the order they took place."""
    shown = columns()
    found = enrolment_results.entries(user, choices).order_by("booking__first_date", "pk")
    frame = frame_of(rows(found, shown), [column.name for column in shown])
    keys = [[danish_key(text or "") for text in frame[name]] for name in _NAMES[:3]]
    order = sorted(range(len(frame)), key=lambda n: tuple(key[n] for key in keys))
    frame = frame.iloc[order].reset_index(drop=True)
    return Table(
        columns=shown,
        frame=frame,
        total={name: sum(frame[name].tolist()) for name in _SUMS},
        chart=Chart("bars", "department", ["minutes_attended"], gettext_lazy("Hours by department")),
        charted=_by_department(frame),
    )


def _by_department(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.groupby("department", as_index=False, sort=False)[list(_SUMS)].sum()
