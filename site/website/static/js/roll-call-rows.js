/* Shows the roll: a row for each person, the counts, and what is in the way of a mark. */

const list = document.getElementById("liste");
const rowTemplate = document.getElementById("roll-row");
const detailsTemplate = document.getElementById("roll-details");

export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/** The text for none, one or many of something. */
export function counted(texts, name, count) {
  const form = count === 0 ? "none" : count === 1 ? "one" : "many";
  return fill(texts[`${name}_${form}`] ?? "", { count });
}

export function rowOf(id) {
  return document.getElementById(`deltager-${id}`);
}

export function idOf(element) {
  return element.closest("li[data-id]")?.dataset.id ?? null;
}

export function makeRows(roll, texts) {
  const times = new Intl.DateTimeFormat("da-DK", { hour: "numeric", minute: "2-digit", timeZone: "Europe/Copenhagen" });

  function label(mark) {
    let words = texts.marks[mark.status];
    if (mark.minutes_late) words = fill(texts.minutes_late, { mark: words, minutes: mark.minutes_late });
    if (mark.minutes_early) words = fill(texts.minutes_early, { mark: words, minutes: mark.minutes_early });
    return words;
  }

  function clone(id) {
    const row = rowTemplate.content.firstElementChild.cloneNode(true);
    setId(row, id);
    return row;
  }

  /** Make this the row of that person: of a new one, or of one who has got a number from the server. */
  function setId(row, id) {
    row.id = `deltager-${id}`;
    row.dataset.id = id;
    row.querySelector(".roll-name").id = `navn-${id}`;
    row.querySelector(".roll-choices").setAttribute("aria-labelledby", `navn-${id}`);
    for (const button of row.querySelectorAll("button[name=mark]")) button.value = button.value.replace(/^.*:/, `${id}:`);
    row.querySelector(".roll-details-link").href = `?deltager=${id}#deltager-${id}`;
    const history = row.querySelector(".roll-history-link");
    history.href = history.href.replace(/\d+\/$/, `${id}/`);
    const form = row.querySelector(".roll-details");
    if (form) setFieldIds(form, id);
  }

  function setFieldIds(form, id) {
    form.querySelector("input[name=mark]").value = `${id}:`;
    for (const label of form.querySelectorAll("label")) {
      label.htmlFor = `${label.htmlFor.split("-")[0]}-${id}`;
      label.nextElementSibling.id = label.htmlFor;
    }
  }

  function rename(before, id) {
    const row = rowOf(before);
    if (row && !rowOf(id)) setId(row, String(id));
  }

  function setText(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  function show(person) {
    const id = String(person.id);
    const row = rowOf(id);
    if (!row) return;
    const shown = roll.shown(person);
    const { mark } = shown;
    row.dataset.status = mark.status || "none";
    row.classList.toggle("is-waiting", shown.isWaiting);
    row.classList.toggle("is-refused", Boolean(shown.refused));
    setText(row.querySelector(".roll-name"), person.name);
    setText(row.querySelector(".roll-byline"), person.byline ?? "");
    row.querySelector(".roll-flag--walk-in").hidden = !person.is_walk_in;
    row.querySelector(".roll-flag--requirement").hidden = !person.requirement;
    setText(row.querySelector(".roll-requirement"), person.requirement ?? "");
    for (const hidden of row.querySelectorAll(".roll-state .sr-only")) setText(hidden, ` ${person.name}`);
    for (const button of row.querySelectorAll(".roll-choice")) {
      const status = button.value.split(":")[1];
      button.setAttribute("aria-pressed", String(status === mark.status));
      button.disabled = openness.closed || (openness.early && status !== "excused");
    }
    const at = shown.isTapped ? times.format(shown.at).replace(":", ".") : "";
    const words = shown.isTapped && mark.status ? fill(texts.mark_at, { mark: label(mark), time: at }) : shown.text || label(mark);
    setText(row.querySelector(".roll-mark"), shown.isTapped && !mark.status ? label(mark) : words);
    showSign(row, shown.isWaiting);
    row.querySelector(".roll-clear").hidden = !mark.status || openness.closed;
    row.querySelector(".roll-details-link").hidden = !mark.status || openness.closed;
    row.querySelector(".roll-history-link").hidden = !person.has_history;
    const said = [mark.reason, mark.note].filter(Boolean).join(" · ");
    const line = row.querySelector(".roll-words");
    line.hidden = !said;
    setText(line, said);
    const form = row.querySelector(".roll-details");
    if (form) showFields(form, mark.status);
  }

  function showSign(row, isWaiting) {
    let sign = row.querySelector(".roll-sign");
    if (!isWaiting) {
      sign?.remove();
      return;
    }
    if (sign) return;
    sign = document.createElement("span");
    sign.className = "roll-sign";
    sign.textContent = texts.not_sent;
    row.querySelector(".roll-mark").after(sign);
  }

  function showFields(form, status) {
    for (const field of form.querySelectorAll(".roll-field")) field.hidden = !field.dataset.for.split(" ").includes(status);
  }

  /** Open somebody's details under the row; the fields hold what stands. */
  function openDetails(person, { focus = true } = {}) {
    const id = String(person.id);
    const row = rowOf(id);
    closeDetails(id);
    let form = row.querySelector(".roll-details");
    if (!form) {
      form = detailsTemplate.content.firstElementChild.cloneNode(true);
      setFieldIds(form, id);
      for (const hidden of form.querySelectorAll(".sr-only")) hidden.textContent = ` ${person.name}`;
      row.querySelector(".roll-signature").before(form);
    }
    const { mark } = roll.shown(person);
    form.elements.minutter.value = mark.minutes_late ?? "";
    form.elements.gik.value = mark.minutes_early ?? "";
    form.elements.grund.value = mark.reason ?? "";
    form.elements.note.value = mark.note ?? "";
    form.querySelector(".roll-leaves").hidden = roll.minutesEarly() === null;
    showFields(form, mark.status);
    if (focus) [...form.querySelectorAll("input:not([type=hidden])")].find((input) => input.checkVisibility())?.focus();
    return form;
  }

  function closeDetails(exceptId = null) {
    for (const form of list.querySelectorAll(".roll-details")) if (idOf(form) !== exceptId) form.remove();
  }

  /** Put the rows in the list's order, without touching those that stand right. */
  function showList(everybody) {
    const wanted = new Set(everybody.map((person) => String(person.id)));
    for (const row of list.querySelectorAll("li[data-id]")) if (!wanted.has(row.dataset.id)) row.remove();
    const blank = list.querySelector(".roll-row--blank");
    let next = list.querySelector("li[data-id]");
    for (const { id } of everybody) {
      if (next?.dataset?.id === String(id)) {
        next = next.nextElementSibling;
        continue;
      }
      list.insertBefore(rowOf(id) ?? clone(String(id)), next ?? blank);
    }
    list.hidden = !everybody.length;
    document.getElementById("roll-empty").hidden = everybody.length > 0;
  }

  const openness = { early: false, closed: false };

  function measureOpenness() {
    const now = roll.clock.now();
    const { opens_at: opens, closes_at: closes } = roll.data;
    openness.early = now < Date.parse(opens);
    openness.closed = Boolean(closes) && now >= Date.parse(closes);
    document.getElementById("roll-early").hidden = !openness.early;
    for (const name of ["roll-add", "roll-scan"]) document.getElementById(name).hidden = openness.early || openness.closed;
  }

  function showCounts() {
    const counts = roll.counts();
    for (const [status, count] of Object.entries(counts)) {
      setText(document.querySelector(`[data-count="${status || "none"}"]`), String(count));
    }
    setText(document.getElementById("roll-total"), String(Object.values(counts).reduce((sum, count) => sum + count, 0)));
    document.getElementById("all-present").hidden = !counts[""] || openness.early || openness.closed;
  }

  function showUndo() {
    const form = document.querySelector(".roll-undo");
    const act = roll.lastAct;
    if (!act) {
      // What was done before this device knew the roll is undone by the server.
      form.hidden = openness.closed || !form.elements.change.value || roll.queue.length > 0 || roll.hasActed;
      return;
    }
    const labels = new Set(act.steps.map((step) => label(step.after)));
    const mark = labels.size === 1 ? [...labels][0] : texts.different;
    const who = roll.person(act.steps[0].id)?.name ?? "";
    const text = act.steps.length === 1 ? fill(texts.undo_one, { who, mark }) : fill(texts.undo_many, { count: act.steps.length, mark });
    setText(form.querySelector(".roll-undo__text"), text);
    form.hidden = openness.closed;
  }

  function showAll() {
    measureOpenness();
    const everybody = roll.everybody();
    showList(everybody);
    for (const person of everybody) show(person);
    showCounts();
    showUndo();
  }

  return { label, rename, show, showAll, showCounts, showUndo, openDetails, closeDetails, openness, list };
}
