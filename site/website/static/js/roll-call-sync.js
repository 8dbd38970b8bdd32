/* Sends what is kept on this device, and hears what others have marked.

   One device sends from one page at a time (navigator.locks). A mark leaves the queue only when the server has
   said that it has it; sent twice it is one mark, for each has its id. Whatever else is answered, the mark stays:
   waiting, or refused with the server's words. */

const TIMEOUT = 15_000;
const BATCH = 200;
/** A token and a measured clock older than this are asked for anew before anything is sent. */
const FRESH = 60_000;

/** How a contact ended when it did not succeed. */
export const Trouble = Object.freeze({ OFFLINE: "offline", SIGNED_OUT: "signed_out", FAILED: "failed" });

class NoContact extends Error {
  constructor(trouble) {
    super(trouble);
    this.trouble = trouble;
  }
}

/** The server has answered for good: the whole day, not single marks. */
class DayRefused extends Error {
  constructor(answer) {
    super(answer.error);
    this.answer = answer;
  }
}

export class Sync {
  #contacts = new Map();
  #running = null;
  #again = false;

  /**
   * `hear(path, state)` is told what the server answers of a day, `known(path)` returns {since, list, day} of what the
   * page knows already, `changed()` is called when the queue or the trouble has changed.
   */
  constructor({ store, clock, user, hear = () => {}, known = () => ({}), changed = () => {} }) {
    Object.assign(this, { store, clock, user, hear, known, changed });
    this.trouble = null;
    this.channel = "BroadcastChannel" in window ? new BroadcastChannel("fremmoede") : null;
    this.channel?.addEventListener("message", () => this.changed());
  }

