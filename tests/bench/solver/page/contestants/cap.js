// Cap (Apache-2.0). Its widget hands the module of @cap.js/wasm to the worker of @cap.js/widget, salt and target with
// it; the worker tries 0, 1, 2, … until the digest of salt and nonce begins with the target, and tells the nonce. So
// the nonce is the number of attempts, less one. As in Cap's challenges the salt has 32 characters: one compression an
// attempt.

import { ask, digitsFor, randomHex } from "../ask.js";
import { published } from "../places.js";

/** The newest module on npm. */
export const cap = () => start(published("@cap.js/wasm/browser/cap_wasm_bg.wasm"));

/** A module that the driver was given: Cap's repository may hold a newer one. */
export const capFile = () => start(new URL("/cap.wasm", location.href));

/** @param {URL} module */
async function start(module) {
  const wasmModule = await WebAssembly.compileStreaming(fetch(module));
  const worker = new Worker(published("@cap.js/widget/src/worker.js"));
  return {
    /** @param {number} attempts */
    async work(attempts) {
      const target = randomHex(16).slice(0, digitsFor(attempts));
      const { found, nonce, durationMs, error } = await ask(worker, { salt: randomHex(32), target, wasmModule });
      // Only its WebAssembly says how long it took; what it falls back to does not.
      if (!found || durationMs === undefined) throw new Error(`Cap's module did not search: ${error}`);
      return nonce + 1;
    },
    stop: () => worker.terminate(),
  };
}
