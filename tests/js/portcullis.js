/**
 * The Portcullis protocol, version 1, a second time: written from docs/protocol.md alone, to hold that document and the
 * Rust implementation against each other. Plain, not fast: a page solves with WebAssembly.
 *
 * @module portcullis
 */

import { createHash, createHmac, pbkdf2Sync, timingSafeEqual } from "node:crypto";

const CHALLENGE_BYTES = 104;
const MAC_INPUT_BYTES = 72;
const CHALLENGE_CHARACTERS = 139;
const SOLUTION_CHARACTERS = 342;
const MAX_SHARES = 64;
const MAX_LIFETIME = 300_000;
const MAX_ITERATIONS = 4096;
const MAX_DIFFICULTY = 2n ** 30n;
const NONCES = 2 ** 32;
const MAC_LABEL = new TextEncoder().encode("portcullis challenge v1\0");
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** @typedef {"encoding" | "version" | "kind" | "parameter" | "nonces"} Rule which a malformed message breaks */

/**
 * @typedef {object} Challenge
 * @property {number} iterations 0 for kind 1
 * @property {number} keyId
 * @property {number} shares how many
 * @property {number} threshold
 * @property {bigint} issuedAt Unix milliseconds
 * @property {number} lifetime milliseconds
 * @property {Uint8Array} audience
 * @property {Uint8Array} binding
 * @property {Uint8Array} id
 * @property {Uint8Array} tag
 */

/** A message that is not in the one form the protocol allows. */
export class ParseError extends Error {
  /** @param {Rule} rule */
  constructor(rule) {
    super(`malformed: ${rule}`);
    this.rule = rule;
  }
}

/**
 * Reads a challenge's text.
 *
 * @param {string} text
 * @returns {Challenge}
 * @throws {ParseError}
 */
export function parseChallenge(text) {
  must(text.length === CHALLENGE_CHARACTERS, "encoding");
  const bytes = decodeBase64url(text);
  const view = new DataView(bytes.buffer);
  must(bytes[0] === 1, "version");
  const kind = bytes[1];
  must(kind === 1 || kind === 2, "kind");
  const challenge = {
    iterations: view.getUint32(8),
    keyId: view.getUint8(2),
    shares: view.getUint8(3),
    threshold: view.getUint32(4),
    issuedAt: view.getBigUint64(12),
    lifetime: view.getUint32(20),
    audience: bytes.slice(24, 40),
    binding: bytes.slice(40, 56),
    id: bytes.slice(56, 72),
    tag: bytes.slice(72),
  };
  must(challenge.shares >= 1 && challenge.shares <= MAX_SHARES, "parameter");
  must(challenge.threshold !== NONCES - 1, "parameter");
  const { iterations } = challenge;
  must(kind === 1 ? iterations === 0 : iterations >= 1 && iterations <= MAX_ITERATIONS, "parameter");
  const attempts = difficultyOf(challenge.threshold, challenge.shares);
  must(attempts !== null && BigInt(attempts) * compressionsOf(iterations) <= MAX_DIFFICULTY, "parameter");
  must(challenge.lifetime >= 1 && challenge.lifetime <= MAX_LIFETIME, "parameter");
  return challenge;
}

/**
 * Writes a challenge's text.
 *
 * @param {Challenge} challenge
 */
export function encodeChallenge(challenge) {
  const bytes = new Uint8Array(CHALLENGE_BYTES);
  bytes.set(macInput(challenge));
  bytes.set(challenge.tag, MAC_INPUT_BYTES);
  return encodeBase64url(bytes);
}

/**
 * The 72 bytes under the MAC.
 *
 * @param {Omit<Challenge, "tag">} fields
 */
