// ALTCHA (MIT): its workers as published. Both try counters from 0 until the derived key begins with the bytes asked
// for, and tell the counter. `sha` awaits one WebCrypto digest of 36 bytes an attempt; `pbkdf2`, ALTCHA's default,
// imports, derives and exports one key an attempt, at the cost that its server's documentation shows.

import { ask, digitsFor, randomHex } from "../ask.js";
import { published } from "../places.js";

const PBKDF2_COST = 5000;
/** SHA-256 compressions of one attempt: two an iteration, and two to prepare the key. */
const PBKDF2_COMPRESSIONS = 2 * PBKDF2_COST + 2;

/** Counts attempts: each is one compression. */
export const altchaSha = () => start("sha", "SHA-256", 1, 1);

/** Counts compressions. */
export const altchaPbkdf2 = () => start("pbkdf2", "PBKDF2/SHA-256", PBKDF2_COST, PBKDF2_COMPRESSIONS);

/**
 * @param {string} file
 * @param {string} algorithm
 * @param {number} cost
 * @param {number} compressions
 * @returns {Promise<import("../measure.js").Contestant>}
 */
async function start(file, algorithm, cost, compressions) {
  const worker = new Worker(published(`altcha/dist/workers/${file}.js`));
  return {
    async work(wanted) {
      // It compares whole bytes; an odd number of digits would take it a slower way.
      const keyPrefix = randomHex(digitsFor(wanted / compressions) & ~1);
      const parameters = { algorithm, cost, keyLength: 32, keyPrefix, nonce: randomHex(32), salt: randomHex(32) };
      const { counter } = await ask(worker, { type: "work", challenge: { parameters } });
      return (counter + 1) * compressions;
    },
    stop: () => worker.terminate(),
  };
}
