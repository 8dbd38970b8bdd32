"""What the roll call's scripts say: written here, so that they are translated with all other texts."""

from django.utils.translation import gettext as _

from enrolments.enums import AttendanceStatus


def list_texts() -> dict[str, str]:
    """Return the texts of the list of days."""
    return {
        "unsent_one": _("1 mark is not sent"),
        "unsent_many": _("{count} marks are not sent"),
        "refused_one": _("1 mark was refused"),
        "refused_many": _("{count} marks were refused"),
        "kept": _("They are kept on this device and are sent when there is a connection."),
        "signed_out": _("Sign in again – your marks are kept on this device."),
    }


def page_texts() -> dict[str, object]:
    """Return the texts of a day's page; {words in braces} are filled in by the script."""
    return {
        "marks": {str(status): str(status.label) for status in AttendanceStatus} | {"": _("Not taken")},
        "minutes_late": _("{mark} {minutes} min."),
        "minutes_early": _("{mark}, left {minutes} min. early"),
        "mark_at": _("{mark}, at {time}"),
        "said": _("{who}: {mark}"),
        "not_sent": _("not sent"),
        "refused": _("Not saved: {mark}. {why}"),
        "dismiss": _("Understood, remove it"),
        "again": _("Try again"),
        "open_day": _("Open the day where it is now"),
        "send_there": _("Send it to the day's new date"),
        "undo_one": _("Undo “{who}: {mark}”"),
        "undo_many": _("Undo “{count} participants: {mark}”"),
        "different": _("different marks"),
        "undone": _("Undone."),
        "undo_later": _("This can be undone when there is a connection."),
        "passed": _("{names} has been marked again since, so that was not undone."),
        "offline_none": _("No connection. You can go on: marks are kept on this device."),
        "offline_one": _("No connection. 1 mark is kept on this device and is sent by itself."),
        "offline_many": _("No connection. {count} marks are kept on this device and are sent by themselves."),
        "sending_one": _("1 mark is being sent."),
        "sending_many": _("{count} marks are being sent."),
        "failed_one": _("The server does not answer as it should. 1 mark is kept on this device and is sent again."),
        "failed_many": _(
            "The server does not answer as it should. {count} marks are kept on this device and are sent again."
        ),
        "failed_none": _("The server does not answer as it should. You can go on: marks are kept on this device."),
        "signed_out_none": _("Sign in again to see what others mark."),
        "signed_out_one": _("Sign in again – your mark is kept on this device."),
        "signed_out_many": _("Sign in again – your {count} marks are kept on this device."),
        "refused_one": _("1 mark was refused. See why at the person."),
        "refused_many": _("{count} marks were refused. See why at each person."),
        "elsewhere_one": _("1 mark of another day is not sent yet."),
        "elsewhere_many": _("{count} marks of other days are not sent yet."),
        "clock_slow": _("The clock of this device is {minutes} minutes slow. Marks get the right time all the same."),
        "clock_fast": _("The clock of this device is {minutes} minutes fast. Marks get the right time all the same."),
        "all_sent": _("Everything is sent."),
        "not_kept": _(
            "This browser keeps nothing on the device (a private window?)."
            " Marks that are not sent are lost when you close the page."
        ),
        "not_stored": _("The mark could not be kept on this device. Is it full? Write it on paper, or try again."),
        "minutes_wrong": _("Write the minutes as a whole number from 1 to 600."),
        "name_missing": _("Write a name."),
        "email_wrong": _("“{email}” is not an e-mail address. Correct it, or leave it empty."),
        "added": _("{name} is added and marked as present."),
    }
