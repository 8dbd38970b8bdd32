"""Parts of addresses that are more than text."""

from datetime import date


class IsoDate:
    """A day in an address, such as 2027-04-23. One that is in no calendar matches nothing (404)."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> date:
        return date.fromisoformat(value)

    def to_url(self, value: date | str) -> str:
        return value if isinstance(value, str) else value.isoformat()
