/* The screens at the door: the code that changes, and how many have come. They ask the server again and again;
   a code that has run out is taken away, so that an old one never stands there unnoticed. */

const POLL = 5_000;
const TIMEOUT = 8_000;
const TICK = 250;
/* A code is good for half a minute more when the next takes its place: so long may the next one take to come. */
const PATIENCE = 4;

const screen = document.querySelector("[data-screen]");
const door = document.querySelector("[data-door]");
const lost = screen.querySelector(".screen__lost");

/** Two clocks, for one of them stands still while the machine sleeps, and the other may be set. */
const now = () => ({ wall: Date.now(), run: performance.now() });
const secondsSince = (then) => Math.max(Date.now() - then.wall, performance.now() - then.run) / 1000;

let told = now();
let seconds = Number(door?.dataset.seconds ?? 0);
let state = door?.dataset.state ?? "open";
let isAsking = false;
let askedAt = now();

function show(name) {
  door.dataset.state = name;
  for (const part of door.querySelectorAll("[data-when]")) part.hidden = part.dataset.when !== name;
}

function apply(fresh) {
  told = now();
  lost.hidden = true;
  screen.classList.remove("is-lost");
  const count = document.querySelector("[data-count]");
  if (count) count.textContent = fresh.count;
  if (!door) {
    if (Number(screen.dataset.expected) !== fresh.expected) location.reload();
    document.querySelector("[data-come-text]").textContent = fresh.come;
    document.querySelector(".count-bar").value = fresh.come;
    return;
  }
  seconds = fresh.seconds;
  state = fresh.open ? "open" : "closed";
  if (fresh.open) {
    const digits = door.querySelector("[data-digits]");
    if (digits.textContent !== fresh.digits) {
      digits.textContent = fresh.digits;
      door.querySelector("[data-qr]").src = fresh.qr;
    }
  } else {
    door.querySelector("[data-closed]").textContent = fresh.closed;
  }
  show(state);
  tick();
}

function noContact(text) {
  const time = new Date(told.wall).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
  lost.textContent = text ?? screen.dataset.lost.replace("{time}", time);
  lost.hidden = false;
  screen.classList.add("is-lost");
}

async function ask() {
  if (isAsking) return;
  isAsking = true;
  askedAt = now();
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), TIMEOUT);
  try {
    const response = await fetch(location.pathname, {
      headers: { Accept: "application/json" },
      cache: "no-store",
      redirect: "error",
      signal: abort.signal,
    });
    if (response.ok) apply(await response.json());
    else noContact(response.status === 401 ? screen.dataset.signedOut : undefined);
  } catch {
    noContact();
  } finally {
    clearTimeout(timer);
    isAsking = false;
  }
}

function tick() {
  const left = seconds - secondsSince(told);
  if (door && state === "open") {
    door.querySelector("[data-left]").textContent = Math.max(0, Math.ceil(left));
    door.querySelector("[data-bar]").value = Math.max(0, left);
    if (left < -PATIENCE) show("lost");
  }
  const isDue = secondsSince(askedAt) * 1000 >= (door && state === "open" && left <= 0 ? 1_000 : POLL);
  if (isDue) ask();
}

document.addEventListener("visibilitychange", () => {
  tick();
  if (document.visibilityState === "visible") ask();
});
addEventListener("online", ask);
setInterval(tick, TICK);

/* Keep a tablet at the door awake, where it lets us. */
async function stayAwake() {
  try {
    await navigator.wakeLock?.request("screen");
  } catch {
    /* low battery, or not allowed: the screen dims as it would have */
  }
}
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && stayAwake());
stayAwake();
