// mCaptcha (MIT or Apache-2.0): @mcaptcha/pow-wasm, in a worker of ours that calls it as a bundler would have it
// called. It tries 1, 2, 3, … until the digest is large enough for a difficulty, which is the expected number of
// attempts, and tells the nonce. Salt and phrase are short enough for one compression an attempt.

import { ask, randomHex } from "../ask.js";
import * as places from "../places.js";

export async function mcaptcha() {
  const worker = places.worker("mcaptcha.js");
  return {
    /** @param {number} difficulty @returns {Promise<number>} */
    work: (difficulty) => ask(worker, { salt: randomHex(24), phrase: randomHex(12), difficulty }),
    stop: () => worker.terminate(),
  };
}
