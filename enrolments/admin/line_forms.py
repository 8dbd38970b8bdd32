"""What an organiser fills in to change the waiting list by hand."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

KEEP, REMOVE = "keep", "remove"


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"), max_length=300, help_text=_("Kept in the history. The participant does not see it.")
    )


class OptionalReasonForm(ReasonForm):
    """For what needs a reason only when somebody is passed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = False


class MoveForm(ReasonForm):
    position = forms.IntegerField(label=_("New place in line"), min_value=1)

    field_order = ["position", "reason"]

    def __init__(self, *args: Any, last: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["position"] = forms.IntegerField(
            label=_("New place in line"),
            min_value=1,
            max_value=last,
            help_text=_("From 1 (first) to %(last)s (last)") % {"last": last},
        )
        self.order_fields(self.field_order)


class HoldForm(ReasonForm):
    seats = forms.IntegerField(label=_("Seats"), min_value=1, max_value=1000)

    field_order = ["seats", "reason"]

    def __init__(self, *args: Any, free: int | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if free is not None:
            self.fields["seats"] = forms.IntegerField(label=_("Seats"), min_value=1, max_value=free)
            self.order_fields(self.field_order)


class SeatsForm(ReasonForm):
    """Also what becomes of the seats: choose only where the run has a limit that can be lowered."""

    keep_label = _("They go to the waiting list")
    remove_label = _("They go: the run gets that many fewer seats")

    def __init__(self, *args: Any, may_remove: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if may_remove:
            self.fields["seats"] = forms.ChoiceField(
                label=_("What becomes of the seats?"),
                choices=[(KEEP, self.keep_label), (REMOVE, self.remove_label)],
                initial=KEEP,
                widget=forms.RadioSelect,
            )


class ReleaseForm(SeatsForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["reason"]


class WithdrawForm(SeatsForm):
    keep_label = _("They are held until you have decided")
