// Sending an answer: once, without losing what was written when the connection is gone, and with a warning to whoever
// leaves half-way. No draft is kept, in no storage of the browser. Without this the form sends itself. The room's
// question who somebody is goes the same way: nothing that was refused stands in the browser's history, where "back"
// would only ask whether to send it once more.

import { askedOf, isAnswered, setUp } from "./paper.js";

//: What comes back that is a page to show: the same form, or why there is none. Else this page stays as it is.
const PAGES = new Set([200, 404, 409, 422]);
//: What else is refused, by the words that this page has for it.
const PROBLEMS = { 413: "large", 429: "often" };
let isSending = false;
let isLeaving = false;

const formHere = () => document.querySelector("form[data-answer]");

/** Whether anything would be lost. */
const isFilledIn = (form) =>
  [...form.querySelectorAll("[data-paper] :is(input, textarea, select)")].some((control) =>
    control.matches("input") ? control.checked : control.value.trim() !== "",
  );

function showProgress() {
  const progress = document.querySelector("[data-progress]");
  const paper = document.querySelector("[data-paper]");
  if (!progress || !paper) return;
  const asked = askedOf(paper);
  const done = asked.filter(isAnswered).length;
  const [said, bar] = progress.children;
  said.textContent = said.dataset.text.replace("__done__", done).replace("__count__", asked.length);
  bar.max = asked.length;
  bar.value = done;
  progress.hidden = false;
}

const hasWordsFor = (form, kind) => form.querySelector(`template[data-problem-${kind}]`) !== null;

function showProblem(form, kind) {
  const problem = form.querySelector("[data-problem]");
  problem.replaceChildren(...(kind ? [form.querySelector(`template[data-problem-${kind}]`).content.cloneNode(true)] : []));
  problem.hidden = !kind;
  if (kind) problem.scrollIntoView({ block: "center" });
}

/** Put the page that came back in the place of this one, and begin where it should be read from. */
function replacePage(html, address) {
  const page = new DOMParser().parseFromString(html, "text/html");
  document.documentElement.lang = page.documentElement.lang;
  document.title = page.title;
  document.body.replaceChildren(...page.body.childNodes);
  history.replaceState(null, "", address);
  setUp();
  showProgress();
  window.scrollTo(0, 0);
  (document.querySelector(".error-summary, [aria-invalid]") ?? document.querySelector("main")).focus();
}

async function send(form, submitter) {
  const isSwitch = submitter?.matches("[data-switch]") ?? false;
  const button = form.querySelector("[data-send]");
  const words = button.textContent;
  const address = isSwitch ? submitter.formAction : form.action;
  const data = new FormData(form);
  if (isSwitch) data.append(submitter.name, submitter.value);
  isSending = true;
  showProblem(form, "");
  button.setAttribute("aria-disabled", "true");
  if (!isSwitch) button.textContent = button.dataset.sending;
  try {
    const response = await fetch(address, { method: "POST", body: data, cache: "no-store" });
    if (response.redirected && !form.querySelector("[data-paper]")) {
      // From the room to the questions, which have come already.
      replacePage(await response.text(), response.url);
    } else if (response.redirected) {
      isLeaving = true;
      // In this page's place: "back" leads to no filled-in form.
      location.replace(response.url);
      return;
    } else if (PAGES.has(response.status) || (response.status === 429 && !hasWordsFor(form, "often"))) {
      replacePage(await response.text(), address);
    } else {
      const kind = PROBLEMS[response.status];
      showProblem(form, hasWordsFor(form, kind) ? kind : "server");
    }
  } catch {
    showProblem(form, "offline");
  }
  isSending = false;
  button.removeAttribute("aria-disabled");
  button.textContent = words;
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-answer]")) return;
  event.preventDefault();
  if (!isSending) send(event.target, event.submitter);
});

document.addEventListener("change", showProgress);
document.addEventListener("input", showProgress);

addEventListener("beforeunload", (event) => {
  const form = formHere();
  if (!isLeaving && form && isFilledIn(form)) event.preventDefault();
});

showProgress();
