/**
 * Keeps a browser that is challenged again right after it was let through from going round in a circle for ever.
 */

const KEY = "portcullis";
/** Milliseconds for which a round is remembered. */
const MEMORY = 60_000;
/** After this many rounds in that time, the visitor is asked before the next one. */
const MAX_ROUNDS = 3;

/** Remembers, across reloads of the tab, when it was let through. */
export class LoopGuard {
  /**
   * @param {() => Storage} storage a function, because a browser that blocks storage throws when it is only named
   * @param {() => number} now milliseconds on a clock that goes on across reloads
   */
  constructor(storage, now) {
    /** @private */
    this.storage = storage;
    /** @private */
    this.now = now;
  }

  /** Whether the tab was let through so often in the last minute, and challenged again, that it is going in a circle. */
  get circling() {
    return this.rounds().length >= MAX_ROUNDS;
  }

  /** Notes that the tab is let through now. */
  count() {
    this.write([...this.rounds(), this.now()]);
  }

  /** The visitor asked to try again: starts again. */
  forget() {
    this.write([]);
  }

  /**
   * @private
   * @returns {number[]}
   */
  rounds() {
    const now = this.now();
    try {
      const rounds = JSON.parse(this.storage().getItem(KEY) ?? "[]");
      return rounds.filter((/** @type {number} */ at) => at <= now && now - at < MEMORY);
    } catch {
      return [];
    }
  }

  /**
   * @private
   * @param {number[]} rounds
   */
  write(rounds) {
    try {
      this.storage().setItem(KEY, JSON.stringify(rounds));
    } catch {
      // Without storage there is no guard. Such a browser mostly keeps no cookies either, which ends the circle sooner.
    }
  }
}
