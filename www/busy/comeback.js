/**
 * Coming back to a site that was too busy: when, and how often.
 */

import { PatienceError } from "../common/errors.js";
import { persist } from "../verifier/retry.js";

/** Milliseconds of the shortest first wait: time enough to read the page, and to cancel by keyboard. */
const SHORTEST = 3000;
/** Each wait is at least this many times the one before: with ten tries, two minutes in all. */
const GROWTH = 1.3;
/** Milliseconds of the longest wait, whatever the verifier asks for. */
const LONGEST = 30_000;
/** Milliseconds between looks at the clock. */
const TICK = 500;

/**
 * What coming back shows on its way.
 *
 * @typedef {"waiting" | "reconnecting" | "trying" | "paused"} Stage
 */

/**
 * What coming back needs of its surroundings.
 *
 * @typedef {object} OwnComebackParts
 * @property {number} retryIn milliseconds after which the verifier wants to be asked again
 * @property {Pick<import("./tries.js").Tries, "count" | "spent" | "add" | "forget">} tries
 * @property {Pick<import("../verifier/protocol.js").Verifier, "cleared">} verifier
 * @property {(stage: Stage) => void} show
 * @property {(fraction: number, secondsLeft?: number) => void} showWait
 * @property {() => void} leave loads the page the visitor asked for, or sends their form
 * @property {(error: unknown) => void} report for the developer's console
 *
 * @typedef {OwnComebackParts & import("../verifier/retry.js").RetryParts} ComebackParts
 */

/**
 * The milliseconds to wait before the next try. Spread by chance, so that those who were sent away together do not come
 * back together.
 *
 * @param {number} tries how many there were in a row
 * @param {number} retryIn milliseconds the verifier asked to wait
 * @param {number} chance from 0 up to 1
 */
export function waitBefore(tries, retryIn, chance) {
  return Math.min(Math.max(retryIn, SHORTEST * GROWTH ** tries), LONGEST) * (1 + chance / 2);
}

/**
 * Waits and tries again, unless that was done too often.
 *
 * @param {ComebackParts} parts
 * @param {AbortSignal} signal
 * @throws {import("../common/errors.js").CancelledError} when `signal` is aborted
 */
export async function comeBack(parts, signal) {
  if (parts.tries.spent) return parts.show("paused");
  const wait = waitBefore(parts.tries.count, parts.retryIn, parts.random());
  const until = parts.now() + wait;
  parts.show("waiting");
  for (let left = wait; left > 0; left = until - parts.now()) {
    parts.showWait(1 - left / wait, Math.ceil(left / 1000));
    await parts.pause(Math.min(left, TICK), signal);
  }
  return tryNow(parts, signal);
}

/**
 * Tries again. Asks the verifier for a sign of life first: where it gives none, this page and the form in it would be gone
 * for an error page.
 *
 * @param {ComebackParts} parts
 * @param {AbortSignal} signal
 * @throws {import("../common/errors.js").CancelledError} when `signal` is aborted
 */
export async function tryNow(parts, signal) {
  parts.showWait(1);
  parts.show("trying");
  try {
    // Whether it is still cleared does not matter: if not, the challenge page follows, and carries the form on.
    await persist(parts, signal, () => parts.show("reconnecting"), () => parts.verifier.cleared("1", signal));
  } catch (error) {
    if (error instanceof PatienceError) return parts.show("paused");
    throw error;
  }
  parts.tries.add();
  parts.show("trying");
  parts.leave();
}
