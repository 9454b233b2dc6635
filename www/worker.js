/**
 * One worker of the pool: searches its range and reports after each slice of time.
 *
 * It never listens while it searches, and need not: the pool ends a worker by terminating it.
 */

import { initSync, Solver } from "./challenge_wasm.js";

/** Milliseconds: short enough for lively progress, long enough that reports cost nothing. */
const SLICE = 30;

addEventListener("message", (/** @type {MessageEvent<import("./messages.js").SearchRequest>} */ { data }) => {
  initSync({ module: data.module });
  const solver = new Solver(data.challenge, data.first, data.end);
  /** @type {import("./messages.js").SearchReport} */
  let report;
  do {
    const nonces = solver.searchFor(SLICE);
    report = { kind: "searched", nonces, position: solver.position, exhausted: solver.exhausted };
    postMessage(report);
  } while (!report.exhausted);
});
