// The registration form without round trips. Everything here also works as plain posts.

const form = document.querySelector("[data-registration]");

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
    for (const text of row.querySelectorAll("legend, [data-remove-participant]")) {
      text.textContent = text.textContent.replace(/\d+|__number__/, index + 1);
    }
    row.querySelector("[data-remove-participant]").value = index;
  });
  form.querySelector("[name=participants-TOTAL_FORMS]").value = rows.length;
}

function setUpParticipants() {
  const section = form.querySelector("[data-participants]");
  const template = section.querySelector("[data-participant-template]");
  const addButton = section.querySelector("[data-add-participant]");
  const status = section.querySelector("[data-participants-status]");
  const most = Number(form.dataset.maxParticipants);
  const rows = () => [...section.querySelectorAll("[data-participant]")];

  const refresh = () => {
    const all = rows();
    renumber(all);
    addButton.hidden = all.length >= most;
    for (const row of all) row.querySelector("[data-remove-participant]").hidden = all.length === 1;
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
    add().querySelector("input").focus();
  });
  section.addEventListener("click", (event) => {
    const button = event.target.closest("[data-remove-participant]");
    if (!button) return;
    event.preventDefault();
    button.closest("[data-participant]").remove();
    refresh();
    status.textContent = status.dataset.removed;
    addButton.focus();
  });
  section.querySelector("[data-copy-contact]").addEventListener("click", (event) => {
    event.preventDefault();
    const isEmpty = (row) => ["name", "email"].every((field) => !row.querySelector(`[name$="-${field}"]`).value);
    const target = rows().find(isEmpty) ?? (rows().length < most ? add() : null);
    if (!target) return;
    target.querySelector('[name$="-name"]').value = form.querySelector("[name=contact_name]").value;
    target.querySelector('[name$="-email"]').value = form.querySelector("[name=contact_email]").value;
    target.querySelector('[name$="-job_title"]').focus();
  });
  refresh();
}

/** Show only the fields of the way of paying that is chosen. */
function setUpBilling() {
  const choices = form.querySelectorAll("[name=billing_method]");
  if (!choices.length) return;
  const show = () => {
    const chosen = form.querySelector("[name=billing_method]:checked")?.value;
    for (const part of form.querySelectorAll("[data-billing]")) part.hidden = part.dataset.billing !== chosen;
  };
  for (const choice of choices) choice.addEventListener("change", show);
  show();
}

if (form) {
  setUpParticipants();
  setUpBilling();
}
