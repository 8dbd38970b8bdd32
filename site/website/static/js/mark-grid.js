// The grid of marks by keyboard: Enter and the arrows go up and down the column instead of sending the form.

const form = document.querySelector("[data-mark-grid]");

if (form) {
  for (const hint of document.querySelectorAll("[data-with-script]")) hint.hidden = false;

  const columns = new Map();
  for (const cell of form.querySelectorAll("[data-column]")) {
    const column = columns.get(cell.dataset.column) ?? [];
    column.push(cell);
    columns.set(cell.dataset.column, column);
  }

  const go = (cell, step) => {
    const column = columns.get(cell.dataset.column);
    const next = column[column.indexOf(cell) + step];
    if (next) {
      next.focus();
      next.select();
      return true;
    }
    return false;
  };

  form.addEventListener("keydown", (event) => {
    const cell = event.target;
    if (!cell.dataset.column || event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Enter" || event.key === "ArrowDown") {
      event.preventDefault();
      // After the last one comes the button that saves.
      if (!go(cell, event.shiftKey ? -1 : 1) && event.key === "Enter") form.querySelector("[type=submit]")?.focus();
    } else if (event.key === "ArrowUp") {
      event.preventDefault();
      go(cell, -1);
    }
  });

  // What is typed and not saved is not left by a slip of the hand.
  const initial = new Map([...form.querySelectorAll("[data-column]")].map((cell) => [cell, cell.value]));
  let sent = false;
  form.addEventListener("submit", () => {
    sent = true;
  });
  window.addEventListener("beforeunload", (event) => {
    if (!sent && [...initial].some(([cell, value]) => cell.value !== value)) event.preventDefault();
  });

  document.querySelector("[data-error-summary]")?.focus();
}
