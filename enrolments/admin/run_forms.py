"""The forms by which an organiser writes to a run's people."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from courses.models import CourseRun, Organisation
from enrolments.emails.runs import OWN_WORDS
from enrolments.enums import IN_LINE_STATUSES, ON_THE_ROLL
from enrolments.operations.run_audience import Audience, presenters_of
from enrolments.operations.run_changes import News
from website.core.danish import DanishOrder
from website.messaging.texts import check_words

MESSAGE_ROWS = 6


def own_words(text: str) -> str:
    """Return the words, or raise ValidationError when they name a placeholder that there is not."""
    try:
        check_words(OWN_WORDS, subject="", body=text)
    except ValidationError as error:
        raise ValidationError(error.message_dict["body"]) from error
    return text


def message_field(**options: Any) -> forms.CharField:
    return forms.CharField(
        label=gettext_lazy("Your own words"),
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": MESSAGE_ROWS}),
        **options,
    )


class AnnounceForm(forms.Form):
    """Words to everybody of a run. `seen` is the fingerprint of what was previewed."""

    message = message_field(required=False)
    seen = forms.CharField(required=False, max_length=16, widget=forms.HiddenInput)

    def __init__(self, *args: Any, run: CourseRun, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.run = run

    def clean_message(self) -> str:
        return own_words(self.cleaned_data["message"].replace("\r\n", "\n").strip())

    @property
    def shown(self) -> list[forms.BoundField]:
        """The fields a person fills in."""
        return self.visible_fields()


class DecideForm(AnnounceForm):
    """Words about a decision, and whether anybody is told of it."""

    tell = forms.BooleanField(
        label=gettext_lazy("Tell them by e-mail"),
        help_text=gettext_lazy("Untick it only if they know already: calendars are not updated either."),
        required=False,
        initial=True,
    )

    field_order = ("message", "tell", "seen")


class CancelRunForm(DecideForm):
    message = message_field(
        required=False, help_text=gettext_lazy("Why the course is cancelled. It stands in the mail to everybody.")
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("tell") and not data.get("message") and "message" not in self.errors:
            self.add_error("message", _("Write why the course is cancelled: it is the first thing people ask."))
        return data


class WhoForm(AnnounceForm):
    """Words, and to whom."""

    who = forms.MultipleChoiceField(
        label=gettext_lazy("Who is told"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose who is told, or choose to tell nothing.")},
    )

    def __init__(self, *args: Any, run: CourseRun, **kwargs: Any) -> None:
        super().__init__(*args, run=run, **kwargs)
        choices = audiences(run)
        self.fields["who"].choices = choices
        self.fields["who"].initial = [value for value, _label in choices]

    @property
    def audience(self) -> Audience:
        """Return the audience chosen."""
        who = self.cleaned_data["who"]
        directly = "seats" in who or "line" in who
        return Audience(
            seats="seats" in who or not directly,
            line="line" in who or not directly,
            participants=directly,
            contacts="contacts" in who,
            presenters="presenters" in who,
        )


class ConfirmRunForm(DecideForm, WhoForm):
    field_order = ("message", "tell", "who", "seen")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tell"].help_text = ""
        self.fields["who"].required = False

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("tell") and not data.get("who"):
            self.add_error("who", _("Choose who is told, or untick the box above."))
        return data


class TellForm(WhoForm):
    """What of a change is told, and to whom."""

    keys = forms.MultipleChoiceField(
        label=gettext_lazy("What they are told"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose what is told, or choose to tell nothing.")},
    )
    field_order = ("keys", "message", "who", "seen")

    def __init__(self, *args: Any, news: News, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = []
        for each in news.differences:
            label = f"{each.what}: {each.after}" if each.after else each.what
            if each.before:
                label += f" ({_('before: %(what)s') % {'what': each.before}})"
            choices.append((each.key, label))
        self.fields["keys"].choices = choices
        self.fields["keys"].initial = [key for key, _label in choices]


def audiences(run: CourseRun) -> list[tuple[str, str]]:
    """Return who there is to tell, with how many; nobody is not offered."""
    seats = line = 0
    contacts: set[str] = set()
    for status, contact in run.enrolments.active().values_list("status", "registration__contact_email"):
        seats += status in ON_THE_ROLL
        line += status in IN_LINE_STATUSES
        # Who came to the door may have left no address.
        contacts.update([contact] if contact else [])
    contact = ngettext(
        "The contact who registered them (%(n)s)", "The contacts who registered them (%(n)s)", len(contacts)
    )
    counted = [
        ("seats", ngettext("Participant with a seat (%(n)s)", "Participants with a seat (%(n)s)", seats), seats),
        ("line", ngettext("On the waiting list (%(n)s)", "On the waiting list (%(n)s)", line), line),
        ("contacts", contact, len(contacts)),
    ]
    people = len(presenters_of(run))
    counted.append(
        ("presenters", ngettext("Host or presenter (%(n)s)", "Hosts and presenters (%(n)s)", people), people)
    )
    return [(value, label % {"n": count}) for value, label, count in counted if count]


class MessageForm(forms.Form):
    """A message to all or some of a run."""

    to = forms.MultipleChoiceField(
        label=gettext_lazy("To"),
        widget=forms.CheckboxSelectMultiple,
        choices=[
            ("participants", gettext_lazy("Participants")),
            ("contacts", gettext_lazy("Their contacts")),
            ("presenters", gettext_lazy("Hosts and presenters")),
        ],
        initial=["participants"],
        error_messages={"required": gettext_lazy("Choose whom you write to.")},
    )
    status = forms.MultipleChoiceField(
        label=gettext_lazy("Which participants"),
        widget=forms.CheckboxSelectMultiple,
        choices=[
            ("seats", gettext_lazy("Those with a seat")),
            ("line", gettext_lazy("Those on the waiting list")),
        ],
        initial=["seats"],
        required=False,
    )
    organisations = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Only from"),
        queryset=Organisation.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=gettext_lazy("Nothing ticked means everywhere."),
    )
    attendance = forms.ChoiceField(label=gettext_lazy("Attendance"), required=False)
    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=150)
    body = forms.CharField(label=gettext_lazy("Message"), max_length=10000, widget=forms.Textarea(attrs={"rows": 12}))
    submission = forms.UUIDField(widget=forms.HiddenInput)
    seen = forms.CharField(required=False, max_length=16, widget=forms.HiddenInput)
    #: The numbers of those chosen one by one in the list of participants.
    chosen = forms.RegexField(r"^\d{1,12}(,\d{1,12})*$", required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, run: CourseRun, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self["chosen"].value():
            self._only_the_chosen()
            return
        there = Organisation.objects.filter(pk__in=run.enrolments.active().values("organisation"))
        self.fields["organisations"].queryset = there.order_by(DanishOrder("name"))
        if not there.exists():
            del self.fields["organisations"]
        begun = [day for day in run.ordered_days() if day.starts_at <= timezone.now()]
        self.fields["attendance"].choices = [("", _("Whether they came or not")), *self._attendance(begun)]
        if not begun:
            del self.fields["attendance"]

    def _only_the_chosen(self) -> None:
        """Those chosen are chosen: nothing else narrows them down, and only they and their contacts hear."""
        for name in ("status", "organisations", "attendance"):
            del self.fields[name]
        self.fields["to"].choices = [choice for choice in self.fields["to"].choices if choice[0] != "presenters"]

    @staticmethod
    def _attendance(days: list[Any]) -> list[tuple[str, str]]:
        choices = []
        for day in days:
            date = {"date": date_format(day.date, "MONTH_DAY_FORMAT")}
            choices.append((f"there:{day.pk}", _("Was there on %(date)s") % date))
            choices.append((f"not:{day.pk}", _("Was not there on %(date)s") % date))
        return choices

    def clean_body(self) -> str:
        return own_words(self.cleaned_data["body"].replace("\r\n", "\n").strip())

    def clean_subject(self) -> str:
        subject = " ".join(self.cleaned_data["subject"].split())
        try:
            check_words(OWN_WORDS, subject=subject, body="")
        except ValidationError as error:
            raise ValidationError(error.message_dict["subject"]) from error
        return subject

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        wants_participants = {"participants", "contacts"} & set(data.get("to", []))
        if "status" in self.fields and wants_participants and not data.get("status"):
            self.add_error("status", _("Choose which participants it is about."))
        return data

    @property
    def audience(self) -> Audience:
        """Return the audience chosen."""
        data = self.cleaned_data
        kind, _colon, day = data.get("attendance", "").partition(":")
        directly = {"participants", "contacts"} & set(data["to"])
        if data["chosen"]:
            return Audience(
                participants="participants" in data["to"],
                contacts="contacts" in data["to"],
                enrolments=tuple(int(number) for number in data["chosen"].split(",")),
            )
        return Audience(
            seats=bool(directly) and "seats" in data["status"],
            line=bool(directly) and "line" in data["status"],
            participants="participants" in data["to"],
            contacts="contacts" in data["to"],
            presenters="presenters" in data["to"],
            organisations=tuple(each.pk for each in data.get("organisations") or ()),
            was_there=int(day) if kind == "there" else None,
            was_not_there=int(day) if kind == "not" else None,
        )
