/* The report builder: own days only when they are asked for, long lists searched, runs of the chosen courses,
   columns put in order by buttons. Without this script everything is there, and the server orders the columns. */

const form = document.querySelector("[data-builder]");

if (form) {
  const period = form.querySelector("#id_periode");
  const days = form.querySelector(".builder__days");
  const showDays = () => {
    days.hidden = period.value !== days.dataset.own && !days.querySelector(".has-error");
  };
  period.addEventListener("change", showDays);
  // Days that are hidden are not meant.
  form.addEventListener("submit", () => {
    for (const input of days.querySelectorAll("input")) input.disabled = days.hidden || !input.value;
    for (const input of form.querySelectorAll("input[type=search]")) input.disabled = true;
  });
  addEventListener("pageshow", () => {
    for (const input of form.querySelectorAll("input")) input.disabled = false;
    showDays();
  });
  showDays();

  /* Finding */

  const courses = form.querySelector("#id_kursus");
  const chosenCourses = () => new Set([...courses.querySelectorAll("input:checked")].map((input) => input.value));
  const filter = (group) => {
    const letters = group.querySelector("[data-find]")?.value.trim().toLocaleLowerCase() ?? "";
    const wanted = chosenCourses();
    for (const item of group.querySelectorAll(".builder__options > li")) {
      const isChosen = item.querySelector("input").checked;
      const fits = item.textContent.toLocaleLowerCase().includes(letters);
      const isOfCourse = !item.dataset.course || !wanted.size || wanted.has(item.dataset.course);
      item.hidden = !isChosen && !(fits && isOfCourse);
    }
  };
  for (const group of form.querySelectorAll(".builder__group")) {
    const find = group.querySelector("[data-find]");
    if (!find) continue;
    find.closest("[hidden]").hidden = group.querySelectorAll("li").length < 8;
    find.addEventListener("input", () => filter(group));
    // Enter in a search looks; it does not send the form.
    find.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
  }
  courses?.addEventListener("change", () => filter(form.querySelector("#id_hold")));
  if (courses) filter(form.querySelector("#id_hold"));

  /* Columns */

  const columns = form.querySelector(".builder__columns");
  if (columns) {
    const said = form.querySelector("[data-said]");
    for (const hidden of columns.querySelectorAll(".builder__moves")) hidden.hidden = false;
    const all = form.querySelector(".builder__all");
    all.hidden = false;
    all.addEventListener("click", (event) => {
      const button = event.target.closest("[data-all]");
      if (!button) return;
      for (const input of columns.querySelectorAll("input")) input.checked = Boolean(button.dataset.all);
    });
    columns.addEventListener("click", (event) => {
      const button = event.target.closest("[data-move]");
      if (!button) return;
      const item = button.closest("li");
      const isUp = button.dataset.move === "-1";
      const other = isUp ? item.previousElementSibling : item.nextElementSibling;
      if (!other) return;
      if (isUp) other.before(item);
      else other.after(item);
      button.focus();
      said.textContent = `${item.querySelector("label").textContent.trim()}: ${isUp ? form.dataset.up : form.dataset.down}`;
    });
  }

  document.getElementById("report-errors")?.focus();
}
