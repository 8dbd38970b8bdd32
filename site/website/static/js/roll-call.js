/* Roll call: each tap is sent at once and shown as saved only when the server has said so.
   Without this script the same buttons post plain forms. */

const list = document.getElementById("liste");
const marks = document.getElementById("marks");
const TIMEOUT = 10_000;
const REFRESH = 20_000;
const texts = document.getElementById("roll-texts")?.dataset ?? {};
const said = document.getElementById("roll-said");

/** Per participant: the last tap that is not saved yet. */
const unsaved = new Map();
/** Per participant: the chain of requests, so that taps on one person arrive in the order of the taps. */
const chains = new Map();

class Refused extends Error {}

function say(text) {
  said.textContent = text;
}

async function ask(method, body) {
  const address = new URL(location.pathname, location.href);
  if (method === "GET") address.searchParams.set("siden", list.dataset.since);
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), TIMEOUT);
  try {
    const response = await fetch(address, {
      method,
      body,
      headers: { Accept: "application/json" },
      signal: abort.signal,
      redirect: "error",
    });
    const isJson = response.headers.get("Content-Type")?.startsWith("application/json");
    const state = isJson ? await response.json() : {};
    if (state.rows) apply(state);
    if (response.ok && isJson) return state;
    if (state.error) throw new Refused(state.error);
    throw new Error(texts.failed);
  } catch (error) {
    if (error instanceof Refused || error.message === texts.failed) throw error;
    throw new Error(texts.offline);
  } finally {
    clearTimeout(timer);
  }
}

function form(fields) {
  const data = new FormData(marks);
  data.set("siden", list.dataset.since);
  for (const [name, value] of Object.entries(fields)) data.set(name, value);
  return data;
}

/* Showing */

function apply(state) {
  list.dataset.since = state.since;
  for (const fresh of state.rows) showRow(fresh);
  for (const [status, count] of Object.entries(state.counts)) {
    const shown = document.querySelector(`[data-count="${status || "none"}"]`);
    if (shown) shown.textContent = count;
  }
  const all = document.getElementById("all-present");
  if (all) all.hidden = !state.counts[""];
  if (Number(state.listed) !== Number(list.dataset.listed)) problem(texts.changed);
  if (state.undo) {
    const undo = document.querySelector(".roll-undo");
    undo.elements.change.value = state.undo.change;
    undo.querySelector(".roll-undo__text").textContent = state.undo.text;
    undo.hidden = false;
  }
  narrow();
}

function showRow({ id, status, minutes, text }) {
  const row = document.getElementById(`deltager-${id}`);
  if (!row || !row.dataset.id) return;
  row.dataset.status = status || "none";
  for (const button of row.querySelectorAll(".roll-choice")) {
    button.setAttribute("aria-pressed", String(button.value === `${id}:${status}`));
  }
  row.querySelector(".roll-mark").textContent = text;
  row.querySelector(".roll-clear").hidden = !status;
  row.querySelector("a.roll-link").hidden = false;
  showMinutes(row, status, minutes);
}

function showMinutes(row, status, minutes) {
  let field = row.querySelector(".roll-minutes");
  if (status !== "late") {
    field?.remove();
    return;
  }
  if (!field) {
    const { id } = row.dataset;
    field = document.createElement("form");
    field.className = "roll-minutes d-print-none";
    field.method = "post";
    const label = document.createElement("label");
    label.htmlFor = `minutter-${id}`;
    label.textContent = texts.minutes;
    const who = document.createElement("span");
    who.className = "sr-only";
    who.textContent = ` ${row.querySelector(".roll-name").textContent}`;
    label.append(who);
    const input = document.createElement("input");
    Object.assign(input, { className: "form-input", id: label.htmlFor, name: "minutter", autocomplete: "off" });
    input.inputMode = "numeric";
    const button = document.createElement("button");
    Object.assign(button, { className: "button button-secondary", type: "submit", textContent: texts.save });
    field.append(label, input, button);
    row.querySelector(".roll-state").after(field);
  }
  const input = field.querySelector("input[name=minutter]");
  if (document.activeElement !== input) input.value = minutes ?? "";
}

function problem(text) {
  const box = document.getElementById("fejl");
  box.replaceChildren();
  if (!text) return;
  const alert = document.createElement("div");
  alert.className = "alert alert-warning";
  alert.setAttribute("role", "alert");
  const words = document.createElement("p");
  words.className = "alert-text";
  words.textContent = text;
  alert.append(words);
  box.append(alert);
}

function showUnsaved() {
  const banner = document.getElementById("roll-unsaved");
  const count = [...unsaved.values()].filter((tap) => tap.failed).length;
  banner.hidden = !count;
  banner.querySelector("[data-unsaved-count]").textContent =
    count === 1 ? texts.unsavedOne : texts.unsavedMany.replace("{count}", count);
}

