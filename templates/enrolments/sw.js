/* The roll call's service worker: keeps the pages of the roll calls that were opened, and what they are made of.

   Pages come from the network first, so nobody reads an old one while there is a connection. One person's pages
   are kept at a time: signing out deletes them, another person's page deletes them, and after somebody has
   signed in they are shown only when the server has said that it is the same person. Marks that are not sent
   are no pages: they stand in IndexedDB and are left alone here. */

const SETTINGS = {{ settings }};
const PAGES = "roll-call-pages";
const ASSETS = "roll-call-assets";
const DAY = /^\/fremmoede\/hold\/(\d+)\/(\d{4}-\d{2}-\d{2})\/$/;
const RUN = /^\/fremmoede\/hold\/(\d+)\/$/;
/** Pages are kept so many days after the course day. */
const KEEP_DAYS = 7;
/** A network that does not answer in this time is no network, where there is a page to show. */
const PATIENCE = 4000;
/** The list of days is fetched for later when the one on the device is older than this. */
const START_IS_FRESH = 3_600_000;

/** Stands among the pages while nobody knows whether they are those of whoever is signed in. */
const UNCONFIRMED = "/fremmoede/.unconfirmed";

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin) return;
  if (request.method === "POST") {
    if (SETTINGS.signOut.includes(url.pathname)) event.waitUntil(forget());
    else if (SETTINGS.signIn.some((path) => url.pathname.startsWith(path))) event.waitUntil(doubt());
    return;
  }
  if (request.method !== "GET") return;
  if (request.mode === "navigate" && url.pathname.startsWith(SETTINGS.start)) {
    event.respondWith(page(event, url));
  } else if (SETTINGS.assets.includes(url.pathname) || isKept(url)) {
    event.respondWith(asset(event, url));
  }
});

function isKept(url) {
  return /^\/static\/.*\.[0-9a-f]{12}\.\w+$/.test(url.pathname);
}

async function install() {
  const cache = await caches.open(ASSETS);
  const missing = [SETTINGS.offline, ...SETTINGS.assets];
  await Promise.allSettled(missing.map((path) => cache.add(new Request(path, { cache: "reload" }))));
  await self.skipWaiting();
}

async function activate() {
  await self.clients.claim();
  await prune();
  // Pages of an earlier version are made of other files: those go when every page has come anew.
  if (await renew()) {
    const cache = await caches.open(ASSETS);
    const wanted = new Set([SETTINGS.offline, ...SETTINGS.assets]);
    for (const request of await cache.keys()) {
      if (!wanted.has(new URL(request.url).pathname)) await cache.delete(request);
    }
  }
}

/* Pages */

async function page(event, url) {
  const path = url.pathname;
  const kept = DAY.test(path) || path === SETTINGS.start;
  const network = fetch(event.request).then(async (response) => {
    if (kept && !url.search) await keep(path, response.clone());
    if (DAY.test(path)) event.waitUntil(keepStart());
    return response;
  });
  const isKeptHere = kept && (await mayShow()) && (await (await caches.open(PAGES)).match(path));
  event.waitUntil(network.catch(() => {}));
  try {
    return await (isKeptHere ? inTime(network) : network);
  } catch {
    return (await fromDevice(path)) ?? (await caches.match(SETTINGS.offline)) ?? Response.error();
  }
}

function inTime(promise) {
  return Promise.race([
    promise,
    new Promise((_, reject) => setTimeout(() => reject(new Error("slow")), PATIENCE)),
  ]);
}

async function fromDevice(path) {
  if (!(await mayShow())) return null;
  const cache = await caches.open(PAGES);
  if (DAY.test(path) || path === SETTINGS.start) return cache.match(path);
  const run = RUN.exec(path);
  if (!run) return null;
  const today = new Date().toLocaleDateString("sv-SE");
  const days = (await cache.keys())
    .map((request) => DAY.exec(new URL(request.url).pathname))
    .filter((found) => found?.[1] === run[1])
    .sort((one, other) => one[2].localeCompare(other[2]));
  const day = days.find((found) => found[2] >= today) ?? days.at(-1);
  return day ? Response.redirect(day[0]) : null;
}

/** Keep a page that is somebody's own: never one we were sent on to, never a refusal. */
async function keep(path, response) {
  const user = response.headers.get(SETTINGS.userHeader);
  if (!user || response.redirected || response.status !== 200 || response.type !== "basic") return;
  const cache = await caches.open(PAGES);
  for (const request of await cache.keys()) {
    const other = await cache.match(request);
    if (other?.headers.get(SETTINGS.userHeader) !== user) await cache.delete(request);
  }
  await cache.put(path, response);
  await prune();
}

/** Whoever opens a day finds the list of days on the device too. */
async function keepStart() {
  const cache = await caches.open(PAGES);
  const kept = await cache.match(SETTINGS.start);
  if (kept && Date.now() - Date.parse(kept.headers.get("Date")) < START_IS_FRESH) return;
  try {
    await keep(SETTINGS.start, await fetch(SETTINGS.start, { headers: { Accept: "text/html" } }));
  } catch {
    // Next time.
  }
}

/** Somebody has signed in: perhaps somebody else. Nothing is shown from here until a page has said who. */
async function doubt() {
  await (await caches.open(PAGES)).put(UNCONFIRMED, new Response(""));
}

async function mayShow() {
  return !(await (await caches.open(PAGES)).match(UNCONFIRMED));
}

async function prune() {
  const oldest = new Date(Date.now() - KEEP_DAYS * 86_400_000).toISOString().slice(0, 10);
  const cache = await caches.open(PAGES);
  for (const request of await cache.keys()) {
    const day = DAY.exec(new URL(request.url).pathname);
    if (day && day[2] < oldest) await cache.delete(request);
  }
}

async function renew() {
  const cache = await caches.open(PAGES);
  for (const request of await cache.keys()) {
    const { pathname } = new URL(request.url);
    if (pathname === UNCONFIRMED) continue;
    try {
      const response = await fetch(pathname, { headers: { Accept: "text/html" }, redirect: "manual" });
      if (response.type === "opaqueredirect") return false;
      if (response.status === 200) await keep(pathname, response);
      else await cache.delete(request);
    } catch {
      return false;
    }
  }
  return true;
}

/** Somebody signs out: what is theirs goes from this device, except marks that are not sent. */
async function forget() {
  await caches.delete(PAGES);
  await new Promise((resolve) => {
    const request = indexedDB.open("fremmoede");
    request.onupgradeneeded = () => request.transaction.abort();
    request.onerror = resolve;
    request.onsuccess = () => {
      const database = request.result;
      const transaction = database.transaction(["rolls", "meta"], "readwrite");
      transaction.objectStore("rolls").clear();
      transaction.objectStore("meta").delete(IDBKeyRange.bound("acts ", "acts \uffff"));
      transaction.oncomplete = transaction.onabort = () => {
        database.close();
        resolve();
      };
    };
  });
}

/* What pages are made of */

async function asset(event, url) {
  const cache = await caches.open(ASSETS);
  const kept = await cache.match(url.pathname);
  // A name with a digest in it never means another file.
  if (kept && isKept(url)) return kept;
  try {
    const response = await fetch(event.request);
    if (response.status === 200 && response.type === "basic") event.waitUntil(cache.put(url.pathname, response.clone()));
    return response;
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}
