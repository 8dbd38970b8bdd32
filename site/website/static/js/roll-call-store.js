/* What this device keeps: marks that are not sent, the rolls it has opened, its name and its clock.

   Everything stands in IndexedDB and is on the disk before a mark is shown as kept ("strict"): it survives a
   reload and a dead battery. Marks that are not sent are never deleted by time or by signing out; rolls are
   (here after some days, in sw.js at sign-out). */

const NAME = "fremmoede";
const VERSION = 1;
/** Rolls with nothing unsent are kept so many days after the course day. */
export const KEEP_DAYS = 7;

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function finished(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = transaction.onerror = () => reject(transaction.error ?? new Error("aborted"));
  });
}

function openDatabase() {
  const request = indexedDB.open(NAME, VERSION);
  request.onupgradeneeded = () => {
    const database = request.result;
    database.createObjectStore("queue", { keyPath: "id" }).createIndex("user", "user");
    database.createObjectStore("rolls", { keyPath: "key" });
    database.createObjectStore("meta", { keyPath: "key" });
  };
  return done(request);
}

/** An opaque id that nobody can guess; also where the page is not served by https. */
export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

export class Store {
  #database;

  /** Open what this device keeps. Rejects where the browser keeps nothing (some private windows). */
  static async open() {
    const store = new Store();
    store.#database = await openDatabase();
    store.#database.onversionchange = () => store.#database.close();
    navigator.storage?.persist?.().catch(() => {});
    return store;
  }

  #write(names) {
    return this.#database.transaction(names, "readwrite", { durability: "strict" });
  }

  #read(name) {
    return this.#database.transaction(name).objectStore(name);
  }

  /** Return the user's items that are not sent, in the order they were made. */
  async queueOf(user) {
    const items = await done(this.#read("queue").index("user").getAll(user));
    return items.sort((one, other) => one.number - other.number);
  }

  /** Keep items of the queue; resolves when they are on the disk. */
  async add(items) {
    const transaction = this.#write(["queue"]);
    for (const item of items) transaction.objectStore("queue").put(item);
    await finished(transaction);
  }

  /** Write down what the server said: what it has (`gone`), and items as they are now (`changed`). */
  async settle({ gone = [], changed = [] }) {
    const transaction = this.#write(["queue"]);
    const queue = transaction.objectStore("queue");
    for (const id of gone) queue.delete(id);
    for (const item of changed) queue.put(item);
    await finished(transaction);
  }

  async roll(user, path) {
    return done(this.#read("rolls").get(`${user} ${path}`));
  }

  async saveRoll(user, path, roll) {
    const transaction = this.#write(["rolls"]);
    transaction.objectStore("rolls").put({ ...roll, key: `${user} ${path}`, user, path });
    await finished(transaction);
  }

  async get(key, otherwise = null) {
    return (await done(this.#read("meta").get(key)))?.value ?? otherwise;
  }

  async set(key, value) {
    const transaction = this.#write(["meta"]);
    transaction.objectStore("meta").put({ key, value });
    await finished(transaction);
  }

  /** The device's name for itself: random, so that the history tells two devices apart and no more. */
  async device() {
    const known = await this.get("device");
    if (known) return known;
    const name = newId().slice(0, 8);
    await this.set("device", name);
    return name;
  }

  /** Delete rolls of other users, and those whose day is long over and that have nothing unsent. */
  async prune(user, today = new Date()) {
    const oldest = new Date(today.getTime() - KEEP_DAYS * 86_400_000).toISOString().slice(0, 10);
    const unsent = new Set((await this.queueOf(user)).map((item) => item.path));
    const rolls = await done(this.#read("rolls").getAll());
    const old = rolls.filter((roll) => roll.user !== user || (roll.date < oldest && !unsent.has(roll.path)));
    if (!old.length) return;
    const transaction = this.#write(["rolls", "meta"]);
    for (const roll of old) {
      transaction.objectStore("rolls").delete(roll.key);
      transaction.objectStore("meta").delete(`acts ${roll.key}`);
    }
    await finished(transaction);
  }
}

/** What stands in for the store where the browser keeps nothing: marks live as long as the page. */
export class Memory extends Store {
  #items = new Map();
  #values = new Map();

  async queueOf(user) {
    return [...this.#items.values()].filter((item) => item.user === user).sort((a, b) => a.number - b.number);
  }

  async add(items) {
    for (const item of items) this.#items.set(item.id, item);
  }

  async settle({ gone = [], changed = [] }) {
    for (const id of gone) this.#items.delete(id);
    await this.add(changed);
  }

  async roll() {
    return undefined;
  }

  async saveRoll() {}

  async get(key, otherwise = null) {
    return this.#values.get(key) ?? otherwise;
  }

  async set(key, value) {
    this.#values.set(key, value);
  }

  async prune() {}
}
