// What the driver calls: one figure at a time.

import { contestants } from "./contestants.js";
import { measure } from "./measure.js";

/**
 * The rate of one solver, in millions of attempts (or compressions) a second, all workers together.
 * @param {string} name
 * @param {{ workers: number, warmMs: number, timeMs: number }} plan
 * @returns {Promise<number>}
 */
async function rate(name, plan) {
  const start = contestants[name];
  if (!start) throw new Error(`no contestant is called ${name}`);
  return (await measure(start, plan)) / 1e6;
}

Object.assign(globalThis, { rate });
