// The questions of an evaluation: those meant only after another answer stand there only then, they are numbered as
// they stand, texts say how much room is left, and an answer can be taken back. Nothing is stored anywhere.

const withNumbers = (text, numbers) => text.replace(/__(\w+?)__/g, (_all, name) => numbers[name]);

/** The questions of a paper that are asked as things stand. */
export const askedOf = (paper) => [...paper.querySelectorAll("[data-asked]")].filter((asked) => !asked.hidden);

/** Whether a question has been answered: of a matrix each row. */
export function isAnswered(asked) {
  const text = asked.querySelector("textarea, select");
  if (text) return text.value.trim() !== "";
  const groups = new Set([...asked.querySelectorAll("input")].map((input) => input.name));
  return [...groups].every((name) => asked.querySelector(`input[name="${name}"]:checked`));
}

const chosenIn = (asked) => [...asked.querySelectorAll("input:checked")].map((input) => input.value);

/** Whether what a question hangs on has been answered so. Of the same presenter, where that was asked of each. */
function isMeant(paper, asked) {
  const { shownIf, shownValues, subject } = asked.dataset;
  const others = [...paper.querySelectorAll(`[data-asked="${shownIf}"]`)];
  const same = others.filter((other) => other.dataset.subject === subject);
  const values = new Set(shownValues.split(" "));
  return (same.length ? same : others).some((other) => !other.hidden && chosenIn(other).some((value) => values.has(value)));
}

/** Show the questions that are meant. A question stands after the one it hangs on. */
function settle(paper) {
  for (const asked of paper.querySelectorAll("[data-shown-if]")) {
    asked.hidden = !isMeant(paper, asked);
    for (const control of asked.querySelectorAll("input, select, textarea")) control.disabled = asked.hidden;
    for (const words of asked.querySelectorAll("[data-only-if]")) words.hidden = true;
  }
  const shown = askedOf(paper);
  shown.forEach((asked, place) => {
    const numbers = { number: place + 1, count: shown.length };
    asked.querySelector("[data-number]").textContent = withNumbers(paper.dataset.numbering, numbers);
  });
}

/** Say how much room a text has left: aloud only when it is nearly full. */
function count(text) {
  const said = document.getElementById(`${text.id}_limit`);
  const left = Number(text.dataset.limit) - [...text.value.trim()].length;
  const words = left < 0 ? said.dataset.over : said.dataset.left;
  said.textContent = withNumbers(words, { count: Math.abs(left) });
  said.classList.toggle("is-over", left < 0);
  said.setAttribute("aria-live", left < 100 ? "polite" : "off");
}

/** A button that takes an answer back, where one need not answer: radio buttons alone cannot be let go of. */
function offerToClear(paper, asked) {
  const clear = asked.querySelector("[data-take-back]");
  const isThere = "optional" in asked.dataset && asked.querySelector("input[type=radio]:checked");
  if (clear) clear.hidden = !isThere;
  if (clear || !isThere) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "link-button asked__clear";
  button.dataset.takeBack = "";
  button.textContent = paper.dataset.clear;
  button.setAttribute("aria-describedby", asked.querySelector("legend").id);
  asked.querySelector("fieldset").append(button);
}

/** Make a page's papers stand as they are filled in: at the start, and whenever the page was replaced. */
export function setUp() {
  for (const paper of document.querySelectorAll("[data-paper]")) {
    settle(paper);
    for (const asked of paper.querySelectorAll("[data-asked]")) offerToClear(paper, asked);
    for (const text of paper.querySelectorAll("textarea[data-limit]")) if (text.value) count(text);
  }
}

document.addEventListener("change", (event) => {
  const asked = event.target.closest("[data-asked]");
  if (!asked) return;
  const paper = asked.closest("[data-paper]");
  settle(paper);
  offerToClear(paper, asked);
});

document.addEventListener("input", (event) => {
  if (event.target.matches("textarea[data-limit]")) count(event.target);
});

document.addEventListener("click", (event) => {
  const clear = event.target.closest("[data-take-back]");
  if (!clear) return;
  const asked = clear.closest("[data-asked]");
  for (const input of asked.querySelectorAll("input:checked")) input.checked = false;
  const first = asked.querySelector("input");
  first.focus();
  first.dispatchEvent(new Event("change", { bubbles: true }));
});

// Enter on a button to choose would send the whole form, before its time.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("[data-paper] input")) event.preventDefault();
});

setUp();
