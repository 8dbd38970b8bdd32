from evaluations.forms.answer import AnswerForm

__all__ = ["AnswerForm"]
