/**
 * One visit: from a challenge to a clearance token, or to the reason why there is none.
 */

import { within } from "../common/abort.js";
import { CancelledError, PatienceError, RefusedError, TimeoutError, UnusableSolverError } from "../common/errors.js";
import { persist } from "../verifier/retry.js";

/** Challenges solved, or tried to, before the visitor is asked. */
const MAX_ATTEMPTS = 3;
/** Refusals that a fresh challenge can cure: too late, a verifier that restarted, a phone that changed its network. */
const CURABLE = new Set(["expired", "forged", "replayed", "wrong-audience", "wrong-binding", "insufficient-work"]);

/**
 * What a visit shows on its way.
 *
 * @typedef {"working" | "expired" | "redeeming" | "reconnecting" | "offline"} Stage
 */

/**
 * How a visit ends.
 *
 * @typedef {"done" | "cookies-blocked" | "refused" | "too-slow" | "unreachable" | "failed"} Ending
 */

/**
 * The result of one challenge. Unless it was redeemed, a fresh one may help.
 *
 * @typedef {"redeemed" | "refused" | "too-slow"} Outcome
 */

/**
 * What a visit needs of its surroundings.
 *
 * @typedef {object} OwnVisitParts
 * @property {Pick<import("../verifier/protocol.js").Verifier, "challenge" | "redeem" | "cleared">} verifier
 * @property {string} level of the clearance that is needed
 * @property {import("../common/messages.js").Rung[]} rungs those that this browser may support, the best first; those that fail
 *   are taken away
 * @property {(
 *   rung: import("../common/messages.js").Rung,
 *   signal: AbortSignal,
 * ) => Promise<import("../solver/solver.js").Solve>} loadSolver
 * @property {(stage: Stage) => void} show
 * @property {(fraction: number, secondsLeft?: number) => void} showProgress
 * @property {() => boolean} online whether the device has a network at all
 * @property {(error: unknown) => void} report for the developer's console
 *
 * @typedef {OwnVisitParts & import("../verifier/retry.js").RetryParts} VisitParts
 */

/**
 * Makes a visit.
 *
 * @param {VisitParts} parts
 * @param {import("../common/messages.js").Challenge | undefined} first the challenge in the page, if it is still fresh
 * @param {AbortSignal} signal
 * @returns {Promise<Ending>}
 * @throws {CancelledError} when `signal` is aborted
 */
export async function visit(parts, first, signal) {
  try {
    return await attemptOften(parts, first, signal);
  } catch (error) {
    if (error instanceof CancelledError) throw error;
    if (error instanceof UnusableSolverError && parts.rungs.length > 1) {
      parts.rungs.shift();
      return visit(parts, undefined, signal);
    }
    parts.report(error);
    if (error instanceof RefusedError) return "refused";
    if (error instanceof PatienceError) return "unreachable";
    return "failed";
  }
}

/**
 * @param {VisitParts} parts
 * @param {import("../common/messages.js").Challenge | undefined} first
 * @param {AbortSignal} signal
 * @returns {Promise<Ending>}
 */
async function attemptOften(parts, first, signal) {
  const { verifier } = parts;
  const rung = parts.rungs[0] ?? "js";
  /** @type {<T>(ask: () => Promise<T>) => Promise<T>} */
  const persistently = (ask) => {
    return persist(parts, signal, () => parts.show(parts.online() ? "reconnecting" : "offline"), ask);
  };
  parts.show("working");
  const solve = await persistently(() => parts.loadSolver(rung, signal));
  // The challenge in the page is work for the fastest solver.
  let challenge = rung === "simd" ? first : undefined;
  /** @type {Outcome} */
  let outcome = "refused";
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    if (!challenge) {
      // Another tab may have been faster.
      if (await persistently(() => verifier.cleared(parts.level, signal))) return "done";
      challenge = await persistently(() => verifier.challenge(rung, parts.level, signal));
    }
    parts.show("working");
    outcome = await solveAndRedeem(parts, solve, challenge, persistently, signal);
    if (outcome === "redeemed") {
      return (await persistently(() => verifier.cleared(parts.level, signal))) ? "done" : "cookies-blocked";
    }
    challenge = undefined;
  }
  return outcome;
}

/**
 * @param {VisitParts} parts
 * @param {import("../solver/solver.js").Solve} solve
 * @param {import("../common/messages.js").Challenge} challenge
 * @param {<T>(ask: () => Promise<T>) => Promise<T>} persistently
 * @param {AbortSignal} signal
 * @returns {Promise<Outcome>}
 */
async function solveAndRedeem(parts, solve, challenge, persistently, signal) {
  try {
    parts.showProgress(0);
    const left = challenge.expiresAt - parts.now();
    const solution = await within(left, signal, (limited) => solve(challenge, parts.showProgress, limited));
    if (solution === undefined) return "refused";
    parts.show("redeeming");
    await persistently(() => parts.verifier.redeem(challenge, solution, signal));
    return "redeemed";
  } catch (error) {
    if (error instanceof TimeoutError) {
      parts.showProgress(0);
      parts.show("expired");
      return "too-slow";
    }
    // Never less than was asked for before: the page is for that.
    if (error instanceof RefusedError && error.code === "more-work") {
      parts.level = String(Math.max(Number(parts.level), error.level ?? 0));
      return "refused";
    }
    if (error instanceof RefusedError && CURABLE.has(error.code)) return "refused";
    throw error;
  }
}
