/**
 * One worker of the pool: searches its range and reports after each slice of time.
 *
 * It never listens while it searches, and need not: the pool ends a worker by terminating it.
 */

import { pbkdf2Search } from "./methods/pbkdf2.js";
import { plainSearch } from "./methods/plain.js";
import { wasmSearch } from "./methods/wasm.js";
import { searchInSlices } from "./slices.js";

/** Waits for the one message a worker gets. */
export function startWorker() {
  addEventListener("message", ({ data }) => {
    search(data).catch((error) => tell({ kind: "failed", reason: String(error) }));
  });
}

/** @param {import("../common/messages.js").SearchRequest} request */
async function search({ puzzle, modules, first, end }) {
  await searchInSlices(solversFor(puzzle, modules), first, end, () => performance.now(), (nonces, position) => {
    tell({ kind: "searched", nonces, position });
  });
}

/**
 * @param {import("../common/messages.js").Puzzle} puzzle
 * @param {ArrayBuffer[]} modules
 */
function solversFor(puzzle, modules) {
  if (puzzle.iterations) return [pbkdf2Search(puzzle)];
  return modules.length > 0 ? modules.map((module) => wasmSearch(module, puzzle)) : [plainSearch(puzzle)];
}

/** @param {import("../common/messages.js").WorkerMessage} message */
function tell(message) {
  postMessage(message);
}
