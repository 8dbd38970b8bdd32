/* Somebody who has not registered: the form in a dialog, kept on this device like any mark. */

import { fill } from "./roll-call-rows.js";

export function listenToWalkIns({ texts, add }) {
  const dialog = document.getElementById("roll-add-dialog");
  const form = document.getElementById("roll-add-form");
  if (!form) return;

  document.getElementById("roll-add").addEventListener("click", (event) => {
    if (!dialog?.showModal) return;
    event.preventDefault();
    clear();
    dialog.showModal();
    form.elements.name.focus();
  });

  for (const close of form.querySelectorAll("[data-close]")) {
    close.addEventListener("click", (event) => {
      if (!dialog?.open) return;
      event.preventDefault();
      dialog.close();
    });
  }

  function refuse(field, text) {
    const message = document.getElementById(`${field.id}-fejl`);
    message.textContent = text;
    message.hidden = !text;
    field.setAttribute("aria-invalid", String(Boolean(text)));
    field.closest(".form-group").classList.toggle("form-error", Boolean(text));
    if (text) field.focus();
  }

  function clear() {
    for (const field of [form.elements.name, form.elements.email]) refuse(field, "");
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    clear();
    const { name, email, organisation } = form.elements;
    if (email.value.trim() && !email.checkValidity()) refuse(email, fill(texts.email_wrong, { email: email.value.trim() }));
    if (!name.value.trim()) refuse(name, texts.name_missing);
    if (form.querySelector("[aria-invalid=true]")) return;
    const person = {
      name: name.value.trim().replace(/\s+/g, " "),
      email: email.value.trim(),
      organisation: organisation.value.trim(),
    };
    if (!(await add(person))) return;
    form.reset();
    dialog?.close();
  });
}
