/* Says plainly how it stands: what is not sent and why, what was refused and what to do, a clock that is wrong. */

import { counted, fill } from "./roll-call-rows.js";
import { Trouble } from "./roll-call-sync.js";

export function makeStatus({ roll, sync, clock, texts, label, isKept }) {
  const box = document.getElementById("roll-status");
  const line = document.getElementById("roll-status-text");
  const more = document.getElementById("roll-status-more");
  let hadUnsent = false;

  function text(waiting) {
    switch (sync.trouble) {
      case Trouble.OFFLINE:
        return counted(texts, "offline", waiting);
      case Trouble.SIGNED_OUT:
        return counted(texts, "signed_out", waiting);
      case Trouble.FAILED:
        return counted(texts, "failed", waiting);
      default:
        return waiting ? counted(texts, "sending", waiting) : "";
    }
  }

  function show() {
    const waiting = roll.waiting.length;
    const words = [];
    let said = text(waiting);
    if (!said && hadUnsent && !roll.refused.length) said = texts.all_sent;
    hadUnsent ||= waiting > 0;
    if (!isKept) words.push(texts.not_kept);
    if (roll.refused.length) words.push(counted(texts, "refused", roll.refused.length));
    if (roll.elsewhere) words.push(counted(texts, "elsewhere", roll.elsewhere));
    if (line.textContent !== said) line.textContent = said;
    line.parentElement.classList.toggle("is-empty", !said);
    more.textContent = words.join(" ");
    more.hidden = !words.length;
    box.hidden = !said && !words.length;
    box.dataset.state = sync.trouble ?? (waiting + roll.elsewhere ? "sending" : roll.refused.length ? "refused" : "sent");
    box.dataset.waiting = waiting;
    const chip = document.getElementById("roll-bar-unsent");
    chip.textContent = waiting ? `${waiting} ${texts.not_sent}` : "";
    chip.hidden = !waiting;
    document.getElementById("roll-sign-in").hidden = sync.trouble !== Trouble.SIGNED_OUT;
    document.getElementById("roll-retry").hidden = !sync.trouble || sync.trouble === Trouble.SIGNED_OUT;
    showClock();
    showRefused();
  }

  function showClock() {
    const minutes = clock.minutesOff;
    const warning = document.getElementById("roll-clock");
    warning.hidden = !minutes;
    const said = minutes ? fill(minutes > 0 ? texts.clock_slow : texts.clock_fast, { minutes: Math.abs(minutes) }) : "";
    if (warning.textContent !== said) warning.textContent = said;
  }

  function button(words, className, work) {
    const element = document.createElement("button");
    Object.assign(element, { type: "button", className, textContent: words });
    element.addEventListener("click", work);
    return element;
  }

  function showRefused() {
    const list = document.getElementById("roll-refused-list");
    const key = roll.refused.map((item) => item.id).join();
    document.getElementById("roll-refused").hidden = !roll.refused.length;
    if (list.dataset.key === key) return;
    list.dataset.key = key;
    list.replaceChildren(
      ...roll.refused.map((item) => {
        const entry = document.createElement("li");
        entry.className = "roll-refusal";
        const who = document.createElement("strong");
        who.textContent = item.name;
        const why = document.createElement("p");
        why.textContent = fill(texts.refused, { mark: label(item.mark), why: item.refusal.text });
        const tools = document.createElement("p");
        tools.className = "roll-refusal__tools";
        if (item.refusal.url) {
          const link = document.createElement("a");
          link.href = item.refusal.url;
          link.textContent = texts.open_day;
          tools.append(link, button(texts.send_there, "button button-secondary", () => act(() => roll.moveTo(item, item.refusal.url))));
        } else {
          tools.append(button(texts.again, "button button-secondary", () => act(() => roll.tryAgain([item]))));
        }
        tools.append(button(texts.dismiss, "button button-secondary", () => act(() => roll.dismiss(item))));
        entry.append(who, why, tools);
        return entry;
      }),
    );
  }

  async function act(work) {
    await work();
    await sync.changed();
    await sync.run(roll.path);
    if (roll.refused.length) document.querySelector("#roll-refused-list button, #roll-refused-list a")?.focus();
    else document.getElementById("indhold").focus();
  }

  return { show };
}
