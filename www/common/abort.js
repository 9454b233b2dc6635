/**
 * Waiting that ends when it should: with a time limit, and when the visitor cancels.
 */

import { CancelledError, TimeoutError } from "./errors.js";

/**
 * Runs `work` until it is done, but no longer than `milliseconds` and not when `signal` is aborted. However it ends, the
 * signal that `work` was given is aborted then, so that nothing goes on unheard.
 *
 * (`AbortSignal.any`, `AbortSignal.timeout` and a signal's `reason` would do, but browsers in use lack them.)
 *
 * @template T
 * @param {number} milliseconds
 * @param {AbortSignal} signal
 * @param {(limited: AbortSignal) => Promise<T>} work
 * @returns {Promise<T>}
 * @throws {TimeoutError} after that time
 * @throws {CancelledError} when `signal` is aborted
 */
export function within(milliseconds, signal, work) {
  return new Promise((resolve, reject) => {
    if (signal.aborted) throw new CancelledError();
    const limited = new AbortController();
    /**
     * @template V
     * @param {(value: V) => void} settle
     * @param {V} value
     */
    const end = (settle, value) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", cancel);
      settle(value);
      limited.abort();
    };
    const cancel = () => end(reject, new CancelledError());
    const timer = setTimeout(() => end(reject, new TimeoutError()), milliseconds);
    signal.addEventListener("abort", cancel);
    work(limited.signal).then((value) => end(resolve, value), (error) => end(reject, error));
  });
}

/**
 * Waits, but not longer than until `wake` is dispatched on `target`.
 *
 * @param {number} milliseconds
 * @param {AbortSignal} signal
 * @param {EventTarget} target
 * @param {string} wake name of the event
 * @returns {Promise<void>}
 * @throws {CancelledError} when `signal` is aborted
 */
export function pause(milliseconds, signal, target, wake) {
  return within(milliseconds, signal, (limited) => {
    return new Promise((resolve) => {
      const end = () => {
        target.removeEventListener(wake, end);
        resolve(undefined);
      };
      target.addEventListener(wake, end);
      limited.addEventListener("abort", end);
    });
  }).catch((error) => {
    if (!(error instanceof TimeoutError)) throw error;
  });
}
