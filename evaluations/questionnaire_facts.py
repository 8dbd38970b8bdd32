"""What can be said of a questionnaire before anybody answers it: its length, and what its author may have missed."""

from collections.abc import Iterator, Sequence

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from evaluations.enums import About, QuestionKind
from evaluations.models import Questionnaire
from evaluations.questions import Question, Text, parse
from evaluations.results.figures import question_key

#: Seconds that an answer of each kind takes, beside reading: estimates, to be told in whole minutes.
SECONDS = {
    QuestionKind.SCALE: 4,
    QuestionKind.NUMBER: 4,
    QuestionKind.SINGLE: 4,
    QuestionKind.MULTIPLE: 8,
    QuestionKind.MATRIX: 4,
    QuestionKind.TEXT: 30,
    QuestionKind.MUNICIPALITY: 6,
}
#: Words a second, read with care on a screen.
READ = 4
#: How many presenters and days a questionnaire is reckoned with.
REPEATED = {About.COURSE: 1, About.PRESENTER: 2, About.DAY: 2}
#: Beyond so many minutes people give up on the way.
LONG = 6


def seconds_for(question: Question) -> float:
    """Return about how long one answer to the question takes, its words read in Danish."""
    words = len(f"{question.text.da} {question.help.da}".split())
    words += sum(len(option.da.split()) for option in question.options)
    answers = max(1, len(question.rows))
    words += sum(len(row.da.split()) for row in question.rows)
    seconds = words / READ + answers * SECONDS[QuestionKind(question.kind)]
    # Asked only of some, it takes the average person part of it.
    return seconds / 2 if question.condition else seconds


def minutes_for(questions: Sequence[Question]) -> int:
    """Return about how many minutes the questions take, with two presenters and two days; at least 1."""
    seconds = sum(seconds_for(each) * REPEATED[About(each.about)] for each in questions)
    return max(1, round(seconds / 60))


def length_in_words(questions: Sequence[Question]) -> str:
    """Return such as "9 questions, about 3 minutes"."""
    count, minutes = len(questions), minutes_for(questions)
    asked = ngettext("%(count)s question", "%(count)s questions", count) % {"count": count}
    takes = ngettext("about %(count)s minute", "about %(count)s minutes", minutes) % {"count": minutes}
    return f"{asked}, {takes}"


def texts_of(questionnaire: Questionnaire, questions: Sequence[Question]) -> Iterator[Text]:
    """Yield every text that people read, in both languages."""
    yield Text(questionnaire.introduction_da, questionnaire.introduction_en)
    for place, question in enumerate(questions):
        if place == 0 or question.section != questions[place - 1].section:
            yield question.section
        yield from (question.text, question.help, *question.options, *question.rows, *question.ends)


def advice(questionnaire: Questionnaire) -> list[str]:
    """Return what the author may have missed. None of it keeps anybody from using the questionnaire."""
    questions = parse(questionnaire.questions)
    return [
        *_missing_english(questionnaire, questions),
        *_too_long(questions),
        *_not_compared(questionnaire, questions),
    ]


def _missing_english(questionnaire: Questionnaire, questions: Sequence[Question]) -> Iterator[str]:
    missing = sum(1 for text in texts_of(questionnaire, questions) if text.da and not text.en)
    if missing:
        yield ngettext(
            "%(count)s text has no English. Who reads in English meets it in Danish.",
            "%(count)s texts have no English. Who reads in English meets them in Danish.",
            missing,
        ) % {"count": missing}


def _too_long(questions: Sequence[Question]) -> Iterator[str]:
    if (minutes := minutes_for(questions)) > LONG:
        yield _("It takes about %(minutes)s minutes. The longer it is, the fewer answer to the end.") % {
            "minutes": minutes
        }


def _not_compared(questionnaire: Questionnaire, questions: Sequence[Question]) -> Iterator[str]:
    """Tell of names that stand for a question of another shape in the standard sets and in what is standard now."""
    elsewhere: dict[str, tuple[Questionnaire, Question]] = {}
    for other in _standards().exclude(family=questionnaire.family):
        for question in parse(other.questions):
            elsewhere.setdefault(question.name, (other, question))
    for question in questions:
        if question.name not in elsewhere:
            continue
        other, known = elsewhere[question.name]
        if not is_comparable(question, known):
            yield _(
                "“%(name)s” is another kind of question in “%(other)s”, or has another number of answers: the results "
                "are not compared."
            ) % {"name": question.name, "other": other}


def _standards() -> QuerySet[Questionnaire]:
    return Questionnaire.objects.filter(is_standard=True).order_by("pk")


def is_comparable(one: Question, other: Question) -> bool:
    """Whether answers to two questions of the same name may be compared: same kind, as many values and rows."""
    return question_key(one) == question_key(other)


def known_names() -> dict[str, str]:
    """Return the short names in use in the standards, each with its question in Danish: what an author may choose."""
    return {question.name: question.text.da for each in _standards() for question in parse(each.questions)}