  /** Send everything that waits, of every day, and ask for news of `path`. Calls while it runs make it run again. */
  async run(path = null) {
    if (this.#running) {
      this.#again = true;
      return this.#running;
    }
    this.#running = (async () => {
      do {
        this.#again = false;
        await this.#locked(() => this.#everything(path));
      } while (this.#again);
    })().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  #locked(work) {
    return navigator.locks ? navigator.locks.request("fremmoede", work) : work();
  }

  async #everything(path) {
    const before = this.trouble;
    try {
      const waiting = (await this.store.queueOf(this.user)).filter((item) => !item.refusal);
      const paths = new Set(waiting.map((item) => item.path));
      if (path && !paths.has(path)) await this.#greet(path, this.known(path).day).catch(refusedQuietly);
      for (const each of paths) await this.#flush(each);
      this.trouble = null;
    } catch (error) {
      if (!(error instanceof NoContact)) throw error;
      this.trouble = error.trouble;
      this.#contacts.clear();
    }
    if (before !== this.trouble) this.channel?.postMessage("trouble");
    await this.changed();
  }

  async #flush(path) {
    for (;;) {
      const items = (await this.store.queueOf(this.user)).filter((item) => item.path === path && !item.refusal);
      if (!items.length) return;
      try {
        await this.#contact(path, items[0].day);
        await this.#send(path, this.#batch(items));
      } catch (error) {
        if (!(error instanceof DayRefused)) throw error;
        const { code = "refused", error: text, url = "" } = error.answer;
        await this.store.settle({ changed: items.map((item) => ({ ...item, refusal: { code, text, url } })) });
      }
      this.channel?.postMessage("queue");
      await this.changed();
    }
  }

  /** Those that go together: of one measured clock, walk-ins with the marks that hang on them. */
  #batch(items) {
    const offset = this.clock.offsetOf(items[0]);
    const found = [];
    for (const item of items) {
      if (this.clock.offsetOf(item) !== offset || found.length === BATCH) break;
      found.push(item);
    }
    return { offset, items: found };
  }

  async #send(path, { offset, items }) {
    const walkIns = items.filter((item) => item.kind === "walk_in");
    const taps = items.filter((item) => item.kind === "tap");
    const answer = await this.#ask(path, {
      method: "POST",
      query: new URLSearchParams({ dag: items[0].day }),
      body: JSON.stringify({
        device: await this.store.device(),
        day: items[0].day,
        offset: Math.round(offset / 1000),
        siden: this.known(path).since ?? null,
        walk_ins: walkIns.map(({ id, person, at }) => ({ submission: id, ...person, at: new Date(at).toISOString() })),
        taps: taps.map(({ id, enrolment, mark, at, rest, source }) => ({
          id,
          enrolment,
          ...mark,
          at: new Date(at).toISOString(),
          rest: Boolean(rest),
          source,
        })),
      }),
    });
    const refused = new Map(answer.refused.map((one) => [one.id, one]));
    const has = new Set([...answer.taken, ...answer.walk_ins.map((one) => one.submission)]);
    // Marks of somebody who was unknown name them by their number from now on.
    const numbers = new Map(answer.walk_ins.map((one) => [one.submission, one.enrolment]));
    const changed = items
      .filter((item) => refused.has(item.id))
      .map((item) => ({ ...item, refusal: refused.get(item.id) }));
    const renamed = (await this.store.queueOf(this.user))
      .filter((item) => item.kind === "tap" && numbers.has(item.enrolment) && !has.has(item.id))
      .map((item) => ({ ...item, ...changed.find((one) => one.id === item.id), enrolment: numbers.get(item.enrolment) }));
    const again = new Set(renamed.map((item) => item.id));
    await this.hear(path, answer, numbers);
    await this.store.settle({ gone: [...has], changed: [...changed.filter((item) => !again.has(item.id)), ...renamed] });
    if (![...has].length && !changed.length) throw new NoContact(Trouble.FAILED); // it would go round for ever
  }

  /** Make sure of a fresh token and a measured clock. */
  async #contact(path, day) {
    const last = this.#contacts.get(path);
    if (!last || Date.now() - last.at > FRESH || this.clock.offset === null) await this.#greet(path, day);
  }

  async #greet(path, day) {
    const { since, list } = this.known(path);
    const query = new URLSearchParams({ dag: day });
    if (since) query.set("siden", since);
    if (list) query.set("liste", list);
    await this.hear(path, await this.#ask(path, { query }), new Map());
  }

  async #ask(path, { method = "GET", query, body }, isSecond = false) {
    const headers = { Accept: "application/json" };
    if (body) {
      headers["Content-Type"] = "application/json";
      headers["X-CSRFToken"] = this.#contacts.get(path)?.token ?? "";
    }
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), TIMEOUT);
    const asked = Date.now();
    let response;
    let answer = null;
    try {
      response = await fetch(`${path}sync/?${query}`, {
        method,
        headers,
        body,
        redirect: "manual",
        cache: "no-store",
        signal: abort.signal,
      });
      if (response.headers.get("Content-Type")?.startsWith("application/json")) answer = await response.json();
    } catch {
      throw new NoContact(Trouble.OFFLINE);
    } finally {
      clearTimeout(timer);
    }
    // Sent on to another page: to sign in, or to show the second factor.
    if (response.type === "opaqueredirect" || response.status === 401) throw new NoContact(Trouble.SIGNED_OUT);
    if (answer?.user && answer.user !== this.user) throw new NoContact(Trouble.SIGNED_OUT);
    if (response.ok && answer) {
      await this.clock.measured(answer.now, asked, Date.now());
      this.#contacts.set(path, { token: answer.csrf, at: Date.now() });
      return answer;
    }
    // 400: one of them cannot be read. All are shown, and those that can be go when they are sent one by one.
    if ([400, 403, 404].includes(response.status) && answer?.error) throw new DayRefused(answer);
    if (response.status === 403 && body && !isSecond) {
      await this.#greet(path, JSON.parse(body).day);
      return this.#ask(path, { method, query, body }, true);
    }
    throw new NoContact(Trouble.FAILED);
  }
}

function refusedQuietly(error) {
  if (!(error instanceof DayRefused)) throw error;
}
