/* Roll call: each tap is kept on this device first, shown, and sent when there is a connection.
   Without this script the same buttons post plain forms. */

import { Clock } from "./roll-call-clock.js";
import { codeMarker } from "./roll-call-codes.js";
import { listenToKeys } from "./roll-call-keyboard.js";
import { makeFinder } from "./roll-call-list.js";
import { makeStatus } from "./roll-call-offline.js";
import { Roll, same } from "./roll-call-roll.js";
import { fill, idOf, makeRows, rowOf } from "./roll-call-rows.js";
import { Memory, Store } from "./roll-call-store.js";
import { Sync } from "./roll-call-sync.js";
import { listenToWalkIns } from "./roll-call-walk-in.js";

/** How often we ask for what others have marked, and how often we try again what is not sent. */
const REFRESH = 20_000;
const RETRY = 5_000;
const RETRY_MOST = 60_000;

const json = (id) => JSON.parse(document.getElementById(id).textContent);
const texts = json("roll-texts");

const said = document.getElementById("roll-said");

function say(text) {
  said.className = "sr-only";
  said.textContent = text;
}

/* Whoever tapped before this script was here is told what the plain form recorded: what stands in a status
   from the beginning is not read aloud, what comes into it is. Kept on the device it is old news. */
function sayAgain() {
  const text = navigator.onLine ? said.textContent : "";
  said.textContent = "";
  if (text) requestAnimationFrame(() => (said.textContent = text));
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

async function openStore() {
  try {
    return [await Store.open(), true];
  } catch {
    return [new Memory(), false];
  }
}

async function start() {
  const [store, isKept] = await openStore();
  const clock = await Clock.open(store);
  const roll = new Roll({ data: json("roll-data"), store, clock });
  await roll.begin();
  const rows = makeRows(roll, texts);
  const finder = makeFinder(roll, rows.list);

  function showAll() {
    rows.showAll();
    finder.narrow();
    status.show();
  }

  const sync = new Sync({
    store,
    clock,
    user: roll.user,
    known: (path) => (path === roll.path ? { since: roll.data.since, list: roll.data.list, day: roll.data.day } : {}),
    hear: async (path, state, numbers) => {
      if (path !== roll.path) return;
      await roll.hear(state, numbers);
      for (const [submission, number] of numbers) rows.rename(submission, number);
    },
    changed: async () => {
      await roll.refresh();
      showAll();
    },
  });
  const status = makeStatus({ roll, sync, clock, texts, label: rows.label, isKept });

  /* Acts */

  async function mark(pairs, options = {}) {
    problem("");
    try {
      await roll.mark(pairs, options);
    } catch {
      problem(texts.not_stored);
      return false;
    }
    for (const [person] of pairs) finder.hold(person.id);
    showAll();
    if (pairs.length === 1) say(fill(texts.said, { who: pairs[0][0].name, mark: rows.label(pairs[0][1]) }));
    sync.run(roll.path);
    return true;
  }

  async function choose(id, choice) {
    const person = roll.person(id);
    if (!person) return;
    const wanted = roll.chosen(person, choice);
    const stands = roll.shown(person).mark;
    if (stands.status !== choice) {
      rows.closeDetails();
      if (!(await mark([[person, wanted]]))) return;
    }
    if (choice === "late" || choice === "excused") rows.openDetails(person, { focus: stands.status === choice });
  }

  async function saveDetails(form) {
    const person = roll.person(idOf(form));
    const stands = roll.shown(person).mark;
    const minutes = {};
    for (const [field, name] of [["minutter", "minutes_late"], ["gik", "minutes_early"]]) {
      const written = form.elements[field].value.trim();
      const isAsked = !form.elements[field].closest(".roll-field").hidden;
      minutes[name] = isAsked && written ? Number(written) : null;
      if (isAsked && written && !(/^\d+$/.test(written) && Number(written) >= 1 && Number(written) <= 600)) {
        problem(texts.minutes_wrong);
        form.elements[field].focus();
        return;
      }
    }
    const word = (field, name) => {
      const written = form.elements[field].value.trim();
      return stands[name] === null && !written ? null : written;
    };
    const wanted = {
      status: stands.status,
      ...minutes,
      reason: stands.status === "excused" ? word("grund", "reason") : "",
      note: word("note", "note"),
    };
    if (!same(wanted, stands) && !(await mark([[person, wanted]]))) return;
    rows.closeDetails();
    rowOf(person.id).querySelector(".roll-details-link").focus();
  }

  async function undo() {
    problem("");
    roll.hasActed = true;
    const { undone, passed } = await roll.undo();
    showAll();
    if (passed.length) problem(fill(texts.passed, { names: passed.map((person) => person.name).join(", ") }));
    if (undone.length) say(undone.length === 1 ? fill(texts.said, { who: undone[0][0].name, mark: rows.label(undone[0][1]) }) : texts.undone);
    sync.run(roll.path);
  }

  function confirmAll(event) {
    const dialog = document.getElementById("roll-dialog");
    if (!dialog.showModal) return;
    event.preventDefault();
    const untaken = () => roll.everybody().filter((person) => !roll.shown(person).mark.status);
    const count = untaken().length;
    const title = document.getElementById("roll-dialog-title");
    title.textContent = count === 1 ? title.dataset.one : title.dataset.many.replace("{count}", count);
    dialog.returnValue = "";
    dialog.onclose = () => {
      if (dialog.returnValue !== "yes") return;
      mark(untaken().map((person) => [person, roll.chosen(person, "present")]), { rest: true });
    };
    dialog.showModal();
  }

  /* What people do */

  rows.list.addEventListener("submit", (event) => {
    if (!event.target.matches(".roll-details")) return;
    event.preventDefault();
    saveDetails(event.target);
  });
  rows.list.addEventListener("click", (event) => {
    const person = roll.person(idOf(event.target) ?? "");
    if (event.target.closest(".roll-details-link") && person) {
      event.preventDefault();
      if (rowOf(person.id).querySelector(".roll-details")) rows.closeDetails();
      else rows.openDetails(person);
    }
    if (event.target.closest(".roll-leaves")) {
      event.target.closest("form").elements.gik.value = roll.minutesEarly() ?? "";
    }
  });
  document.querySelector(".roll-undo").addEventListener("submit", (event) => {
    if (roll.lastAct) {
      event.preventDefault();
      undo();
    } else if (sync.trouble) {
      // What was done before this device knew the roll, only the server can undo.
      event.preventDefault();
      problem(texts.undo_later);
    }
  });
  document.getElementById("all-present").addEventListener("click", confirmAll);
  document.getElementById("roll-retry").addEventListener("click", () => sync.run(roll.path));
  listenToKeys(rows.list, finder, (wanted, id) => {
    if (rows.openness.closed) return;
    if (wanted === "undo") undo();
    else if (wanted === "close") rows.closeDetails();
    else if (wanted === "details") {
      const person = roll.person(id);
      if (person && roll.shown(person).mark.status) rows.openDetails(person);
    } else if (wanted === "clear") choose(id, "");
    else if (!rows.openness.early || wanted === "excused") choose(id, wanted);
  });
  listenToWalkIns({
    texts,
    add: async (person) => {
      try {
        const id = await roll.walkIn(person);
        finder.hold(id);
        showAll();
        say(fill(texts.added, person));
        rowOf(id)?.scrollIntoView({ block: "center" });
        sync.run(roll.path);
        return true;
      } catch {
        problem(texts.not_stored);
        return false;
      }
    },
  });
  listenToScanner(codeMarker(roll, (person, wanted, source) => mark([[person, wanted]], { source })));

  /* When we try to send */

  window.addEventListener("online", () => sync.run(roll.path));
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") sync.run(roll.path);
  });
  window.addEventListener("pageshow", (event) => event.persisted && sync.run(roll.path));
  let pause = RETRY;
  const again = async () => {
    const isUrgent = roll.waiting.length + roll.elsewhere > 0;
    if (isUrgent || document.visibilityState === "visible") await sync.run(roll.path).catch(() => {});
    pause = sync.trouble ? Math.min(pause * 2, RETRY_MOST) : RETRY;
    setTimeout(again, roll.waiting.length ? pause : Math.max(pause, REFRESH));
  };
  if (!isKept) window.addEventListener("beforeunload", (event) => roll.queue.length && event.preventDefault());

  showAll();
  sayAgain();
  document.documentElement.dataset.rollCall = "ready";
  again();
  return { choose };
}

/** The camera's part is fetched when it is asked for; it calls `markByCode(code)` with what it has read. */
function listenToScanner(markByCode) {
  const button = document.getElementById("roll-scan");
  const host = document.getElementById("roll-scanner");
  button.hidden = false;
  button.addEventListener("click", async () => {
    const { openScanner } = await import("./roll-call-scanner.js");
    await openScanner({ markByCode, host, button });
  });
}

if ("serviceWorker" in navigator) navigator.serviceWorker.register("/sw.js").catch(() => {});
const started = start();
// Somebody may tap before all is read from the device.
document.getElementById("marks").addEventListener("submit", (event) => {
  const id = event.submitter && idOf(event.submitter);
  if (!id) return;
  event.preventDefault();
  started.then(({ choose }) => choose(id, event.submitter.value.split(":")[1]));
});
