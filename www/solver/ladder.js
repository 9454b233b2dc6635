/**
 * The ladder of solvers, the fastest first. A browser stands on the highest rung that it supports, and on each the verifier
 * sets work that takes as long. The visitor hears nothing of it.
 *
 * | rung | what solves | for |
 * |---|---|---|
 * | `simd` | WebAssembly with vector instructions | browsers since 2023 |
 * | `scalar` | WebAssembly 1.0 | older ones |
 * | `pbkdf2` | PBKDF2 through WebCrypto | browsers whose users, or whose age, forbid WebAssembly |
 * | `js` | plain JavaScript | those that keep WebCrypto from insecure addresses as well |
 */

/** @typedef {import("../common/messages.js").Rung} Rung */

/** The smallest module with a vector instruction: a function that makes a vector and drops it. */
const PROBE = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 9, 1, 7, 0, 65, 0, 253, 15, 26, 11];

/**
 * The rungs that a browser may support, the fastest first. A policy that forbids WebAssembly, say, only shows in use.
 *
 * @param {object} browser
 * @param {{validate(bytes: Uint8Array<ArrayBuffer>): boolean}} [browser.WebAssembly]
 * @param {{subtle?: object}} [browser.crypto]
 * @returns {Rung[]}
 */
export function rungsOf({ WebAssembly, crypto }) {
  /** @type {[Rung, unknown][]} */
  const rungs = [
    ["simd", WebAssembly?.validate(Uint8Array.from(PROBE))],
    ["scalar", WebAssembly],
    ["pbkdf2", crypto?.subtle],
    ["js", true],
  ];
  return rungs.filter(([, works]) => works).map(([rung]) => rung);
}

/**
 * The modules that a rung needs. On ARM, where vectors may gain nothing, both are tried against each other: they solve the
 * same puzzle.
 *
 * @param {Rung} rung
 * @param {boolean} arm
 */
export function modulesOf(rung, arm) {
  const kinds = { simd: arm ? ["simd", "scalar"] : ["simd"], scalar: ["scalar"], pbkdf2: [], js: [] };
  return kinds[rung].map((kind) => `solver-${kind}.wasm`);
}
