"""Released results for tests, as the closing writes them."""

from typing import Any

from evaluations.models import Evaluation, QuestionResult, TextAnswer
from evaluations.questions import subjects_of


def release(
    evaluation: Evaluation, question: str, counts: list[int], *, subject: str = "", answered: int = 0, **fields: Any
) -> QuestionResult:
    """Return the counts to a question as released; `answered` where people could choose several."""
    about = next((each for each in subjects_of(evaluation.subjects) if each.key == subject), None)
    presenter = about.id if about and about.about == "presenter" else None
    return QuestionResult.objects.create(
        evaluation=evaluation,
        question=question,
        subject=subject,
        presenter_id=presenter,
        answered=answered or sum(counts),
        counts=counts,
        **fields,
    )


def release_texts(evaluation: Evaluation, question: str, *texts: str, subject: str = "") -> list[TextAnswer]:
    """Return five or more texts to a question as released."""
    result = release(evaluation, question, [], subject=subject, answered=len(texts))
    return [TextAnswer.objects.create(result=result, text=text) for text in texts]
