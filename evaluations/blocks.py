"""The blocks that staff build questionnaires of. `evaluations.questions` reads what they hold."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail import blocks

from evaluations.enums import About, QuestionKind

#: A question's short name: what tells it from others in conditions, results and comparisons.
NAME = RegexValidator(
    r"^[a-z][a-z0-9_]{0,48}$", _("Use small letters, digits and underscores, beginning with a letter.")
)


class OptionBlock(blocks.StructBlock):
    da = blocks.CharBlock(label=_("Danish"), max_length=150)
    en = blocks.CharBlock(label=_("English"), max_length=150, required=False)

    class Meta:
        label = _("Answer")
        form_layout = ["da", "en"]


class ConditionBlock(blocks.StructBlock):
    """Show the question only to those who gave one of these answers to an earlier one."""

    question = blocks.CharBlock(
        label=_("Short name of the earlier question"), max_length=49, required=False, validators=[NAME]
    )
    answers = blocks.CharBlock(
        label=_("Answers"),
        max_length=60,
        required=False,
        help_text=_("The numbers of the answers, such as 1, 2 or 0-6. The first answer is 1"),
    )


class QuestionBlock(blocks.StructBlock):
    """What every kind of question has."""

    name = blocks.CharBlock(
        label=_("Short name"),
        max_length=49,
        validators=[NAME],
        help_text=_(
            "Such as “confidence”. The same name in other questionnaires is the same question: results are compared"
        ),
    )
    da = blocks.CharBlock(label=_("Question in Danish"), max_length=300)
    en = blocks.CharBlock(label=_("Question in English"), max_length=300, required=False)
    help_da = blocks.CharBlock(label=_("Help in Danish"), max_length=300, required=False)
    help_en = blocks.CharBlock(label=_("Help in English"), max_length=300, required=False)
    about = blocks.ChoiceBlock(label=_("About"), choices=About.choices, default=About.COURSE)
    required = blocks.BooleanBlock(label=_("Must be answered"), required=False)
    show_if = ConditionBlock(label=_("Show only if"), required=False)


class ScaleBlock(QuestionBlock):
    options = blocks.ListBlock(OptionBlock(), label=_("Labels, from the lowest"), min_num=2, max_num=10)
    no_opinion = blocks.BooleanBlock(label=_("Offer “Don't know or not relevant”"), required=False, default=True)

    class Meta:
        icon = "list-ol"
        label = QuestionKind.SCALE.label


class NumberBlock(QuestionBlock):
    low_da = blocks.CharBlock(label=_("0 means, in Danish"), max_length=80, required=False)
    low_en = blocks.CharBlock(label=_("0 means, in English"), max_length=80, required=False)
    high_da = blocks.CharBlock(label=_("10 means, in Danish"), max_length=80, required=False)
    high_en = blocks.CharBlock(label=_("10 means, in English"), max_length=80, required=False)

    class Meta:
        icon = "order"
        label = QuestionKind.NUMBER.label


class SingleBlock(QuestionBlock):
    options = blocks.ListBlock(OptionBlock(), label=_("Answers"), min_num=2, max_num=20)

    class Meta:
        icon = "radio-full"
        label = QuestionKind.SINGLE.label


class MultipleBlock(QuestionBlock):
    options = blocks.ListBlock(OptionBlock(), label=_("Answers"), min_num=2, max_num=20)

    class Meta:
        icon = "check"
        label = QuestionKind.MULTIPLE.label


class MatrixBlock(QuestionBlock):
    rows = blocks.ListBlock(OptionBlock(), label=_("Rows"), min_num=2, max_num=15)
    options = blocks.ListBlock(OptionBlock(), label=_("Labels, from the lowest"), min_num=2, max_num=7)
    no_opinion = blocks.BooleanBlock(label=_("Offer “Don't know or not relevant”"), required=False, default=True)

    class Meta:
        icon = "table"
        label = QuestionKind.MATRIX.label


class TextBlock(QuestionBlock):
    class Meta:
        icon = "pilcrow"
        label = QuestionKind.TEXT.label


class MunicipalityBlock(QuestionBlock):
    class Meta:
        icon = "site"
        label = QuestionKind.MUNICIPALITY.label


class SectionBlock(blocks.StructBlock):
    da = blocks.CharBlock(label=_("Heading in Danish"), max_length=150)
    en = blocks.CharBlock(label=_("Heading in English"), max_length=150, required=False)

    class Meta:
        icon = "title"
        label = pgettext_lazy("questionnaire", "Section")


class QuestionnaireBlock(blocks.StreamBlock):
    """A questionnaire: sections and questions, in the order in which they are asked."""

    section = SectionBlock()
    scale = ScaleBlock()
    number = NumberBlock()
    single = SingleBlock()
    multiple = MultipleBlock()
    matrix = MatrixBlock()
    text = TextBlock()
    municipality = MunicipalityBlock()

    def clean(self, value: Any) -> Any:
        value = super().clean(value)
        seen: set[str] = set()
        errors: dict[int, ValidationError] = {}
        for place, child in enumerate(value):
            if child.block_type == "section":
                continue
            name = child.value["name"]
            if name in seen:
                errors[place] = ValidationError(_("The short name “%(name)s” is used twice.") % {"name": name})
            seen.add(name)
        if errors:
            raise blocks.StreamBlockValidationError(block_errors=errors)
        return value
