"""The blocks that staff build questionnaires of. `evaluations.questions` reads what they hold."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail import blocks
from wagtail.blocks.struct_block import BlockGroup

from evaluations.enums import About, QuestionKind
from evaluations.question_rules import errors_of, has_questions
from evaluations.standards.questions import EXTENT

#: A question's short name: what tells it from others in conditions, results and comparisons.
NAME = RegexValidator(
    r"^[a-z][a-z0-9_]{0,48}$", _("Use small letters, digits and underscores, beginning with a letter.")
)

#: A new question begins with two answers to fill in.
TWO = [{"da": "", "en": ""}, {"da": "", "en": ""}]


class OptionBlock(blocks.StructBlock):
    da = blocks.CharBlock(label=_("Danish"), max_length=150)
    en = blocks.CharBlock(label=_("English"), max_length=150, required=False)

    class Meta:
        label = _("Answer")
        form_classname = "struct-block bilingual"
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

    class Meta:
        icon = "view"
        form_classname = "struct-block bilingual"


class QuestionBlock(blocks.StructBlock):
    """What every kind of question has. What is seldom needed stands behind the button "settings"."""

    da = blocks.CharBlock(label=_("Question in Danish"), max_length=300)
    en = blocks.CharBlock(label=_("Question in English"), max_length=300, required=False)
    name = blocks.CharBlock(
        label=_("Short name"),
        max_length=49,
        validators=[NAME],
        help_text=_(
            "Such as “confidence”. The same name in other questionnaires is the same question: results are compared"
        ),
    )
    required = blocks.BooleanBlock(
        label=_("Must be answered"), required=False, help_text=_("Rather not: who may skip a question, answers more")
    )
    help_da = blocks.CharBlock(label=_("Help in Danish"), max_length=300, required=False)
    help_en = blocks.CharBlock(label=_("Help in English"), max_length=300, required=False)
    about = blocks.ChoiceBlock(
        label=_("About"),
        choices=About.choices,
        default=About.COURSE,
        help_text=_("“Each presenter” and “Each day” ask it once for every one of them"),
    )
    show_if = ConditionBlock(label=_("Show only if"), required=False)


def layout(*kind: str) -> BlockGroup:
    """Return how a question stands in the editor: its words, what belongs to its kind, and the rest folded away."""
    return BlockGroup(["da", "en", *kind, "name"], settings=["help_da", "help_en", "about", "show_if", "required"])


class ScaleBlock(QuestionBlock):
    options = blocks.ListBlock(OptionBlock(), label=_("Labels, from the lowest"), min_num=2, max_num=10, default=EXTENT)
    no_opinion = blocks.BooleanBlock(label=_("Offer “Don't know or not relevant”"), required=False, default=True)

    class Meta:
        icon = "list-ol"
        label = QuestionKind.SCALE.label
        description = _("How much or how good, in words. A mean is counted")
        form_layout = layout("options", "no_opinion")


class NumberBlock(QuestionBlock):
    low_da = blocks.CharBlock(label=_("0 means, in Danish"), max_length=80, required=False)
    low_en = blocks.CharBlock(label=_("0 means, in English"), max_length=80, required=False)
    high_da = blocks.CharBlock(label=_("10 means, in Danish"), max_length=80, required=False)
    high_en = blocks.CharBlock(label=_("10 means, in English"), max_length=80, required=False)

    class Meta:
        icon = "order"
        label = QuestionKind.NUMBER.label
        description = _("Such as how sure one is. A mean is counted")
        form_layout = layout("low_da", "low_en", "high_da", "high_en")


class SingleBlock(QuestionBlock):
    options = blocks.ListBlock(OptionBlock(), label=_("Answers"), min_num=2, max_num=20, default=TWO)

    class Meta:
        icon = "radio-full"
        label = QuestionKind.SINGLE.label
        description = _("Choose one, in no order")
        form_layout = layout("options")


class MultipleBlock(QuestionBlock):
    options = blocks.ListBlock(OptionBlock(), label=_("Answers"), min_num=2, max_num=20, default=TWO)

    class Meta:
        icon = "check"
        label = QuestionKind.MULTIPLE.label
        description = _("Choose as many as fit")
        form_layout = layout("options")


class MatrixBlock(QuestionBlock):
    rows = blocks.ListBlock(
        OptionBlock(label=pgettext_lazy("matrix", "Row")), label=_("Rows"), min_num=2, max_num=15, default=TWO
    )
    options = blocks.ListBlock(OptionBlock(), label=_("Labels, from the lowest"), min_num=2, max_num=7, default=EXTENT)
    no_opinion = blocks.BooleanBlock(label=_("Offer “Don't know or not relevant”"), required=False, default=True)

    class Meta:
        icon = "table"
        label = QuestionKind.MATRIX.label
        description = _("Several things on the same scale")
        form_layout = layout("rows", "options", "no_opinion")


class TextBlock(QuestionBlock):
    class Meta:
        icon = "pilcrow"
        label = QuestionKind.TEXT.label
        description = _("In their own words. Shown when five or more have written")
        form_layout = layout()


class MunicipalityBlock(QuestionBlock):
    class Meta:
        icon = "site"
        label = QuestionKind.MUNICIPALITY.label
        description = _("In surveys only: results by municipality, where enough have answered")
        form_layout = layout()


class SectionBlock(blocks.StructBlock):
    da = blocks.CharBlock(label=_("Heading in Danish"), max_length=150)
    en = blocks.CharBlock(label=_("Heading in English"), max_length=150, required=False)

    class Meta:
        icon = "title"
        label = pgettext_lazy("questionnaire", "Section")
        description = _("A heading above the questions that follow")


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

    class Meta:
        collapsed = True

    def clean(self, value: Any) -> Any:
        errors: dict[int, ValidationError] = {}
        general: list[Any] = []
        try:
            cleaned = super().clean(value)
        except blocks.StreamBlockValidationError as error:
            cleaned, errors, general = value, error.block_errors, error.non_block_errors.as_data()
        # What is wrong in itself comes first; else what is wrong beside the others. All of it at once.
        errors = errors_of(cleaned) | errors
        if len(cleaned) and not has_questions(cleaned) and not self.is_deferred_validation:
            general = [*general, ValidationError(_("Ask at least one question."))]
        if errors or general:
            raise blocks.StreamBlockValidationError(block_errors=errors, non_block_errors=general)
        return cleaned
