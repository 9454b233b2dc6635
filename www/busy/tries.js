/**
 * Keeps a tab from coming back to a busy site for ever by itself.
 */

const KEY = "portcullis-tries";
/** After this many tries in a row the visitor is asked before the next one. */
const MOST = 10;
/** The same after this many milliseconds. */
const LONGEST = 120_000;
/** Milliseconds within which a try fails, or has succeeded: what comes later is another row. */
const ROW = 30_000;

/** Remembers, across reloads of the tab, how often it came back in a row. */
export class Tries {
  /**
   * @param {() => Storage} storage a function, because a browser that blocks storage throws when it is only named
   * @param {() => number} now milliseconds on a clock that goes on across reloads
   */
  constructor(storage, now) {
    /** @private */
    this.storage = storage;
    /** @private */
    this.now = now;
    /** @private */
    this.row = this.read();
  }

  /** How many tries there were in this row. */
  get count() {
    return this.row.count;
  }

  /** Whether there were enough tries, or for long enough, that the visitor is asked. True if nothing can be remembered. */
  get spent() {
    return this.row.count >= MOST || this.now() - this.row.since >= LONGEST;
  }

  /** Notes that the tab tries now. */
  add() {
    this.row.count += 1;
    try {
      this.storage().setItem(KEY, JSON.stringify({ ...this.row, last: this.now() }));
    } catch {
      // Nothing can be remembered: the next page finds its row spent.
    }
  }

  /** The visitor asked to try again: starts again. */
  forget() {
    this.row = { count: 0, since: this.now() };
  }

  /**
   * The row that this page stands in.
   *
   * @private
   * @returns {{ count: number, since: number }}
   */
  read() {
    const now = this.now();
    let text;
    try {
      text = this.storage().getItem(KEY) ?? "{}";
    } catch {
      return { count: MOST, since: now };
    }
    try {
      const { count, since, last } = JSON.parse(text);
      if (count > 0 && since <= last && last <= now && now - last < ROW) return { count, since };
    } catch {
      // As good as nothing.
    }
    return { count: 0, since: now };
  }
}
