"""What presenters and hosts are told before a day: who is coming, by titles and municipalities, and what they expect.

Counted, never named: no participant's name, address or number is read here at all.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db.models import Count, QuerySet
from django.db.models.functions import Trim
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from enrolments.answer_words import answer_label
from enrolments.enums import EnrolmentStatus, QuestionKind
from enrolments.models import Answer, Enrolment
from website.core.danish import danish_key

#: So many titles and places of work are named; the others are counted together.
NAMED = 12


@dataclass
class Expectation:
    """A question for presenters, and what was answered, each answer with how many gave it."""

    question: str
    answers: list[tuple[str, int]] = field(default_factory=list)


@dataclass
class Audience:
    """Who comes to a run, counted."""

    coming: int = 0
    titles: list[tuple[str, int]] = field(default_factory=list)
    organisations: list[tuple[str, int]] = field(default_factory=list)
    expectations: list[Expectation] = field(default_factory=list)

    @property
    def coming_text(self) -> str:
        if not self.coming:
            return str(_("Nobody is registered yet."))
        return ngettext("%(count)s participant", "%(count)s participants", self.coming) % {"count": self.coming}

    @property
    def titles_text(self) -> str:
        """Such as "afdelingsleder (4) · konsulent (2)"."""
        return " · ".join(f"{title} ({count})" for title, count in self.titles)

    @property
    def organisations_text(self) -> str:
        """Such as "3 fra Aarhus Kommune · 1 fra Herlev Kommune"."""
        found = [_("%(count)s from %(place)s") % {"count": n, "place": place} for place, n in self.organisations]
        return " · ".join(found)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Audience":
        pairs = {name: [(text, count) for text, count in data[name]] for name in ("titles", "organisations")}
        expectations = [
            Expectation(each["question"], [(text, count) for text, count in each["answers"]])
            for each in data["expectations"]
        ]
        return cls(coming=data["coming"], expectations=expectations, **pairs)


def audiences(run_pks: Collection[int]) -> dict[int, Audience]:
    """Return who comes to each of these runs. Three queries, however many runs and participants."""
    found = {pk: Audience() for pk in run_pks}
    comers = Enrolment.objects.filter(run__in=found, status=EnrolmentStatus.CONFIRMED).order_by()
    for pk, title, count in _counted(comers, Trim("job_title")):
        found[pk].coming += count
        found[pk].titles.append((title, count))
    places = comers.values_list("run_id", "organisation__official_name", "organisation__name", "organisation_name")
    for pk, official, known, written, count in places.annotate(count=Count("pk")):
        found[pk].organisations.append((official or known or written.strip(), count))
    for pk, question in _expectations(found).items():
        found[pk].expectations = list(question.values())
    for audience in found.values():
        audience.titles = _most_first(audience.titles)
        audience.organisations = _most_first(audience.organisations)
    return found


def _counted(enrolments: QuerySet[Enrolment], expression: Any) -> QuerySet:
    return enrolments.annotate(text=expression).values_list("run_id", "text").annotate(count=Count("pk"))


def _expectations(runs: Collection[int]) -> dict[int, dict[int, Expectation]]:
    """Return the answers that presenters see, by run and question: of who comes, and of contacts whose people come."""
    asked = Answer.objects.filter(
        question__for_presenters=True, question__is_sensitive=False, registration__run__in=runs
    ).exclude(question__kind=QuestionKind.FILE)
    of_comers = asked.filter(enrolment__status=EnrolmentStatus.CONFIRMED) | asked.filter(
        enrolment__isnull=True,
        registration__in=Enrolment.objects.filter(run__in=runs, status=EnrolmentStatus.CONFIRMED).values(
            "registration"
        ),
    )
    rows = (
        of_comers.order_by("question__sort_order", "question_id")
        .values_list("registration__run_id", "question_id", "question__text", "question__kind", "value")
        .annotate(count=Count("pk"))
    )
    found: dict[int, dict[int, Expectation]] = {}
    for run_pk, question_pk, text, kind, value, count in rows:
        expectation = found.setdefault(run_pk, {}).setdefault(question_pk, Expectation(text))
        expectation.answers.append((answer_label(kind, value), count))
    for questions in found.values():
        for expectation in questions.values():
            # Not in the order people registered.
            expectation.answers.sort(key=lambda pair: (-pair[1], danish_key(pair[0])))
    return found


def _most_first(pairs: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Return texts written alike as one, the most frequent first; the rest counted together, as are the empty."""
    counts: dict[str, int] = {}
    spelling: dict[str, str] = {}
    empty = 0
    # The spelling most people chose stands for all.
    for text, count in sorted(pairs, key=lambda pair: (-pair[1], pair[0])):
        if not text:
            empty += count
            continue
        key = text.casefold()
        spelling.setdefault(key, text)
        counts[key] = counts.get(key, 0) + count
    ordered = sorted(counts, key=lambda key: (-counts[key], danish_key(key)))
    named = [(spelling[key], counts[key]) for key in ordered[:NAMED]]
    if others := sum(counts[key] for key in ordered[NAMED:]):
        named.append((str(_("others")), others))
    if empty and named:
        named.append((str(_("not given")), empty))
    return named
