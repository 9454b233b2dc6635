/**
 * What the page asks the verifier: a fresh challenge, to redeem a solution, whether this browser is cleared, and the
 * files of its solver.
 */

import { within } from "../common/abort.js";
import { CancelledError, RefusedError, UnreachableError } from "../common/errors.js";

const CHALLENGE = "/.portcullis/challenge";
const AUTHORIZE = "/.portcullis/authorize";
/**
 * Past every cache.
 *
 * @type {RequestInit}
 */
const FRESH = { cache: "no-store" };
/** Milliseconds a request may take. */
const TIME_LIMIT = 10_000;

/** The page's side of the protocol. */
export class Verifier {
  /**
   * @param {typeof globalThis.fetch} fetch
   * @param {() => number} now milliseconds on the page's own clock
   */
  constructor(fetch, now) {
    /** @private */
    this.fetch = fetch;
    /** @private */
    this.now = now;
  }

  /**
   * A fresh challenge.
   *
   * @param {import("../common/messages.js").Rung} rung the verifier sets work that suits it
   * @param {string} level of the clearance that is needed
   * @param {AbortSignal} signal
   * @returns {Promise<import("../common/messages.js").Challenge>}
   */
  async challenge(rung, level, signal) {
    // Counted from before the request, so that the page never takes a challenge for good longer than the verifier does.
    const asked = this.now();
    /** @type {import("../common/messages.js").ChallengeResponse} */
    const response = await this.ask(`${CHALLENGE}?level=${level}&solver=${rung}`, FRESH, signal, readBody);
    return { text: response.challenge, redeem: response.redeem, expiresAt: asked + response.expires_in_ms };
  }

  /**
   * Turns a solution into a clearance token, which the browser keeps as a cookie.
   *
   * @param {import("../common/messages.js").Challenge} challenge
   * @param {import("../common/messages.js").Solution} solution
   * @param {AbortSignal} signal
   */
  async redeem(challenge, { text, signals }, signal) {
    /** @type {import("../common/messages.js").RedeemRequest} */
    const request = { challenge: challenge.text, solution: text, ...(signals.length > 0 && { signals }) };
    // The token is in the cookie; this page has no use for it.
    const headers = { "content-type": "application/json", prefer: "return=minimal" };
    const init = { ...FRESH, method: "POST", headers, body: JSON.stringify(request) };
    await this.ask(challenge.redeem, init, signal, async (response) => {
      if (!response.ok) await readBody(response);
    });
  }

  /**
   * Whether this browser holds a clearance token of this level that admits it.
   *
   * @param {string} level
   * @param {AbortSignal} signal
   * @returns {Promise<boolean>}
   */
  cleared(level, signal) {
    return this.ask(`${AUTHORIZE}?level=${level}`, FRESH, signal, async (response) => {
      if (response.ok) return true;
      if (response.status === 401 || response.status === 403) return false;
      throw unreachable(response);
    });
  }

  /**
   * The content of one of the page's own files, from the browser's cache if it is there.
   *
   * @param {string} url
   * @param {AbortSignal} signal
   * @returns {Promise<ArrayBuffer>}
   */
  file(url, signal) {
    return this.ask(url, {}, signal, async (response) => {
      if (response.ok) return response.arrayBuffer();
      throw unreachable(response);
    });
  }

  /**
   * @private
   * @template T
   * @param {string} url
   * @param {RequestInit} init
   * @param {AbortSignal} signal
   * @param {(response: Response) => Promise<T>} read
   * @returns {Promise<T>}
   */
  async ask(url, init, signal, read) {
    try {
      return await within(TIME_LIMIT, signal, async (limited) => {
        return read(await this.fetch(url, { ...init, signal: limited }));
      });
    } catch (error) {
      if (error instanceof UnreachableError || error instanceof RefusedError || error instanceof CancelledError) throw error;
      // No connection, too slow, or not what the verifier writes: a gateway's error page, a hotel's login page.
      throw new UnreachableError();
    }
  }
}

/** @param {Response} response */
async function readBody(response) {
  if (response.ok) return response.json();
  if (response.status === 429 || response.status >= 500) throw unreachable(response);
  /** @type {import("../common/messages.js").Problem} */
  const problem = await response.json();
  throw new RefusedError(String(problem.code), problem.level);
}

/** @param {Response} response */
function unreachable(response) {
  const seconds = Number.parseInt(response.headers.get("retry-after") ?? "", 10);
  return new UnreachableError(seconds >= 0 ? seconds * 1000 : undefined);
}
