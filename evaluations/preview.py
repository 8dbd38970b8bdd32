"""A questionnaire as people will meet it, before anybody has: in the editor's preview, on a phone or a desktop."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from evaluations.enums import QuestionKind
from evaluations.forms import AnswerForm
from evaluations.models import Questionnaire
from evaluations.questionnaire_facts import minutes_for
from evaluations.questions import parse


def render_preview(request: HttpRequest, questionnaire: Questionnaire, language: str) -> HttpResponse:
    """Return the paper in that language ("da", "en"), with made-up presenters and days. Nothing can be sent."""
    language = language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
    with translation.override(language):
        questions = parse(questionnaire.questions)
        # While it is being written, a matrix may have no rows yet.
        unfinished = any(each.kind == QuestionKind.MATRIX and not each.rows for each in questions)
        introduction = questionnaire.introduction_en if language == "en" else ""
        context = {
            "form": None if unfinished or not questions else AnswerForm.for_preview(questionnaire),
            "heading": questionnaire.get_moment_display() or _("Questionnaire"),
            "introduction": introduction or questionnaire.introduction_da,
            "introduction_lang": "da" if language == "en" and not introduction else "",
            "minutes": minutes_for(questions),
        }
        return HttpResponse(render_to_string("evaluations/questionnaire_preview.html", context, request=request))
