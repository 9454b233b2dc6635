/**
 * The two messages of the protocol as the page needs them: reads what a challenge asks for, and writes a solution.
 */

const CHALLENGE_BYTES = 104;
const PREFIX_OFFSET = 56;
const VERSION = 1;

/**
 * Reads a challenge's text. Its tag, lifetime and binding are the verifier's concern.
 *
 * @param {string} text
 * @returns {import("../common/messages.js").Puzzle}
 * @throws {Error} when it is not a challenge of a version and kind this page knows
 */
export function parseChallenge(text) {
  const bytes = decode(text);
  const view = new DataView(bytes.buffer);
  // One text for each challenge: decoding alone would also take what is written another way.
  const canonical = bytes.length === CHALLENGE_BYTES && encode(bytes) === text;
  const [version, kind, , shares = 0] = bytes;
  const iterations = canonical ? view.getUint32(8) : 0;
  if (!canonical || version !== VERSION || kind !== (iterations ? 2 : 1) || shares < 1 || shares > 64) {
    throw new Error("not a challenge of a version and kind this page knows");
  }
  const prefix = Uint32Array.from({ length: 12 }, (_, word) => view.getUint32(PREFIX_OFFSET + 4 * word));
  return { shares, threshold: view.getUint32(4), iterations, prefix };
}

/**
 * The expected number of attempts to solve a puzzle.
 *
 * @param {import("../common/messages.js").Puzzle} puzzle
 */
export function difficultyOf({ shares, threshold }) {
  return (shares * 2 ** 32) / (threshold + 1);
}

/**
 * Writes a solution's text.
 *
 * @param {number[]} nonces of the shares, strictly increasing
 */
export function encodeSolution(nonces) {
  return encode(bigEndian(nonces));
}

/**
 * Words as bytes, the most significant first.
 *
 * @param {ArrayLike<number>} words
 */
export function bigEndian(words) {
  const view = new DataView(new ArrayBuffer(4 * words.length));
  for (let word = 0; word < words.length; word += 1) view.setUint32(4 * word, Number(words[word]));
  return new Uint8Array(view.buffer);
}

/** @param {string} text base64url without padding */
function decode(text) {
  const binary = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

/** @param {Uint8Array} bytes */
function encode(bytes) {
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
}
