/**
 * Solves challenges on one rung of the ladder: reads them, lets workers search, and writes the solutions.
 */

import { cores, isArm, isBatteryLow, isPhone } from "./device.js";
import { poolSize } from "./effort.js";
import { modulesOf } from "./ladder.js";
import { search } from "./search.js";
import { encodeSolution, parseChallenge } from "./wire.js";

/**
 * @typedef {(
 *   challenge: import("./messages.js").Challenge,
 *   onProgress: (fraction: number, secondsLeft?: number) => void,
 *   signal: AbortSignal,
 * ) => Promise<string | undefined>} Solve the text of the solution; nothing if the challenge has none
 */

/**
 * Loads the solver of a rung.
 *
 * @param {string} script the URL of the script that is the page's and the workers' alike
 * @param {import("./protocol.js").Verifier} verifier
 * @param {import("./ladder.js").Rung} rung
 * @param {() => void} onWebAssembly called when WebAssembly works here, and may be used for more
 * @param {AbortSignal} signal
 * @returns {Promise<Solve>}
 * @throws {import("./errors.js").Unreachable} when a file of it cannot be fetched
 */
export async function loadSolver(script, verifier, rung, onWebAssembly, signal) {
  const parts = {
    size: poolSize(cores(), isPhone()),
    createWorker() {
      const worker = new Worker(script);
      // Where the page's policy forbids it, only a worker is to find out: the page would complain on its console.
      worker.addEventListener("message", ({ data }) => {
        if (modules.length > 0 && data.kind === "searched") onWebAssembly();
      }, { once: true });
      return worker;
    },
    hidden: () => document.hidden,
    watchHidden,
    weak: false,
    now: () => performance.now(),
    repeat,
  };
  // Not waited for: a browser may take its time, or never tell.
  isBatteryLow().then((low) => (parts.weak = low), () => {});
  const names = modulesOf(rung, isArm());
  const modules = await Promise.all(names.map((name) => verifier.file(new URL(name, script).href, signal)));
  return async (challenge, onProgress, limited) => {
    const work = { puzzle: parseChallenge(challenge.text), modules };
    const nonces = await search(parts, work, onProgress, limited);
    return nonces && encodeSolution(nonces);
  };
}

/** @param {() => void} onChange */
function watchHidden(onChange) {
  document.addEventListener("visibilitychange", onChange);
  return () => document.removeEventListener("visibilitychange", onChange);
}

/**
 * @param {() => void} look
 * @param {number} milliseconds
 */
function repeat(look, milliseconds) {
  const timer = setInterval(look, milliseconds);
  return () => clearInterval(timer);
}
