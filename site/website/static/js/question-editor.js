/* Helps whoever builds a questionnaire: short names are offered where one is written, and a condition says which
   number stands for which answer. Without it everything still works: names and numbers can be typed. */

const KNOWN = "known-question-names";
const EARLIER = "earlier-question-names";

/** Every question in the editor, in order, without those that were deleted. */
function questions() {
  return [...document.querySelectorAll('input[name^="questions-"][name$="-value-name"]')].filter(
    (name) => name.closest("[data-contentpath]")?.offsetParent !== null || !name.closest("[hidden], [aria-hidden='true']"),
  );
}

/** The names above the question that `field` belongs to. */
function above(field) {
  return questions().filter(
    (name) => name.value && name.compareDocumentPosition(field) & Node.DOCUMENT_POSITION_FOLLOWING && prefix(name) !== prefix(field),
  );
}

function prefix(field) {
  return field.name.match(/^questions-\d+-value-/)?.[0];
}

function offer(field, id, names) {
  let list = document.getElementById(id);
  if (!list) {
    list = document.createElement("datalist");
    list.id = id;
    document.body.append(list);
  }
  if (names) list.replaceChildren(...names.map((name) => new Option(name, name)));
  field.setAttribute("list", id);
}

/** Write "1 = Yes · 2 = No" under the field that takes the numbers. */
function explain(field) {
  const asked = document.querySelector(`[name="${prefix(field)}show_if-question"]`)?.value;
  const question = above(field).find((name) => name.value === asked);
  const answers = question
    ? [...document.querySelectorAll(`input[name^="${prefix(question)}options-"][name$="-value-da"]`)].map((each) => each.value).filter(Boolean)
    : [];
  let hint = field.parentElement.querySelector(".question-answers");
  if (!hint) {
    hint = document.createElement("p");
    hint.className = "question-answers";
    hint.setAttribute("aria-live", "polite");
    field.after(hint);
  }
  hint.textContent = answers.map((answer, place) => `${place + 1} = ${answer}`).join(" · ");
}

document.addEventListener("focusin", ({ target }) => {
  if (!target.matches?.('input[name^="questions-"]')) return;
  if (target.name.endsWith("-value-name")) offer(target, KNOWN);
  if (target.name.endsWith("-show_if-question")) offer(target, EARLIER, above(target).map((name) => name.value));
  if (target.name.endsWith("-show_if-answers")) explain(target);
});