export function macInput(fields) {
  const bytes = new Uint8Array(MAC_INPUT_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set([1, fields.iterations === 0 ? 1 : 2, fields.keyId, fields.shares]);
  view.setUint32(4, fields.threshold);
  view.setUint32(8, fields.iterations);
  view.setBigUint64(12, fields.issuedAt);
  view.setUint32(20, fields.lifetime);
  bytes.set(fields.audience, 24);
  bytes.set(fields.binding, 40);
  bytes.set(fields.id, 56);
  return bytes;
}

/**
 * The tag a verifier's key makes.
 *
 * @param {Uint8Array} key
 * @param {Omit<Challenge, "tag">} fields
 * @returns {Uint8Array}
 */
export function tagOf(key, fields) {
  return createHmac("sha256", key).update(MAC_LABEL).update(macInput(fields)).digest();
}

/**
 * Whether `key` made the challenge's tag.
 *
 * @param {Uint8Array} key
 * @param {Challenge} challenge
 */
export function isGenuine(key, challenge) {
  return timingSafeEqual(tagOf(key, challenge), challenge.tag);
}

/**
 * The puzzle's prefix.
 *
 * @param {Challenge} challenge
 */
export function prefixOf(challenge) {
  return Uint8Array.of(...challenge.id, ...challenge.tag);
}

/**
 * Reads a solution's text into its nonces.
 *
 * @param {string} text
 * @throws {ParseError}
 */
export function parseSolution(text) {
  must(text.length <= SOLUTION_CHARACTERS, "encoding");
  const bytes = decodeBase64url(text);
  must(bytes.length % 4 === 0, "nonces");
  const view = new DataView(bytes.buffer);
  const nonces = Array.from({ length: bytes.length / 4 }, (_, index) => view.getUint32(4 * index));
  must(isOrdered(nonces), "nonces");
  return nonces;
}

/**
 * Writes a solution's text.
 *
 * @param {number[]} nonces 1 to 64, strictly increasing
 * @throws {ParseError}
 */
export function encodeSolution(nonces) {
  must(isOrdered(nonces), "nonces");
  const view = new DataView(new ArrayBuffer(4 * nonces.length));
  nonces.forEach((nonce, index) => view.setUint32(4 * index, nonce));
  return encodeBase64url(new Uint8Array(view.buffer));
}

/**
 * What an attempt computes on.
 *
 * @typedef {object} Puzzle
 * @property {Uint8Array} prefix
 * @property {number} threshold
 * @property {number} iterations 0 for kind 1
 */

/**
 * The last word of an attempt.
 *
 * @param {Puzzle} puzzle
 * @param {number} nonce
 */
export function lastWord({ prefix, iterations }, nonce) {
  const written = new Uint8Array(4);
  new DataView(written.buffer).setUint32(0, nonce);
  const digest =
    iterations === 0
      ? createHash("sha256").update(prefix).update(written).digest()
      : pbkdf2Sync(written, prefix, iterations, 32, "sha256");
  return digest.readUInt32BE(28);
}

/**
 * Whether a nonce is a share.
 *
 * @param {Puzzle} puzzle
 * @param {number} nonce
 */
export function isShare(puzzle, nonce) {
  return lastWord(puzzle, nonce) <= puzzle.threshold;
}

/**
 * The first shares among the nonces from `from` up: fewer than asked for when the nonces run out.
 *
 * @param {Challenge} challenge
 * @param {number} [from]
 */
export function search(challenge, from = 0) {
  const puzzle = puzzleOf(challenge);
  const nonces = [];
  for (let nonce = from; nonce < NONCES && nonces.length < challenge.shares; nonce++) {
    if (isShare(puzzle, nonce)) nonces.push(nonce);
  }
  return nonces;
}

/**
 * Whether the nonces of a solution are the work the challenge asks for.
 *
 * @param {Challenge} challenge
 * @param {number[]} nonces
 */
export function isSolvedBy(challenge, nonces) {
  const puzzle = puzzleOf(challenge);
  return nonces.length === challenge.shares && nonces.every((nonce) => isShare(puzzle, nonce));
}

/** @param {Challenge} challenge */
function puzzleOf(challenge) {
  return { prefix: prefixOf(challenge), threshold: challenge.threshold, iterations: challenge.iterations };
}

/**
 * The compressions of SHA-256 in an attempt.
 *
 * @param {number} iterations 0 for kind 1
 */
function compressionsOf(iterations) {
  return iterations === 0 ? 1n : 2n * BigInt(iterations) + 2n;
}

/**
 * The threshold that asks for a difficulty; null when none does.
 *
 * @param {number} difficulty
 * @param {number} shares
 */
export function thresholdFor(difficulty, shares) {
  const attempts = BigInt(difficulty);
  if (attempts < 1n || attempts > MAX_DIFFICULTY) return null;
  const passing = ((BigInt(shares) << 32n) + attempts / 2n) / attempts;
  return passing < 2n ** 32n ? Number(passing - 1n) : null;
}

/**
 * The difficulty of a threshold; null above the cap.
 *
 * @param {number} threshold
 * @param {number} shares
 */
export function difficultyOf(threshold, shares) {
  const passing = BigInt(threshold) + 1n;
  const attempts = ((BigInt(shares) << 32n) + passing / 2n) / passing;
  return attempts <= MAX_DIFFICULTY ? Number(attempts) : null;
}

/** @param {number[]} nonces */
function isOrdered(nonces) {
  const increasing = nonces.every((nonce, index) => index === 0 || nonce > Number(nonces[index - 1]));
  return nonces.length >= 1 && nonces.length <= MAX_SHARES && increasing;
}

/**
 * Strict base64url without padding: one text for each byte string.
 *
 * @param {string} text
 */
function decodeBase64url(text) {
  must(text.length % 4 !== 1, "encoding");
  const bytes = new Uint8Array(Math.floor((text.length * 6) / 8));
  let pending = 0;
  let bits = 0;
  let length = 0;
  for (const character of text) {
    const value = ALPHABET.indexOf(character);
    must(value !== -1, "encoding");
    pending = (pending << 6) | value;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[length++] = pending >> bits;
      pending &= (1 << bits) - 1;
    }
  }
  must(pending === 0, "encoding");
  return bytes;
}

/** @param {Uint8Array} bytes */
function encodeBase64url(bytes) {
  let text = "";
  for (let index = 0; index < bytes.length; index += 3) {
    const group = [0, 1, 2].map((offset) => bytes[index + offset] ?? 0);
    const bits = group.reduce((sum, byte) => sum * 256 + byte, 0);
    const characters = Math.min(3, bytes.length - index) + 1;
    for (let place = 0; place < characters; place++) text += ALPHABET.charAt((bits >> (18 - 6 * place)) & 63);
  }
  return text;
}

/**
 * @param {boolean} holds
 * @param {Rule} rule
 * @returns {asserts holds}
 */
function must(holds, rule) {
  if (!holds) throw new ParseError(rule);
}
