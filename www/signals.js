/**
 * Waiting that ends when it should: with a time limit, and when the visitor cancels.
 */

import { TimeUp } from "./errors.js";

/**
 * Runs `work` with a signal that aborts after `milliseconds` for the reason {@link TimeUp}, or when `signal` does.
 *
 * (`AbortSignal.any` and `AbortSignal.timeout` would do, but browsers in use lack them.)
 *
 * @template T
 * @param {number} milliseconds
 * @param {AbortSignal} signal
 * @param {(limited: AbortSignal) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function within(milliseconds, signal, work) {
  signal.throwIfAborted();
  const limited = new AbortController();
  const abort = () => limited.abort(signal.reason);
  const timer = setTimeout(() => limited.abort(new TimeUp("the time is up")), milliseconds);
  signal.addEventListener("abort", abort);
  try {
    return await work(limited.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  }
}

/**
 * Waits, but not longer than until `wake` is dispatched on `target`.
 *
 * @param {number} milliseconds
 * @param {AbortSignal} signal ends the wait; its reason becomes the rejection
 * @param {EventTarget} target
 * @param {string} wake name of the event
 * @returns {Promise<void>}
 */
export function pause(milliseconds, signal, target, wake) {
  return within(milliseconds, signal, (limited) => {
    return new Promise((resolve) => {
      limited.addEventListener("abort", resolve);
      target.addEventListener(wake, resolve, { once: true, signal: limited });
    });
  }).then(() => signal.throwIfAborted());
}
