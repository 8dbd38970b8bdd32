"""Model fields for Danish public life: EAN numbers, CVR numbers, e-mail addresses."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from stdnum import ean as stdnum_ean
from stdnum.dk import cvr as stdnum_cvr
from stdnum.exceptions import InvalidChecksum
from stdnum.exceptions import ValidationError as StdnumError


def validate_ean(value: str) -> None:
    """Raise ValidationError unless `value` is a 13-digit EAN (GLN) with a right check digit (GS1)."""
    if len(value) != 13 or not (value.isascii() and value.isdigit()):
        raise ValidationError(
            _("The EAN number must have 13 digits. You wrote %(value)s."), code="ean_length", params={"value": value}
        )
    try:
        stdnum_ean.validate(value)
    except InvalidChecksum as error:
        raise ValidationError(
            _(
                "The EAN number %(value)s does not exist: its check digit is wrong."
                " Check whether two digits are swapped."
            ),
            code="ean_check_digit",
            params={"value": value},
        ) from error


def validate_cvr(value: str) -> None:
    """Raise ValidationError unless `value` is a Danish CVR number (8 digits, modulus 11)."""
    try:
        stdnum_cvr.validate(value)
    except StdnumError as error:
        raise ValidationError(
            _("The CVR number %(value)s is not valid. It must have 8 digits."), code="cvr", params={"value": value}
        ) from error


class DigitsField(models.CharField):
    """Text of digits: spaces, dots and hyphens that people type between groups are dropped."""

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)
        return value.translate(str.maketrans("", "", " .-\u00a0")) if isinstance(value, str) else value


class EANField(DigitsField):
    default_validators = [validate_ean]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max_length": 13, **kwargs})


class CVRField(DigitsField):
    default_validators = [validate_cvr]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max_length": 8, **kwargs})


class CasefoldEmailField(models.EmailField):
    """An e-mail address, kept casefolded: two spellings of one address are one address."""

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)
        return value.strip().casefold() if isinstance(value, str) else value

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return value.strip().casefold() if isinstance(value, str) else value
