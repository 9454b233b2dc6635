/**
 * Everything that can go wrong on the way to a clearance token, and is expected to. What else is thrown is a defect.
 */

/** The time for something is up. */
export class TimeoutError extends Error {}

/** The visitor cancelled, or leaves the page. */
export class CancelledError extends Error {}

/** The verifier gave no answer of its own: it restarts, is overloaded, or the visitor is offline. Worth trying again. */
export class UnreachableError extends Error {
  /** @param {number} [retryAfter] milliseconds the verifier asked to wait */
  constructor(retryAfter) {
    super("the verifier cannot be reached");
    this.retryAfter = retryAfter;
  }
}

/** The verifier could not be reached for so long that only the visitor can decide to go on. */
export class PatienceError extends Error {}

/** The verifier refused a request. */
export class RefusedError extends Error {
  /**
   * @param {string} code `expired`, `forged`, `replayed` …
   * @param {number} [level] of the challenge that is to be solved instead, if the verifier says one
   */
  constructor(code, level) {
    super(`the verifier refused: ${code}`);
    this.code = code;
    this.level = level;
  }
}

/** This browser does not run the solver it was given: a slower one may do. */
export class UnusableSolverError extends Error {}
