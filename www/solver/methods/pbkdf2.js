/**
 * The search for puzzles of kind 2: the browser's own PBKDF2 does the work, where WebAssembly is missing or forbidden.
 */

import { bigEndian } from "../../verifier/wire.js";

/**
 * Attempts on their way at once: one that is computed, and the next one ready, so that no thread waits for JavaScript. Each
 * may get a thread, and so a core, of its own: more of them would take cores that the number of workers is to spare.
 */
const IN_FLIGHT = 2;

/**
 * @param {import("../../common/messages.js").Puzzle} puzzle of kind 2
 * @returns {import("../slices.js").Search}
 */
export function pbkdf2Search({ prefix, threshold, iterations }) {
  const parameters = { name: "PBKDF2", hash: "SHA-256", salt: bigEndian(prefix), iterations };

  /** @param {number} nonce */
  async function isShare(nonce) {
    const key = await crypto.subtle.importKey("raw", bigEndian([nonce]), "PBKDF2", false, ["deriveBits"]);
    const digest = await crypto.subtle.deriveBits(parameters, key, 256);
    return new DataView(digest).getUint32(28) <= threshold;
  }

  return async (first, end) => {
    /** @type {number[]} */
    const nonces = [];
    let next = first;
    const attempt = async () => {
      while (next < end) {
        const nonce = next;
        next += 1;
        if (await isShare(nonce)) nonces.push(nonce);
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, attempt));
    return nonces;
  };
}
