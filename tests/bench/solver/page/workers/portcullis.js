// Our solvers, called as the page's worker calls them. The threshold is so low that a share is found in an hour at
// most; shares end nothing, and every nonce of a range is tried.

import { pbkdf2Search } from "../../../../../www/solver/methods/pbkdf2.js";
import { plainSearch } from "../../../../../www/solver/methods/plain.js";
import { wasmSearch } from "../../../../../www/solver/methods/wasm.js";

const NONCES = 2 ** 32;
/** @type {(module: string) => URL} */
const shipped = (module) => new URL(`../../../../../www/dist/${module}`, import.meta.url);

/** @type {import("../../../../../www/solver/slices.js").Search} */
let search;
let first = 0;

/** @param {{ module?: string, iterations?: number }} solver */
async function prepare({ module, iterations = 0 }) {
  const puzzle = { shares: 32, threshold: 0, iterations, prefix: crypto.getRandomValues(new Uint32Array(12)) };
  if (module) search = wasmSearch(await (await fetch(shipped(module))).arrayBuffer(), puzzle);
  else search = iterations ? pbkdf2Search(puzzle) : plainSearch(puzzle);
}

self.onmessage = async ({ data: { solver, attempts } }) => {
  if (solver) {
    await prepare(solver);
  } else {
    if (first + attempts > NONCES) first = 0;
    await search(first, first + attempts);
    first += attempts;
  }
  self.postMessage(attempts);
};
