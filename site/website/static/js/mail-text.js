// Writing the words of a mail: put a placeholder in where the cursor stands, and show how the mail will look.
// Without this the page has a button that shows it, and the placeholders are written by hand.

const form = document.querySelector("[data-mail-text]");
const preview = document.querySelector("[data-mail-preview]");

if (form && preview) {
  const body = form.elements.body;
  const fields = [form.elements.subject, body];
  const problems = form.querySelector("[data-live-errors]");
  let last = body;
  let waiting = 0;
  let asked = 0;

  form.querySelector("[data-without-script]").hidden = true;
  for (const field of fields) {
    field.addEventListener("focus", () => (last = field));
    field.addEventListener("input", later);
  }

  for (const button of form.querySelectorAll("[data-insert]")) {
    button.addEventListener("click", () => insert(`{${button.dataset.insert}}`, "block" in button.dataset));
  }

  // A part that stands on its own goes to the text, on a line of its own.
  function insert(words, isBlock) {
    const field = isBlock ? body : last;
    const { selectionStart: from, selectionEnd: to, value } = field;
    const before = isBlock && from > 0 ? "\n".repeat(2 - Math.min(2, trailing(value.slice(0, from)))) : "";
    const after = isBlock && to < value.length ? "\n".repeat(2 - Math.min(2, leading(value.slice(to)))) : "";
    field.focus();
    field.setRangeText(before + words + after, from, to, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function trailing(text) {
    return text.length - text.replace(/\n+$/, "").length;
  }

  function leading(text) {
    return text.length - text.replace(/^\n+/, "").length;
  }

  function later() {
    clearTimeout(waiting);
    waiting = setTimeout(show, 400);
  }

  async function show() {
    const turn = ++asked;
    let answer;
    try {
      const response = await fetch(form.dataset.mailText, { method: "POST", body: new FormData(form) });
      if (!response.ok) return;
      answer = await response.json();
    } catch {
      return; // Offline, or signed out: the text stands, and saving it tells.
    }
    if (turn !== asked) return;
    preview.querySelector("[data-preview-subject]").textContent = answer.subject;
    preview.querySelector("[data-preview-html]").srcdoc = answer.html;
    preview.querySelector("[data-preview-text]").textContent = answer.text;
    problems.replaceChildren(
      ...Object.values(answer.errors)
        .flat()
        .map(({ message }) => Object.assign(document.createElement("p"), { textContent: message })),
    );
  }
}
