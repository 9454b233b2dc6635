/**
 * Every message that crosses from one place to another: types only, nothing of this file is loaded by a browser.
 *
 * @module messages
 */

/**
 * Page → worker: search the nonces from `first` up to and without `end`. A worker gets one such message in its life.
 *
 * @typedef {object} SearchRequest
 * @property {"search"} kind
 * @property {Puzzle} puzzle
 * @property {ArrayBuffer[]} modules WebAssembly solvers to choose from; none where the puzzle is solved without
 * @property {number} first
 * @property {number} end at most 2³²
 */

/**
 * Worker → page, after each slice of time, also when nothing was found: a worker that sends none is taken for dead. The
 * one whose position is the end of its range is the last.
 *
 * @typedef {object} SearchReport
 * @property {"searched"} kind
 * @property {number[]} nonces of the shares found in this slice
 * @property {number} position the first nonce not tried yet
 */

/**
 * Worker → page: the solver does not run, and no report follows.
 *
 * @typedef {object} SearchFailure
 * @property {"failed"} kind
 * @property {string} reason for the developer's console
 */

/** @typedef {SearchReport | SearchFailure} WorkerMessage */

/**
 * Tab → the site's other tabs: this browser now holds a clearance token.
 *
 * @typedef {object} ClearedNotice
 * @property {"cleared"} kind
 */

/**
 * Page → verifier, as `solver` in the query of `GET /.portcullis/challenge`: by what means this browser solves.
 *
 * @typedef {"simd" | "scalar" | "pbkdf2" | "js"} Rung
 */

/**
 * Verifier → page, from `GET /.portcullis/challenge`.
 *
 * @typedef {object} ChallengeResponse
 * @property {string} challenge
 * @property {number} expires_in_ms
 * @property {string} redeem path to send the solution to
 */

/**
 * Page → verifier, to `POST /.portcullis/redeem`.
 *
 * @typedef {object} RedeemRequest
 * @property {string} challenge
 * @property {string} solution
 * @property {string[]} [signals] names of what speaks for automation in this browser, if anything does
 */

/**
 * Verifier → page: why a request was refused (RFC 9457).
 *
 * @typedef {object} Problem
 * @property {string} code `expired`, `forged`, `replayed` …
 * @property {number} [level] of the challenge to solve instead, where the code is `more-work`
 */

/**
 * A challenge as the page holds it, from its own HTML or fetched.
 *
 * @typedef {object} Challenge
 * @property {string} text
 * @property {string} redeem path to send the solution to
 * @property {number} expiresAt on the page's own clock (`performance.now()`): the visitor's clock may be wrong
 */

/**
 * What a challenge asks for.
 *
 * @typedef {object} Puzzle
 * @property {number} shares how many
 * @property {number} threshold the largest last word of a share
 * @property {number} iterations of PBKDF2 (kind 2); 0 where one SHA-256 block is an attempt (kind 1)
 * @property {Uint32Array} prefix the twelve words every attempt begins with
 */

/**
 * What solves a challenge.
 *
 * @typedef {object} Solution
 * @property {string} text
 * @property {string[]} signals names of what speaks for automation, in this browser and in how the solution came about
 */

export {};
