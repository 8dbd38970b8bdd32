/* One day's roll as this device knows it: what the server said last, and on top of it what is not sent yet. */

import { newId } from "./roll-call-store.js";

/** So many acts can be undone, one after the other. */
const ACTS = 30;
const MINUTES_MOST = 600;
const BLANK = Object.freeze({ status: "", minutes_late: null, minutes_early: null, reason: "", note: "" });
const FIELDS = Object.keys(BLANK);
const WORDS = new Set(["reason", "note"]);
const ATTENDED = new Set(["present", "late"]);

/** What stands of somebody. A reason or note that is `null` is there, and not ours to see. */
function markOf(row) {
  return Object.fromEntries(FIELDS.map((name) => [name, row[name] === undefined ? BLANK[name] : row[name]]));
}

/** Whether two marks are the same to whoever looks: words that one of them does not see are left out. */
export function same(one, other) {
  return FIELDS.every((name) => one[name] === other[name] || (WORDS.has(name) && (one[name] === null || other[name] === null)));
}

export class Roll {
  #number = 0;

  /** `data`: what the page came with (see views/roll_call/state.py). */
  constructor({ data, store, clock }) {
    Object.assign(this, { data, store, clock });
    this.user = data.user;
    this.path = data.path;
    this.people = new Map(data.people.map((person) => [String(person.id), person]));
    this.queue = [];
    this.elsewhere = 0;
    this.acts = [];
    this.hasActed = false;
  }

  /** Take up what this device knew before: a newer state of the roll, what is not sent, what can be undone. */
  async begin() {
    const kept = await this.store.roll(this.user, this.path);
    if (kept && kept.now > this.data.now) {
      this.data = { ...this.data, now: kept.now, since: kept.since, list: kept.list };
      this.people = new Map(kept.people.map((person) => [String(person.id), person]));
    } else {
      await this.keep();
    }
    this.acts = await this.store.get(`acts ${this.user} ${this.path}`, []);
    await this.refresh();
    await this.store.prune(this.user);
  }

  async keep() {
    const { now, since, list, date, title } = this.data;
    await this.store.saveRoll(this.user, this.path, { now, since, list, date, title, people: [...this.people.values()] });
  }

  /** Read the queue anew: another page of this device may have sent or added something. */
  async refresh() {
    const queue = await this.store.queueOf(this.user);
    this.#number = Math.max(this.#number, 0, ...queue.map((item) => item.number));
    this.queue = queue.filter((item) => item.path === this.path);
    this.elsewhere = queue.length - this.queue.length;
  }

  /** Hear what the server knows. `numbers`: walk-ins of this device and the numbers they have got. */
  async hear(state, numbers = new Map()) {
    if (state.is_whole) this.people = new Map();
    for (const person of state.people) {
      const id = String(person.id);
      this.people.set(id, { ...this.people.get(id), ...person });
    }
    this.data = { ...this.data, now: state.now, since: state.since, list: state.list ?? this.data.list };
    const renamed = (id) => String(numbers.get(id) ?? id);
    for (const act of this.acts) for (const step of act.steps) step.id = renamed(step.id);
    if (numbers.size) await this.#keepActs();
    await this.keep();
  }

  /** Everybody, in the list's order; those added here and not sent yet come last. */
  everybody() {
    const unsent = this.queue
      .filter((item) => item.kind === "walk_in")
      .map(({ id, person }) => ({ id, name: person.name, byline: person.organisation, ...BLANK, text: "" }));
    return [...this.people.values(), ...unsent.filter((person) => !this.people.has(person.id))];
  }

  person(id) {
    return this.everybody().find((person) => String(person.id) === String(id));
  }

  /** Items of the queue about somebody, the oldest first. */
  itemsOf(id) {
    return this.queue.filter((item) => item.id === String(id) || String(item.enrolment) === String(id));
  }

  /** Return what to show of somebody: {mark, at, isWaiting, refused: item or null, text}. */
  shown(person) {
    const items = this.itemsOf(person.id);
    const waiting = items.filter((item) => !item.refusal);
    const tap = waiting.at(-1);
    return {
      mark: tap ? tap.mark : markOf(person),
      at: tap ? tap.at + this.clock.offsetOf(tap) : null,
      isWaiting: waiting.length > 0,
      isTapped: Boolean(tap),
      refused: items.findLast((item) => item.refusal) ?? null,
      text: person.text ?? "",
    };
  }

  counts() {
    const counts = { present: 0, late: 0, absent: 0, excused: 0, "": 0 };
    for (const person of this.everybody()) counts[this.shown(person).mark.status] += 1;
    return counts;
  }

