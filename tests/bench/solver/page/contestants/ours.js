// Workers of our own, which count what they try and say so: our solvers as the page calls them; the crate sha2; and a
// loop as other pages have it.

import { ask } from "../ask.js";
import * as places from "../places.js";

/** @typedef {import("../measure.js").Contestant} Contestant */

/** The module with vector instructions. */
export const portcullisSimd = () => portcullis({ module: "solver-simd.wasm" });

/** The module of WebAssembly 1.0. */
export const portcullisScalar = () => portcullis({ module: "solver-scalar.wasm" });

/** Without WebAssembly. Counts compressions. */
export const portcullisPbkdf2 = () => portcullis({ iterations: 1000 });

/** Without WebAssembly and WebCrypto. */
export const portcullisJs = () => portcullis({});

/** The crate `sha2`, compiled with vector instructions, searching our puzzle. */
export const sha2Simd128 = () => counting("sha2.js");

/** One awaited WebCrypto digest an attempt, as Anubis' page does it. */
export const webcryptoLoop = () => counting("webcrypto-loop.js");

/** @param {{ module?: string, iterations?: number }} solver */
async function portcullis(solver) {
  // Where iterations are repeated, compressions are counted: two an iteration, and two to prepare the key.
  const compressions = solver.iterations ? 2 * solver.iterations + 2 : 1;
  const contestant = await counting("portcullis.js", { solver });
  return {
    ...contestant,
    /** @param {number} wanted */
    work: async (wanted) => compressions * (await contestant.work(Math.ceil(wanted / compressions))),
  };
}

/**
 * @param {string} file
 * @param {{}} [start] what to tell the worker first
 * @returns {Promise<Contestant>}
 */
async function counting(file, start) {
  const worker = places.worker(file);
  if (start) await ask(worker, start);
  return { work: (attempts) => ask(worker, { attempts }), stop: () => worker.terminate() };
}