function showProblem(row, tap, error) {
  row.querySelector(".roll-problem")?.remove();
  row.classList.toggle("is-unsaved", Boolean(error));
  if (!error) return;
  const box = document.createElement("div");
  box.className = "roll-problem";
  box.setAttribute("role", "alert");
  const words = document.createElement("span");
  words.textContent =
    error instanceof Refused ? error.message : `${texts.unsaved.replace("{mark}", tap.label)} ${error.message}`;
  box.append(words);
  if (!(error instanceof Refused)) {
    const again = document.createElement("button");
    Object.assign(again, { type: "button", className: "button button-secondary", textContent: texts.retry });
    again.addEventListener("click", () => send(row, tap));
    box.append(again);
  }
  row.append(box);
}

/* Marking */

function send(row, tap) {
  const { id } = row.dataset;
  unsaved.set(id, tap);
  tap.failed = false;
  showProblem(row, tap, null);
  for (const button of row.querySelectorAll(".roll-choice")) {
    button.classList.toggle("is-pending", button.value === tap.mark && button.getAttribute("aria-pressed") !== "true");
  }
  row.setAttribute("aria-busy", "true");
  const work = async () => {
    if (unsaved.get(id) !== tap) return; // a later tap has taken its place
    let failure = null;
    try {
      const state = await ask("POST", form({ mark: tap.mark, minutter: tap.minutes }));
      say(`${tap.name}: ${state.message}`);
    } catch (error) {
      failure = error;
    }
    if (unsaved.get(id) !== tap) return;
    tap.failed = failure !== null && !(failure instanceof Refused);
    if (!tap.failed) unsaved.delete(id);
    row.removeAttribute("aria-busy");
    for (const button of row.querySelectorAll(".roll-choice")) button.classList.remove("is-pending");
    showProblem(row, tap, failure);
    showUnsaved();
  };
  chains.set(id, (chains.get(id) ?? Promise.resolve()).then(work));
  showUnsaved();
}

function tapped(row, mark, label, minutes = "") {
  send(row, { mark, label, minutes, name: row.querySelector(".roll-name").textContent });
}

async function act(fields) {
  problem("");
  try {
    const state = await ask("POST", form(fields));
    say(state.message);
  } catch (error) {
    problem(error.message);
  }
}

function confirmAll(event) {
  const dialog = document.getElementById("roll-dialog");
  if (!dialog.showModal) return;
  event.preventDefault();
  const count = Number(document.querySelector('[data-count="none"]').textContent);
  const title = document.getElementById("roll-dialog-title");
  title.textContent = count === 1 ? title.dataset.one : title.dataset.many.replace("{count}", count);
  dialog.returnValue = "";
  dialog.addEventListener("close", () => dialog.returnValue === "yes" && act({ handling: "alle" }), { once: true });
  dialog.showModal();
}

/* Finding */

let view = document.querySelector(".roll-count[aria-current]")?.dataset.view ?? "";

function folded(text) {
  return text.toLocaleLowerCase("da").replaceAll("aa", "å");
}

function narrow() {
  const wanted = folded(document.getElementById("roll-search").value.trim());
  let shown = 0;
  for (const row of list.querySelectorAll("li[data-id]")) {
    const matches =
      (!view || row.dataset.status === view || unsaved.has(row.dataset.id)) &&
      (!wanted || folded(row.querySelector(".roll-who").textContent).includes(wanted));
    row.hidden = !matches;
    shown += matches;
  }
  document.getElementById("roll-none").hidden = shown > 0;
}

function start() {
  list.addEventListener("submit", (event) => {
    const row = event.target.closest("li[data-id]");
    event.preventDefault();
    const minutes = event.target.querySelector("input[name=minutter]").value;
    tapped(row, `${row.dataset.id}:late`, row.querySelector(".roll-choice--late").textContent, minutes);
  });
  marks.addEventListener("submit", (event) => {
    const row = event.submitter?.closest("li[data-id]");
    if (!row) return;
    event.preventDefault();
    const label = event.submitter.matches(".roll-clear") ? texts.notTaken : event.submitter.textContent;
    tapped(row, event.submitter.value, label);
  });
  document.querySelector(".roll-undo").addEventListener("submit", (event) => {
    event.preventDefault();
    act({ handling: "fortryd", change: event.target.elements.change.value });
  });
  document.getElementById("all-present").addEventListener("click", confirmAll);
  document.querySelector("[data-retry-all]").addEventListener("click", () => {
    for (const [id, tap] of unsaved) if (tap.failed) send(document.getElementById(`deltager-${id}`), tap);
  });
  document.querySelector(".roll-search").hidden = false;
  document.getElementById("roll-search").addEventListener("input", narrow);
  for (const link of document.querySelectorAll("a.roll-count")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      document.querySelector(".roll-count[aria-current]")?.removeAttribute("aria-current");
      link.setAttribute("aria-current", "true");
      view = link.dataset.view;
      narrow();
    });
  }
  const print = document.querySelector(".roll-print");
  print.hidden = false;
  print.addEventListener("click", () => window.print());
  window.addEventListener("beforeunload", (event) => unsaved.size && event.preventDefault());
  setInterval(() => {
    if (document.visibilityState === "visible" && !unsaved.size) ask("GET").catch(() => {});
  }, REFRESH);
}

if (list && marks) start();
