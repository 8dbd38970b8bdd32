// The list of a run's participants: choose all on the page, and see how many are chosen.
// Without it the boxes still work, one by one or all that match.

for (const form of document.querySelectorAll("[data-choose]")) {
  const rows = [...form.querySelectorAll('input[name="pk"]')];
  const page = form.querySelector("[data-choose-page]");
  const all = form.querySelector("[data-choose-all]");
  const status = form.querySelector("[data-choose-count]");
  const total = Number(form.dataset.choose);

  const show = () => {
    const ticked = rows.filter((row) => row.checked).length;
    const count = all?.checked ? total : ticked;
    page.checked = ticked === rows.length;
    page.indeterminate = ticked > 0 && ticked < rows.length;
    status.hidden = count === 0;
    status.querySelector("strong").textContent = count;
    for (const row of rows) row.closest("tr").classList.toggle("is-chosen", row.checked || Boolean(all?.checked));
  };

  page.hidden = false;
  page.addEventListener("change", () => {
    for (const row of rows) row.checked = page.checked;
    show();
  });
  form.addEventListener("change", show);
  show();
}
