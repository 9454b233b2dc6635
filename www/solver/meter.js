/**
 * How fast a search goes, and how long it will take.
 */

/** A search is late when it takes this many times what its first second promised. */
const LATE = 2;
/** Milliseconds that tell a rate: less is mostly workers on the way to their pace. */
const ENOUGH = 500;
/** How many looks the rate is the mean of, at most: enough to be steady, few enough to follow a device that slows down. */
const MEMORY = 6;
/** Seconds from which on the time left is worth saying, and up to which it is said once it was. */
const WORTH_SAYING = 2.5;
const STILL_SAID = 2;
/** What is said of less than a minute, in seconds. */
const STEPS = [5, 10, 15, 20, 30, 45];
/** How far above what was said last the time left must be before more is said. */
const SLACK = 1.15;

/** Measures one search. Its clock starts at the first report: starting workers takes its time, too. */
export class Meter {
  constructor() {
    /**
     * @private
     * @type {number | undefined}
     */
    this.lookedAt = undefined;
    /** @private */
    this.attempts = 0;
    /**
     * Looks since as many workers run as do now.
     *
     * @private
     */
    this.looks = 0;
    /** @private */
    this.hidden = false;
    /**
     * Attempts a millisecond.
     *
     * @private
     */
    this.rate = 0;
    /**
     * Milliseconds that the search takes by what its first second promised.
     *
     * @private
     */
    this.expected = 0;
    /**
     * Milliseconds in which the page was seen.
     *
     * @private
     */
    this.worked = 0;
  }

  /**
   * @param {number} attempts tried since the last report
   * @param {number} now milliseconds
   */
  count(attempts, now) {
    if (this.lookedAt === undefined) this.lookedAt = now;
    else this.attempts += attempts;
  }

  /**
   * Takes the measure, about once a second.
   *
   * @param {number} now milliseconds
   * @param {number} attemptsLeft as expected
   * @param {boolean} hidden whether the page is: that time does not count against the device
   */
  look(now, attemptsLeft, hidden) {
    if (this.lookedAt === undefined || now - this.lookedAt < ENOUGH) return;
    const measured = this.attempts / (now - this.lookedAt);
    // Fewer workers run in the background: what was measured before says nothing any more.
    this.looks = hidden === this.hidden ? Math.min(this.looks + 1, MEMORY) : 1;
    this.hidden = hidden;
    this.rate += (measured - this.rate) / this.looks;
    if (!hidden) this.worked += now - this.lookedAt;
    this.expected ||= this.rate && this.worked + attemptsLeft / this.rate;
    this.lookedAt = now;
    this.attempts = 0;
  }

  /** Whether the search takes much longer than its first second promised. */
  get late() {
    return this.expected > 0 && this.worked > LATE * this.expected;
  }

  /**
   * How many more seconds it takes; nothing while that is not known.
   *
   * @param {number} attemptsLeft as expected
   */
  secondsLeft(attemptsLeft) {
    return this.rate ? attemptsLeft / this.rate / 1000 : undefined;
  }
}

/**
 * What to say of the time left, in seconds: coarsely, so that it does not flicker. Nothing when it is not known or short.
 *
 * @param {number | undefined} seconds
 * @param {number | undefined} said what was said last
 */
export function coarsely(seconds, said) {
  if (seconds === undefined || seconds < (said ? STILL_SAID : WORTH_SAYING)) return undefined;
  const next = STEPS.find((step) => seconds <= step) ?? Math.ceil(seconds / 60) * 60;
  return said && next > said && seconds < said * SLACK ? said : next;
}