  get waiting() {
    return this.queue.filter((item) => !item.refusal);
  }

  get refused() {
    return this.queue.filter((item) => item.refusal);
  }

  /** Whole minutes from the planned start until now, when that is a lateness; else null. */
  minutesLate() {
    return this.#minutes(this.clock.now() - Date.parse(this.data.starts_at));
  }

  /** Whole minutes from now until the planned end, when that is leaving early; else null. */
  minutesEarly() {
    return this.clock.now() < Date.parse(this.data.starts_at)
      ? null
      : this.#minutes(Date.parse(this.data.ends_at) - this.clock.now());
  }

  #minutes(milliseconds) {
    const minutes = Math.floor(milliseconds / 60_000);
    const isToday = Math.abs(this.clock.now() - Date.parse(this.data.starts_at)) < 16 * 3_600_000;
    return isToday && minutes >= 1 && minutes <= MINUTES_MOST ? minutes : null;
  }

  /** Return the mark that one tap on a choice gives: words and minutes that still belong to it stay. */
  chosen(person, status) {
    const { mark } = this.shown(person);
    const mayKeepNote = status !== "" || mark.note === null;
    return {
      status,
      minutes_late: status === "late" ? (mark.minutes_late ?? this.minutesLate()) : null,
      minutes_early: ATTENDED.has(status) ? mark.minutes_early : null,
      reason: status === "excused" ? mark.reason : "",
      note: mayKeepNote ? mark.note : "",
    };
  }

  /**
   * Mark somebody, or several as one act: pairs of [person, mark]. Resolves when it is kept on this device.
   * `rest`: only whom nobody has marked meanwhile. Returns the act.
   */
  async mark(pairs, { source = "roll_call", rest = false, isUndo = false } = {}) {
    const items = [];
    const steps = [];
    for (const [person, mark] of pairs) {
      steps.push({ id: String(person.id), before: this.shown(person).mark, after: mark });
      items.push(await this.#item({ id: newId(), kind: "tap", enrolment: person.id, name: person.name, mark, source, rest }));
    }
    await this.store.add(items);
    if (!isUndo) await this.#remember({ steps });
    await this.refresh();
    return { steps };
  }

  /** Add somebody who came without having registered: the server marks them as having come. Returns their id. */
  async walkIn(person) {
    const id = newId();
    const mark = { ...BLANK, status: "present" };
    await this.store.add([await this.#item({ id, kind: "walk_in", name: person.name, person, mark })]);
    await this.refresh();
    return id;
  }

  async #item(fields) {
    this.#number += 1;
    const { day, date, title } = this.data;
    return { ...fields, ...(await this.clock.tap()), number: this.#number, user: this.user, path: this.path, day, date, title };
  }

  async #remember(act) {
    this.acts = [...this.acts, act].slice(-ACTS);
    await this.#keepActs();
  }

  async #keepActs() {
    await this.store.set(`acts ${this.user} ${this.path}`, this.acts);
  }

  /** What can be undone next: an act about somebody who is still on the roll. */
  get lastAct() {
    return this.acts.findLast((act) => act.steps.some((step) => this.person(step.id)));
  }

  /** Put back what the last act changed; {undone: steps, passed: people marked by somebody else since}. */
  async undo() {
    const act = this.lastAct;
    if (!act) return { undone: [], passed: [] };
    this.acts = this.acts.slice(0, this.acts.indexOf(act));
    await this.#keepActs();
    const pairs = [];
    const passed = [];
    for (const step of act.steps) {
      const person = this.person(step.id);
      if (person && same(this.shown(person).mark, step.after)) pairs.push([person, step.before]);
      else if (person) passed.push(person);
    }
    if (pairs.length) await this.mark(pairs, { isUndo: true });
    return { undone: pairs, passed };
  }

  /** Let go of what was refused, when its person has read why. */
  async dismiss(item) {
    const gone = [item.id];
    if (item.kind === "walk_in") gone.push(...this.queue.filter((one) => one.enrolment === item.id).map((one) => one.id));
    await this.store.settle({ gone });
    await this.refresh();
  }

  /** Send what was refused because its day has been moved to where the day is now. */
  async moveTo({ refusal, ...item }, url) {
    const path = new URL(url, location.href).pathname;
    await this.store.settle({ changed: [{ ...item, path, date: path.split("/").at(-2) }] });
    await this.refresh();
  }

  /** Let what was refused wait once more. */
  async tryAgain(items) {
    await this.store.settle({ changed: items.map(({ refusal, ...item }) => item) });
    await this.refresh();
  }
}
