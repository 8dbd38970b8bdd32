"""The words that stand in many texts, and the texts that one of them stands in."""

from functools import cached_property
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext_lazy, pgettext_lazy

from enrolments.reports.kinds import Table
from evaluations.admin.across.base import AcrossPage, Named, SelectionForm
from evaluations.enums import Moment
from evaluations.models import Questionnaire, TextAnswer
from evaluations.models.results import MIN_ANSWERS
from evaluations.questions import Question, parse
from evaluations.results import words
from evaluations.results.across import evaluations_of
from evaluations.results.overview import frame
from website.core.exports import Column, Kind

#: More words than this nobody reads; the file has them all.
MOST = 100
COLUMNS = [
    Column("word", gettext_lazy("Word"), "", width=26),
    Column("texts", gettext_lazy("Texts"), "", Kind.INTEGER, 9),
    Column("forms", pgettext_lazy("of a word", "Forms"), "", width=60),
]
COURSE_MOMENTS = [(moment.value, moment.label) for moment in (Moment.BEFORE, Moment.END, Moment.FOLLOW_UP)]


class WordsForm(SelectionForm):
    hvornaar = forms.ChoiceField(
        label=gettext_lazy("When"), choices=[("", pgettext_lazy("moments", "All")), *COURSE_MOMENTS], required=False
    )
    spoergsmaal = forms.CharField(required=False, max_length=50, widget=forms.HiddenInput)


class WordsView(AcrossPage):
    """In how many texts each word stands."""

    template_name = "evaluations/admin/across/words.html"
    place = "words"
    form_class = WordsForm

    def texts(self) -> QuerySet[TextAnswer]:
        """Return the texts that are chosen. What staff have hidden is not among them."""
        chosen = evaluations_of(self.request.user, self.selection)
        data = self.form.cleaned_data
        if data["hvornaar"]:
            chosen = chosen.filter(moment=data["hvornaar"])
        found = TextAnswer.objects.filter(result__evaluation__in=chosen.values("pk"), is_hidden=False)
        if data["spoergsmaal"]:
            found = found.filter(result__question=data["spoergsmaal"])
        return found

    @cached_property
    def counted(self) -> list[words.Word]:
        return words.count(self.texts().order_by().values_list("text", flat=True).iterator(chunk_size=2000))

    def tables(self) -> list[Named]:
        rows = [{"word": word.shown, "texts": word.texts, "forms": ", ".join(word.forms)} for word in self.counted]
        return [Named("words", gettext_lazy("Words in the texts"), Table(COLUMNS, frame(COLUMNS, rows)))]

    def context(self) -> dict[str, Any]:
        [table] = self.tables()
        most = self.counted[0].texts if self.counted else 1
        lines = [
            {
                "word": word,
                "width": f"{100 * word.texts / most:.1f}",
                "url": f"{reverse('evaluations_across:word')}?{self.query(ord=word.stem)}",
            }
            for word in self.counted[:MOST]
        ]
        return {
            "lines": lines,
            "count": len(self.counted),
            "texts": self.texts().count(),
            "least": MIN_ANSWERS,
            "files": self.shown(table).files,
            "questions": self.questions(),
        }

    def questions(self) -> list[dict[str, Any]]:
        """Return the questions that were answered in texts, as links that choose them."""
        names = TextAnswer.objects.filter(
            result__evaluation__in=evaluations_of(self.request.user, self.selection).values("pk"), is_hidden=False
        )
        asked = texts_asked(names)
        chosen = self.form.cleaned_data["spoergsmaal"]
        return [
            {"text": question.text, "url": f"?{self.query(spoergsmaal=name)}", "is_chosen": name == chosen}
            for name, question in asked.items()
        ]


class WordView(WordsView):
    """The texts that a word stands in, in random order. A word of fewer than five texts has no page."""

    template_name = "evaluations/admin/across/word.html"

    def context(self) -> dict[str, Any]:
        stem = self.request.GET.get("ord", "")[:60].replace("\x00", "")
        keys, forms_of_word = words.holding(stem, self.texts().order_by("pk").values_list("pk", "text").iterator())
        if len(keys) < MIN_ANSWERS:
            raise Http404
        page = self.paginated(keys)
        found = {
            text.pk: text
            for text in TextAnswer.objects.filter(pk__in=list(page)).select_related("result__evaluation__run__course")
        }
        asked = texts_asked(TextAnswer.objects.filter(pk__in=list(page)))
        texts = [
            {
                "pieces": words.pieces(text.text, forms_of_word),
                "evaluation": text.result.evaluation,
                "question": asked.get(text.result.question),
            }
            for pk in page
            if (text := found.get(pk))
        ]
        return {
            "texts": texts,
            "page": page,
            "count": len(keys),
            "word": min(forms_of_word, key=len),
            "forms": sorted(forms_of_word),
            "back": f"{reverse('evaluations_across:words')}?{self.query()}",
            "page_query": self.query(ord=stem),
        }


def texts_asked(texts: QuerySet[TextAnswer]) -> dict[str, Question]:
    """Return the questions of these texts by their short names, the newest wording of each. Two queries."""
    used = set(texts.order_by().values_list("result__evaluation__questionnaire", "result__question").distinct())
    stored = Questionnaire.objects.filter(pk__in={pk for pk, _name in used}).only("questions").order_by("pk")
    names = {name for _pk, name in used}
    return {
        question.name: question
        for questionnaire in stored
        for question in parse(questionnaire.questions)
        if question.name in names
    }
