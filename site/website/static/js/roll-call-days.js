/* The list of days: says what is not sent of which day, sends it, and offers to install the app. */

import { Clock } from "./roll-call-clock.js";
import { counted } from "./roll-call-rows.js";
import { Store } from "./roll-call-store.js";
import { Sync, Trouble } from "./roll-call-sync.js";

const RETRY = 10_000;
const { user, texts } = JSON.parse(document.getElementById("roll-list-data").textContent);

function entry(path, items) {
  const line = document.createElement("li");
  const link = document.createElement("a");
  link.href = path;
  link.textContent = `${items[0].title}, ${new Date(`${items[0].date}T12:00`).toLocaleDateString("da-DK", { day: "numeric", month: "long" })}`;
  const refused = items.filter((item) => item.refusal).length;
  const said = [
    items.length - refused ? counted(texts, "unsent", items.length - refused) : "",
    refused ? counted(texts, "refused", refused) : "",
  ];
  line.append(link, ` – ${said.filter(Boolean).join(", ")}`);
  return line;
}

async function start() {
  const store = await Store.open();
  await store.prune(user);
  const clock = await Clock.open(store);
  const box = document.getElementById("roll-unsent");

  async function show() {
    const items = await store.queueOf(user);
    const days = Map.groupBy ? Map.groupBy(items, (item) => item.path) : grouped(items);
    box.hidden = !items.length;
    document.getElementById("roll-unsent-list").replaceChildren(...[...days].map(([path, its]) => entry(path, its)));
    document.getElementById("roll-unsent-why").textContent =
      sync.trouble === Trouble.SIGNED_OUT ? texts.signed_out : texts.kept;
    for (const sign of document.querySelectorAll(".roll-day__unsent")) sign.remove();
    for (const [path, its] of days) {
      const link = document.querySelector(`.roll-day__title a[href="${CSS.escape(path)}"]`);
      if (!link) continue;
      const sign = document.createElement("span");
      sign.className = "roll-sign roll-day__unsent";
      sign.textContent = counted(texts, "unsent", its.length);
      link.closest(".roll-day").querySelector(".roll-day__count").append(" ", sign);
    }
  }

  const sync = new Sync({ store, clock, user, changed: show });
  await show();
  document.documentElement.dataset.rollCall = "ready";
  const again = async () => {
    if ((await store.queueOf(user)).length) await sync.run();
    setTimeout(again, RETRY);
  };
  window.addEventListener("online", () => sync.run());
  await again();
}

function grouped(items) {
  const days = new Map();
  for (const item of items) days.set(item.path, [...(days.get(item.path) ?? []), item]);
  return days;
}

/** Some browsers let a page offer its installation; elsewhere the text on the page says how. */
function offerInstallation() {
  const button = document.getElementById("roll-install");
  if (matchMedia("(display-mode: standalone)").matches) {
    document.getElementById("roll-app").hidden = true;
    return;
  }
  let offered = null;
  window.addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    offered = event;
    button.hidden = false;
  });
  button.addEventListener("click", async () => {
    await offered?.prompt();
    button.hidden = true;
  });
}

if ("serviceWorker" in navigator) navigator.serviceWorker.register("/sw.js").catch(() => {});
offerInstallation();
start().catch(() => {});
