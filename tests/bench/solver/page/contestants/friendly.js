// Friendly Captcha (MIT): the worker of friendly-challenge, with its WebAssembly inside. It hashes 128 bytes with
// BLAKE2b, in one compression, and counts the nonce in the last four from 0. It tells the nonce that was found as `h`.

import { ask } from "../ask.js";
import { published } from "../places.js";

const WEBASSEMBLY = 2;

export async function friendly() {
  const worker = new Worker(published("friendly-challenge/worker.min.js"));
  const { solver } = await ask(worker, { type: "solver", forceJS: false });
  if (solver !== WEBASSEMBLY) throw new Error("Friendly's worker fell back to JavaScript");
  return {
    /** @param {number} attempts */
    async work(attempts) {
      const puzzleSolverInput = crypto.getRandomValues(new Uint8Array(128)).fill(0, 120);
      const threshold = Math.floor(2 ** 32 / attempts);
      const puzzle = { puzzleSolverInput, threshold, puzzleIndex: 0, puzzleNumber: 1 };
      const { h } = await solution(worker, { type: "start", ...puzzle });
      return h + 1;
    },
    stop: () => worker.terminate(),
  };
}

/**
 * The worker first says that it has started.
 * @param {Worker} worker
 * @param {unknown} message
 * @returns {Promise<{ h: number }>}
 */
async function solution(worker, message) {
  await ask(worker, message);
  return new Promise((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
  });
}
