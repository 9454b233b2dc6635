/**
 * How patiently the page asks again when the verifier cannot be reached.
 */

import { CancelledError, PatienceError, UnreachableError } from "../common/errors.js";

/** Milliseconds of the first pause; each one is twice the one before. */
const FIRST_PAUSE = 1000;
/** Milliseconds of the longest pause, whatever the verifier asks for. */
const LONGEST_PAUSE = 30_000;
/** Milliseconds after which the page stops trying by itself. */
const PATIENCE = 120_000;

/**
 * What trying again needs of its surroundings.
 *
 * @typedef {object} RetryParts
 * @property {() => number} now milliseconds on the page's own clock
 * @property {() => number} random from 0 up to 1
 * @property {(milliseconds: number, signal: AbortSignal) => Promise<void>} pause may end sooner, when the network is back
 */

/**
 * The milliseconds to wait before trying again: as long as the verifier asks, else longer each time. Spread by chance,
 * so that the visitors of a verifier that restarts do not all come back in the same second.
 *
 * @param {number} failures how many there were in a row
 * @param {number | undefined} retryAfter milliseconds the verifier asked to wait
 * @param {number} chance from 0 up to 1
 */
export function pauseBefore(failures, retryAfter, chance) {
  const wanted = retryAfter === undefined ? FIRST_PAUSE * 2 ** (failures - 1) : Math.max(retryAfter, FIRST_PAUSE);
  return Math.min(wanted, LONGEST_PAUSE) * (1 + chance / 2);
}

/**
 * Calls `ask` until it does not throw {@link UnreachableError}.
 *
 * @template T
 * @param {RetryParts} parts
 * @param {AbortSignal} signal
 * @param {() => void} onWait called before each wait
 * @param {() => Promise<T>} ask
 * @returns {Promise<T>}
 * @throws {PatienceError} after {@link PATIENCE}
 * @throws {CancelledError} when `signal` is aborted
 */
export async function persist(parts, signal, onWait, ask) {
  const giveUpAt = parts.now() + PATIENCE;
  for (let failures = 1; ; failures += 1) {
    try {
      return await ask();
    } catch (error) {
      if (signal.aborted) throw new CancelledError();
      if (!(error instanceof UnreachableError)) throw error;
      const left = giveUpAt - parts.now();
      if (left <= 0) throw new PatienceError("the verifier cannot be reached", { cause: error });
      onWait();
      await parts.pause(Math.min(pauseBefore(failures, error.retryAfter, parts.random()), left), signal);
    }
  }
}
