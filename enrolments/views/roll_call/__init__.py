"""The roll call: pages that work without JavaScript, and what its app asks for (`sync`, `app`)."""

from enrolments.views.roll_call.app import manifest, offline, service_worker
from enrolments.views.roll_call.base import DayView, RollCallBase, nearest_day, refused, roll_call_url, wants_json
from enrolments.views.roll_call.day import RollCallView
from enrolments.views.roll_call.history import HistoryView
from enrolments.views.roll_call.lists import RollCallListView, RollCallRunView
from enrolments.views.roll_call.sync import SyncView

__all__ = [
    "DayView",
    "HistoryView",
    "RollCallBase",
    "RollCallListView",
    "RollCallRunView",
    "RollCallView",
    "SyncView",
    "manifest",
    "nearest_day",
    "offline",
    "refused",
    "roll_call_url",
    "service_worker",
    "wants_json",
]
