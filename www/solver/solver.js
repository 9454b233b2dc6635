/**
 * Solves challenges on one rung of the ladder: reads them, lets workers search, and writes the solutions.
 */

import { difficultyOf, encodeSolution, parseChallenge } from "../verifier/wire.js";
import { cores, isArm, isBatteryLow, isPhone } from "./device.js";
import { poolSize } from "./effort.js";
import { modulesOf } from "./ladder.js";
import { search } from "./search.js";

/**
 * @typedef {(
 *   challenge: import("../common/messages.js").Challenge,
 *   onProgress: (fraction: number, secondsLeft?: number) => void,
 *   signal: AbortSignal,
 * ) => Promise<import("../common/messages.js").Solution | undefined>} Solve nothing if the challenge has no solution
 */

/**
 * Loads the solver of a rung.
 *
 * @param {string} script the URL of the script that is the page's and the workers' alike
 * @param {import("../verifier/protocol.js").Verifier} verifier
 * @param {import("../common/messages.js").Rung} rung
 * @param {() => Promise<import("../signals/signals.js").Look>} prepareLook called when WebAssembly works here
 * @param {AbortSignal} signal
 * @returns {Promise<Solve>}
 * @throws {import("../common/errors.js").UnreachableError} when a file of it cannot be fetched
 */
export async function loadSolver(script, verifier, rung, prepareLook, signal) {
  /** @type {Promise<import("../signals/signals.js").Look> | undefined} */
  let looking;
  const parts = {
    size: poolSize(cores(), isPhone()),
    createWorker() {
      const worker = new Worker(script);
      // Where the page's policy forbids it, only a worker is to find out: the page would complain on its console.
      worker.addEventListener("message", ({ data }) => {
        if (modules.length > 0 && data.kind === "searched") {
          looking ??= prepareLook();
          // That it failed is found once it is waited for.
          looking.catch(() => {});
        }
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
    const puzzle = parseChallenge(challenge.text);
    const found = await search(parts, { puzzle, modules }, onProgress, limited);
    if (!found) return undefined;
    /** @type {string[]} */
    const signals = [];
    try {
      (await looking)?.(signals, puzzle.shares, difficultyOf(puzzle), found.attempts);
    } catch {
      // Nothing is told, then: no browser has to.
    }
    return { text: encodeSolution(found.nonces), signals };
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
