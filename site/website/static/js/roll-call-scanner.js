/* The roll call's camera: reads participants' codes, with the network gone too. It marks nobody itself: it tells
   `markByCode` what it has read and shows what came of it. Whoever has no camera types the code. */

import decodeQR from "../qr/decode.js";

/** Between two looks at the picture, in milliseconds: often enough to feel at once, seldom enough to stay cool. */
const PAUSE = 120;
/** The same code is a new scan only after it has been out of sight for so long. */
const FORGET = 2_500;
/** The picture is read at this size: a code that fills a fifth of it is still found. */
const SIDE = 720;
const EXPLAIN = 4_000;
const DOOR_CODE = /\/fremmoede\/tjek-ind\//;
const CODE = /([0-9A-Za-z]{1,12}-[0-9A-Za-z]{8})\/?$/;

/**
 * Show the scanner in `host` until it is closed; then `button` has the focus again.
 *
 * `markByCode(text)` takes what was read or typed and answers with a `state` ("marked", "already", "other run",
 * "unknown"), the `name`, the `status` and `minutes_late` (see roll-call-codes.js).
 */
export async function openScanner({ markByCode, host, button }) {
  const dialog = host.querySelector("dialog");
  if (dialog.open) return;
  host.hidden = false;
  dialog.showModal();
  const show = shower(dialog);
  const handle = async (text) => {
    try {
      show(await markByCode(text), text);
    } catch {
      show({ state: "failed", name: "" }, text);
    }
  };
  const camera = new Camera(dialog, handle);
  const form = dialog.querySelector("form");
  const typed = async (event) => {
    event.preventDefault();
    const field = form.elements.code;
    if (!field.value.trim()) return field.focus();
    await handle(field.value);
    field.select();
  };
  const seen = () => (document.visibilityState === "visible" ? camera.start() : camera.stop());
  const close = () => dialog.close();
  form.addEventListener("submit", typed);
  dialog.querySelector("[data-close]").addEventListener("click", close);
  dialog.querySelector("[data-again]").addEventListener("click", camera.startAgain);
  document.addEventListener("visibilitychange", seen);
  dialog.addEventListener(
    "close",
    () => {
      camera.stop();
      form.removeEventListener("submit", typed);
      dialog.querySelector("[data-close]").removeEventListener("click", close);
      dialog.querySelector("[data-again]").removeEventListener("click", camera.startAgain);
      document.removeEventListener("visibilitychange", seen);
      form.reset();
      show(null);
      host.hidden = true;
      button?.focus();
    },
    { once: true },
  );
  await camera.start();
}

/** The camera while the scanner is open. `dialog.dataset.camera` says how it stands. */
class Camera {
  #stream = null;
  #timer = 0;
  #last = { text: "", at: 0 };
  #isWanted = false;

  constructor(dialog, found) {
    this.dialog = dialog;
    this.found = found;
    this.video = dialog.querySelector("video");
    this.canvas = document.createElement("canvas");
    this.startAgain = () => this.start();
  }

  async start() {
    if (this.#stream) return;
    this.#isWanted = true;
    this.#say("starting");
    try {
      const wanted = { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } };
      const stream = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
      // Closed, or out of sight, while the browser was asking.
      if (!this.#isWanted) return stream.getTracks().forEach((track) => track.stop());
      this.#stream = stream;
      stream.getVideoTracks()[0]?.addEventListener("ended", () => {
        this.stop();
        this.#say("busy");
      });
      this.video.srcObject = stream;
      await this.video.play();
      this.#say("on");
      this.#look();
    } catch (error) {
      this.stop();
      this.#say(trouble(error));
    }
  }

  stop() {
    this.#isWanted = false;
    clearTimeout(this.#timer);
    this.#stream?.getTracks().forEach((track) => track.stop());
    this.#stream = null;
    this.video.srcObject = null;
  }

  #say(state) {
    this.dialog.dataset.camera = state;
    this.dialog.querySelector("[data-note]").textContent = this.dialog.dataset[`camera${state[0].toUpperCase()}${state.slice(1)}`] ?? "";
    this.dialog.querySelector("[data-again]").hidden = !["refused", "busy", "none"].includes(state);
  }

  #look() {
    if (!this.#stream) return;
    const text = this.#read();
    const now = performance.now();
    if (text) {
      const isNew = text !== this.#last.text || now - this.#last.at > FORGET;
      this.#last = { text, at: now };
      if (isNew) this.found(text);
    }
    this.#timer = setTimeout(() => this.#look(), PAUSE);
  }

  /** Return what the code in the middle of the picture says, or nothing. */
  #read() {
    const { videoWidth, videoHeight } = this.video;
    const side = Math.min(videoWidth, videoHeight);
    if (!side) return "";
    const size = Math.min(side, SIDE);
    this.canvas.width = this.canvas.height = size;
    const context = this.canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(this.video, (videoWidth - side) / 2, (videoHeight - side) / 2, side, side, 0, 0, size, size);
    try {
      return decodeQR(context.getImageData(0, 0, size, size));
    } catch {
      return ""; // no code in sight
    }
  }
}

function trouble(error) {
  if (error instanceof DOMException && ["NotAllowedError", "SecurityError"].includes(error.name)) return "refused";
  if (error instanceof DOMException && ["NotReadableError", "AbortError"].includes(error.name)) return "busy";
  return "none"; // no such device, or a browser without any
}

/** Return a function that shows what came of a code. Told apart by words and a sign, and by colour besides. */
function shower(dialog) {
  const box = dialog.querySelector("[data-result]");
  const [name, words] = [box.querySelector("[data-name]"), box.querySelector("[data-words]")];
  const texts = dialog.dataset;
  let turn = 0;
  return async (result, text = "") => {
    const mine = ++turn;
    const state = result?.state ?? "";
    // Empty first: the same words again are said again by whoever reads them aloud.
    box.dataset.state = name.textContent = words.textContent = "";
    if (!state) return;
    await new Promise(requestAnimationFrame);
    if (mine !== turn) return;
    box.dataset.state = state.replace(" ", "-");
    name.textContent = result.name;
    words.textContent = sentence(texts, result, text);
    navigator.vibrate?.(state === "marked" ? 90 : [60, 70, 60]);
    if (state !== "other run") return;
    const more = await explained(text);
    if (more && mine === turn) words.textContent = more;
  };
}

function sentence(texts, { state, status, minutes_late: minutes }, text) {
  if (state === "marked") return status === "late" ? texts.late.replace("{minutes}", minutes) : texts.present;
  if (state === "already") return texts.already;
  if (state === "other run") return texts.otherRun;
  if (state === "unknown") return DOOR_CODE.test(text) ? texts.doorCode : texts.unknown;
  return texts.failed;
}

/** Ask the server why a code is of nobody on this roll: cancelled, another run, replaced. Nothing without a network. */
async function explained(text) {
  const code = CODE.exec(text.trim())?.[1];
  if (!code || !navigator.onLine) return "";
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), EXPLAIN);
  try {
    const response = await fetch(`/fremmoede/kode/${code}/`, {
      headers: { Accept: "application/json" },
      redirect: "error",
      signal: abort.signal,
    });
    return (await response.json()).text ?? "";
  } catch {
    return "";
  } finally {
    clearTimeout(timer);
  }
}
