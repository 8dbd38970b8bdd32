/* Whose code is it? Read on this device, so that it works with the network gone. */

/** What people type for what stands there (as in enrolments/check_in_codes.py). */
const ALIKE = { O: "0", I: "1", L: "1" };

/** Return the code as it is written on badges ("9IX-7F2QXA4K"), or null for what cannot be one. */
export function readCode(text) {
  const found = /(?:^|\/)([0-9A-Z]{1,12})-([0-9A-Z]{8})\/?$/.exec(String(text).trim().toUpperCase().replaceAll(" ", ""));
  return found && `${found[1]}-${found[2].replace(/[OIL]/g, (sign) => ALIKE[sign])}`;
}

/**
 * Return `markByCode(code)` of this roll: marks whose code it is as come, or tells why not.
 *
 *   {state: "marked", name, id, status: "present" | "late", minutes_late}
 *   {state: "already", name, id, status}     was there already: nothing is changed
 *   {state: "other run", name: ""}           a code of ours, of nobody on this roll
 *   {state: "unknown", name: ""}             no such code
 *
 * Rejects when the device could not keep the mark.
 */
export function codeMarker(roll, mark) {
  return async function markByCode(text) {
    const code = readCode(text);
    if (!code) return { state: "unknown", name: "" };
    const person = roll.everybody().find((one) => one.code === code);
    if (!person) return { state: "other run", name: "" };
    const { name, id } = person;
    const stands = roll.shown(person).mark;
    if (stands.status === "present" || stands.status === "late") return { state: "already", name, id, status: stands.status };
    const minutes = roll.minutesLate();
    const late = minutes > roll.data.grace ? minutes : null;
    const status = late ? "late" : "present";
    const isKept = await mark(person, { ...roll.chosen(person, status), minutes_late: late }, "scan");
    if (!isKept) throw new Error("not kept");
    return { state: "marked", name, id, status, minutes_late: late };
  };
}
