// Questions that are only meant after another answer stand there only then. Without this the hint says when they are
// meant, and the server drops an answer that was not asked for.

/** What is answered in this question's own fields: the chosen button, or the list's value. */
function answerTo(question) {
  const checked = question.querySelector("input[type=radio]:checked");
  return checked?.value ?? question.querySelector("select")?.value ?? "";
}

/** Show the questions of one form (or of one participant) whose condition is met. They stand after the one they hang on. */
function settle(questions) {
  const asked = new Map();
  for (const question of questions.querySelectorAll("[data-question]")) {
    const { question: key, shownIf, shownIfAnswer } = question.dataset;
    const isAsked = shownIf === undefined || asked.get(shownIf) === shownIfAnswer;
    if (shownIf !== undefined) {
      question.hidden = !isAsked;
      for (const control of question.querySelectorAll("input, select, textarea")) control.disabled = !isAsked;
      for (const words of question.querySelectorAll("[data-condition]")) words.hidden = true;
    }
    asked.set(key, isAsked ? answerTo(question) : undefined);
  }
}

const settleAll = () => document.querySelectorAll("[data-questions]").forEach(settle);

document.addEventListener("change", (event) => {
  const questions = event.target.closest("[data-questions]");
  if (questions) settle(questions);
});
// Participants come and go.
const form = document.querySelector("[data-questions]")?.closest("form");
if (form) new MutationObserver(settleAll).observe(form, { childList: true, subtree: true });
settleAll();
