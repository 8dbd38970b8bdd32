"""What stands in the way of deleting a row, counted, before PostgreSQL has to refuse it.

Works from the models' own relations, so that an app can say what uses its rows without importing
the apps that do (imports point one way).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import models
from django.db.models import CASCADE, PROTECT, RESTRICT

#: So many users of a row are named; the rest is counted.
NAMED = 5


@dataclass(frozen=True)
class Use:
    """Rows of one model that would be left without what they need."""

    model: type[models.Model]
    count: int
    examples: list[models.Model] = field(default_factory=list, compare=False)

    @property
    def label(self) -> str:
        """The model's name in the number that fits `count`, such as "runs"."""
        options = self.model._meta
        return str(options.verbose_name if self.count == 1 else options.verbose_name_plural)


def what_protects(obj: models.Model, *, ignore: Iterable[type[models.Model]] = ()) -> list[Use]:
    """Return what keeps `obj` from being deleted, an entry per model that has any.

    Counted are rows that refer to `obj`, or to a row that goes with it (`on_delete=CASCADE`), by a
    foreign key with PROTECT or RESTRICT; and rows that name `obj` in a many-to-many field of
    theirs, which the database would drop silently. Models in `ignore` do not count.
    """
    rows = type(obj)._base_manager.filter(pk=obj.pk)
    found: dict[type[models.Model], models.QuerySet] = {}
    _collect(type(obj), rows, found, seen=set())
    ignored = tuple(ignore)
    uses = []
    for model, users in found.items():
        if ignored and issubclass(model, ignored):
            continue
        if count := users.count():
            uses.append(Use(model, count, list(users[:NAMED])))
    return sorted(uses, key=lambda use: use.label)


def _collect(
    model: type[models.Model],
    rows: models.QuerySet,
    found: dict[type[models.Model], models.QuerySet],
    *,
    seen: set[models.Field],
) -> None:
    for relation in model._meta.get_fields(include_hidden=True):
        if (
            not relation.auto_created
            or relation.concrete
            or not (relation.one_to_many or relation.one_to_one or relation.many_to_many)
        ):
            continue
        user, source = relation.related_model, relation.field
        if source in seen or (relation.one_to_one and relation.parent_link):
            continue
        users = user._base_manager.filter(**{f"{source.name}__in": rows})
        if relation.many_to_many or relation.on_delete in (PROTECT, RESTRICT):
            found[user] = _either(found.get(user), users)
        elif relation.on_delete is CASCADE and not user._meta.auto_created:
            _collect(user, users, found, seen=seen | {source})


def _either(first: models.QuerySet | None, second: models.QuerySet) -> models.QuerySet:
    """Return the rows of either set, each once."""
    if first is None:
        return second.distinct()
    return first.model._base_manager.filter(models.Q(pk__in=first.values("pk")) | models.Q(pk__in=second.values("pk")))
