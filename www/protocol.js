/**
 * What the page asks the verifier: a fresh challenge, to redeem a solution, and whether this browser is cleared.
 */

import { Refused, Unreachable } from "./errors.js";
import { within } from "./signals.js";

const CHALLENGE = "/.portcullis/challenge";
const AUTHORIZE = "/.portcullis/authorize";
/** Milliseconds a request may take. */
const TIME_LIMIT = 10_000;

/** The page's side of the protocol. */
export class Verifier {
  #fetch;
  #now;

  /**
   * @param {typeof globalThis.fetch} fetch
   * @param {() => number} now milliseconds on the page's own clock
   */
  constructor(fetch, now) {
    this.#fetch = fetch;
    this.#now = now;
  }

  /**
   * A fresh challenge.
   *
   * @param {AbortSignal} signal
   * @returns {Promise<import("./messages.js").Challenge>}
   */
  async challenge(signal) {
    // Counted from before the request, so that the page never takes a challenge for good longer than the verifier does.
    const asked = this.#now();
    /** @type {import("./messages.js").ChallengeResponse} */
    const response = await this.#ask(CHALLENGE, {}, signal, readBody);
    return { text: response.challenge, redeem: response.redeem, expiresAt: asked + response.expires_in_ms };
  }

  /**
   * Turns a solution into a clearance token, which the browser keeps as a cookie.
   *
   * @param {import("./messages.js").Challenge} challenge
   * @param {string} solution
   * @param {AbortSignal} signal
   */
  async redeem(challenge, solution, signal) {
    /** @type {import("./messages.js").RedeemRequest} */
    const request = { challenge: challenge.text, solution };
    const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(request) };
    await this.#ask(challenge.redeem, init, signal, readBody);
  }

  /**
   * Whether this browser holds a clearance token that admits it.
   *
   * @param {AbortSignal} signal
   * @returns {Promise<boolean>}
   */
  cleared(signal) {
    return this.#ask(AUTHORIZE, {}, signal, async (response) => {
      if (response.ok) return true;
      if (response.status === 401 || response.status === 403) return false;
      throw unreachable(response);
    });
  }

  /**
   * @template T
   * @param {string} path
   * @param {RequestInit} init
   * @param {AbortSignal} signal
   * @param {(response: Response) => Promise<T>} read
   * @returns {Promise<T>}
   */
  async #ask(path, init, signal, read) {
    try {
      return await within(TIME_LIMIT, signal, async (limited) => {
        return read(await this.#fetch(path, { ...init, cache: "no-store", signal: limited }));
      });
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof Unreachable || error instanceof Refused) throw error;
      // No connection, too slow, or not what the verifier writes: a gateway's error page, a hotel's login page.
      throw new Unreachable();
    }
  }
}

/** @param {Response} response */
async function readBody(response) {
  if (response.ok) return response.json();
  if (response.status === 429 || response.status >= 500) throw unreachable(response);
  /** @type {import("./messages.js").Problem} */
  const problem = await response.json();
  throw new Refused(String(problem.code));
}

/** @param {Response} response */
function unreachable(response) {
  const seconds = Number.parseInt(response.headers.get("retry-after") ?? "", 10);
  return new Unreachable(Number.isNaN(seconds) ? undefined : seconds * 1000);
}
