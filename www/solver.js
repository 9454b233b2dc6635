/**
 * The page's side of the WebAssembly solver: loads it once, reads challenges and encodes solutions with it, and lets a
 * pool of workers do the search.
 */

import { encodeSolution, initSync, readChallenge } from "./challenge_wasm.js";
import { Unreachable, Unsupported } from "./errors.js";
import { poolSize, searchTogether } from "./pool.js";

/**
 * @typedef {(
 *   challenge: import("./messages.js").Challenge,
 *   onProgress: (fraction: number) => void,
 *   signal: AbortSignal,
 * ) => Promise<string | undefined>} Solve the text of the solution; nothing if the challenge has none
 */

/**
 * Loads the solver.
 *
 * @param {AbortSignal} signal
 * @returns {Promise<Solve>}
 * @throws {Unreachable} when it cannot be fetched
 * @throws {Unsupported} when it cannot be compiled
 */
export async function loadSolver(signal) {
  const module = await compile(signal);
  initSync({ module });
  return async (challenge, onProgress, limited) => {
    const { shares } = readChallenge(challenge.text);
    const parts = { module, size: poolSize(navigator.hardwareConcurrency), createWorker, repeat };
    const onFound = (/** @type {number} */ found) => onProgress(found / shares);
    const nonces = await searchTogether(parts, challenge.text, shares, onFound, limited);
    return nonces && encodeSolution(nonces);
  };
}

/** @param {AbortSignal} signal */
async function compile(signal) {
  if (typeof WebAssembly !== "object") throw new Unsupported("no WebAssembly");
  try {
    return await WebAssembly.compileStreaming(fetch(new URL("challenge_wasm_bg.wasm", import.meta.url), { signal }));
  } catch (error) {
    signal.throwIfAborted();
    // A page's policy against WebAssembly is reported as a CompileError too.
    if (error instanceof WebAssembly.CompileError) throw new Unsupported("not compiled", { cause: error });
    throw new Unreachable();
  }
}

function createWorker() {
  return new Worker(new URL("worker.js", import.meta.url), { type: "module" });
}

/**
 * @param {() => void} look
 * @param {number} milliseconds
 */
function repeat(look, milliseconds) {
  const timer = setInterval(look, milliseconds);
  return () => clearInterval(timer);
}
