/* The list by keyboard: arrows between people, a letter for each mark. Letters count only while something in a
   person's row has the focus and is no field, so nobody who dictates or types is marked by accident. */

import { idOf, rowOf } from "./roll-call-rows.js";

const STATUSES = ["present", "late", "absent", "excused"];

export function listenToKeys(list, finder, act) {
  const keys = new Map();
  for (const key of document.querySelectorAll("[data-key]")) keys.set(key.textContent.trim().toLowerCase(), key.dataset.key);
  document.getElementById("roll-keys").hidden = false;

  const shownRows = () => [...list.querySelectorAll("li[data-id]")].filter((row) => !row.hidden);

  function focusIn(row, like = null) {
    const choices = [...row.querySelectorAll(".roll-choice:not(:disabled)")];
    const same = like && choices.find((choice) => choice.classList.contains(like));
    const pressed = choices.find((choice) => choice.getAttribute("aria-pressed") === "true");
    (same ?? pressed ?? choices[0] ?? row.querySelector("a, button"))?.focus();
  }

  list.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const id = idOf(event.target);
    if (!id) return;
    const row = rowOf(id);
    if (event.key === "Escape" && event.target.closest(".roll-details")) {
      act("close", id);
      focusIn(row);
      return;
    }
    if (event.target.matches("input, textarea, select")) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const rows = shownRows();
      const next = rows[rows.indexOf(row) + (event.key === "ArrowDown" ? 1 : -1)];
      event.preventDefault();
      if (next) {
        focusIn(next, [...event.target.classList].find((name) => name.startsWith("roll-choice--")));
        next.scrollIntoView({ block: "nearest" });
      } else if (event.key === "ArrowUp") finder.field.focus();
      return;
    }
    if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
      const choices = [...row.querySelectorAll(".roll-choice:not(:disabled)")];
      const at = choices.indexOf(event.target);
      const next = choices[at + (event.key === "ArrowRight" ? 1 : -1)];
      if (at >= 0 && next) {
        event.preventDefault();
        next.focus();
      }
      return;
    }
    if (event.key === "/") {
      event.preventDefault();
      finder.field.focus();
      return;
    }
    const wanted = keys.get(event.key.toLowerCase()) ?? STATUSES[Number(event.key) - 1];
    if (!wanted || event.repeat) return;
    event.preventDefault();
    act(wanted, id);
  });

  finder.field.addEventListener("keydown", (event) => {
    const first = shownRows()[0];
    if ((event.key === "Enter" || event.key === "ArrowDown") && first) {
      event.preventDefault();
      focusIn(first);
    }
  });
}
