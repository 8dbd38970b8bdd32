/* The device's clock against the server's: measured at each contact, kept with each tap.

   A tap says what the device's clock showed and how far that clock was off when last measured; the server
   corrects by it. When the clock is set while we are offline, what was measured before no longer holds: taps
   after it wait for the next measurement ("era"). */

/** More than this many milliseconds off is shown to people. */
export const SHOWN_OFF = 120_000;
/** So much may Date and the page's own running clock part before we take the clock for having been set. */
const JUMP = 20_000;

export class Clock {
  #store;
  #drift = null;
  #last = 0;

  /** `offset`: milliseconds the device's clock is behind the server's; null until measured in this era. */
  offset = null;
  era = 0;

  static async open(store) {
    const clock = new Clock();
    clock.#store = store;
    const kept = await store.get("clock");
    if (kept) {
      clock.era = kept.era;
      clock.offset = kept.offset;
      clock.#last = kept.last;
      if (Date.now() < kept.last - JUMP) await clock.#begin();
    }
    clock.#drift = Date.now() - performance.now();
    return clock;
  }

  async #begin() {
    this.era += 1;
    this.offset = null;
    this.#last = 0;
    await this.#keep();
  }

  async #keep() {
    await this.#store.set("clock", { era: this.era, offset: this.offset, last: this.#last });
  }

  /** Return {at, era, offset} of a tap now; no two taps of a device have the same time. */
  async tap() {
    const drift = Date.now() - performance.now();
    if (Math.abs(drift - this.#drift) > JUMP) await this.#begin();
    this.#drift = drift;
    this.#last = Math.max(Date.now(), this.#last + 1);
    await this.#keep();
    return { at: this.#last, era: this.era, offset: this.offset };
  }

  /** Note what the server's clock showed in an answer to a question asked and answered at these times. */
  async measured(serverNow, asked, answered) {
    this.offset = Math.round(Date.parse(serverNow) - (asked + answered) / 2);
    this.#drift = Date.now() - performance.now();
    await this.#keep();
  }

  /** How far the tap's clock was off: as measured before it, else (the clock had been set) as measured now. */
  offsetOf(item) {
    return item.offset ?? this.offset ?? 0;
  }

  /** The time by the server's clock, as well as we know it. */
  now() {
    return Date.now() + (this.offset ?? 0);
  }

  /** Whole minutes the clock is wrong by, negative when it is fast; 0 while it is near enough to say nothing. */
  get minutesOff() {
    return Math.abs(this.offset ?? 0) > SHOWN_OFF ? Math.round(this.offset / 60_000) : 0;
  }
}
