// The registration form without round trips. Everything here also works as plain posts.

const form = document.querySelector("[data-registration]");
/** What is a participant's own, and is not copied from a colleague. */
const OWN = ["unnamed", "name", "email", "dietary"];

const fieldOf = (row, name) => row.querySelector(`[name$="-${name}"]`);

/** Give every row its number, and every field its index, so that the formset counts right. */
function renumber(rows) {
  rows.forEach((row, index) => {
    const swap = (value) => value.replace(/participants-(\d+|__prefix__)-/g, `participants-${index}-`);
    for (const element of row.querySelectorAll("[name], [id], [for], [aria-describedby]")) {
      for (const attribute of ["name", "id", "for", "aria-describedby"]) {
        const value = element.getAttribute(attribute);
        if (value) element.setAttribute(attribute, swap(value));
      }
    }
    for (const text of row.querySelectorAll(".participant__legend, [data-remove-participant], [data-copy-first] .sr-only")) {
      text.textContent = text.textContent.replace(/\d+|__number__/, index + 1);
    }
    for (const button of row.querySelectorAll("[data-remove-participant], [data-copy-first]")) button.value = index;
    row.querySelectorAll("[data-copy-first]").forEach((button) => { button.hidden = index === 0; });
  });
  form.querySelector("[name=participants-TOTAL_FORMS]").value = rows.length;
}

/** A seat whose name is to follow has no name to write. */
function settleName(row) {
  const tick = fieldOf(row, "unnamed");
  if (!tick) return;
  const named = row.querySelector("[data-named]");
  named.hidden = tick.checked;
  if (tick.checked) fieldOf(row, "name").value = "";
}

/** Show only what belongs to the way of paying that is chosen for a participant. */
function settlePayer(row) {
  const choice = fieldOf(row, "billing_method");
  if (!choice || choice.type === "radio") return;
  row.querySelector("[data-own-payer]").hidden = !choice.value;
  for (const part of row.querySelectorAll("[data-payer-by]")) part.hidden = part.dataset.payerBy !== choice.value;
}

/** Fill a row in from the first one: all but what is each participant's own. */
function copyFirst(first, row) {
  for (const field of first.querySelectorAll("[name]")) {
    const name = field.name.replace(/^participants-\d+-/, "");
    if (OWN.includes(name) || field.type === "file" || field.tagName === "BUTTON") continue;
    if (field.type === "radio" || field.type === "checkbox") {
      for (const twin of row.querySelectorAll(`[name$="-${name}"]`)) {
        if (twin.value === field.value) twin.checked = field.checked;
      }
    } else {
      const twin = fieldOf(row, name);
      if (twin) twin.value = field.value;
    }
  }
  const more = row.querySelector("details");
  if (more && fieldOf(row, "organisation")?.value) more.open = true;
  row.dispatchEvent(new Event("change", { bubbles: true }));
}

function setUpParticipants() {
  const section = form.querySelector("[data-participants]");
  if (!section) return;
  const template = section.querySelector("[data-participant-template]");
  const addButton = section.querySelector("[data-add-participant]");
  const status = section.querySelector("[data-participants-status]");
  const most = Number(form.dataset.maxParticipants);
  const rows = () => [...section.querySelectorAll("[data-participant]")];

  const refresh = () => {
    const all = rows();
    renumber(all);
    addButton.hidden = all.length >= most;
    for (const row of all) {
      row.querySelector("[data-remove-participant]").hidden = all.length === 1;
      settleName(row);
      settlePayer(row);
    }
  };
  const add = () => {
    const row = template.content.cloneNode(true).querySelector("[data-participant]");
    addButton.closest("p").before(row);
    refresh();
    status.textContent = status.dataset.added.replace("__number__", rows().length);
    return row;
  };

  addButton.addEventListener("click", (event) => {
    event.preventDefault();
    fieldOf(add(), "name").focus();
  });
  section.addEventListener("click", (event) => {
    const button = event.target.closest("[data-remove-participant], [data-copy-first]");
    if (!button) return;
    event.preventDefault();
    const row = button.closest("[data-participant]");
    if (button.matches("[data-copy-first]")) {
      copyFirst(rows()[0], row);
      settlePayer(row);
      status.textContent = status.dataset.copied.replace("__number__", rows().indexOf(row) + 1);
      return;
    }
    row.remove();
    refresh();
    status.textContent = status.dataset.removed;
    addButton.focus();
  });
  section.addEventListener("change", (event) => {
    const row = event.target.closest("[data-participant]");
    if (!row || !event.target.name) return;
    if (event.target.name.endsWith("-unnamed")) settleName(row);
    if (event.target.name.endsWith("-billing_method")) settlePayer(row);
  });
  section.querySelector("[data-copy-contact]").addEventListener("click", (event) => {
    event.preventDefault();
    const isEmpty = (row) =>
      !fieldOf(row, "unnamed")?.checked && ["name", "email"].every((field) => !fieldOf(row, field).value);
    const target = rows().find(isEmpty) ?? (rows().length < most ? add() : null);
    if (!target) return;
    fieldOf(target, "name").value = form.querySelector("[name=contact_name]").value;
    fieldOf(target, "email").value = form.querySelector("[name=contact_email]").value;
    fieldOf(target, "job_title").focus();
  });
  refresh();
}

/** Show only the fields of the way of paying that is chosen. */
function setUpBilling() {
  const choices = form.querySelectorAll("input[name=billing_method]");
  if (!choices.length) return;
  const show = () => {
    const chosen = form.querySelector("[name=billing_method]:checked")?.value;
    for (const part of form.querySelectorAll("[data-billing]")) part.hidden = part.dataset.billing !== chosen;
  };
  for (const choice of choices) choice.addEventListener("change", show);
  show();
}

/** Different payers: their fields come with the next page, with everything else as it was typed. */
function setUpSeparatePayers() {
  const tick = form.querySelector("[name=separate_payers]");
  const button = form.querySelector("[data-show-payers]");
  if (!tick || !button) return;
  button.hidden = true;
  tick.addEventListener("change", () => form.requestSubmit(button));
}

if (form) {
  setUpParticipants();
  setUpBilling();
  setUpSeparatePayers();
}
