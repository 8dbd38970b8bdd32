"""Danish ordering, done by PostgreSQL without a Danish collation.

The embedded PostgreSQL lacks ICU, so names are ordered by an expression: æ, ø and å come
after z, and "aa" counts as "å" (Retskrivningsordbogen § 3).
"""

from django.db.models import CharField, Expression, F, Func


class DanishOrder(Func):
    """Order text the Danish way: ``queryset.order_by(DanishOrder("name"))``."""

    template = "translate(replace(lower(%(expressions)s), 'aa', 'å'), 'æäøöåüéèáó', '{{||}yeeao') COLLATE \"C\""
    output_field = CharField()

    def __init__(self, expression: str | Expression, **extra) -> None:
        super().__init__(F(expression) if isinstance(expression, str) else expression, **extra)


_ORDER = str.maketrans("æäøöåüéèáó", "{{||}yeeao")


def danish_key(text: str) -> str:
    """Return the sort key that gives the same order in Python as `DanishOrder` in SQL."""
    return text.lower().replace("aa", "å").translate(_ORDER)
