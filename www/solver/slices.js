/**
 * A worker's search through its range, in slices of time: short enough for lively progress, long enough that reports
 * cost nothing.
 */

/**
 * All shares from the nonce `first` up to and without `end`, in any order.
 *
 * @typedef {(first: number, end: number) => number[] | Promise<number[]>} Search
 */

/** Milliseconds of a slice. */
const SLICE = 30;
/** Milliseconds of a slice while solvers are tried against each other. */
const TRIAL = 10;
/** The most a pace changes from one slice to the next. */
const STEP = 2;

/**
 * Searches the nonces from `first` up to and without `end`, and reports after each slice.
 *
 * Of several solvers, each gets slices in turn, until each has had one long enough to tell which is fastest. The rest is
 * that one's. What they find meanwhile counts as any other share.
 *
 * @param {Search[]} solvers at least one
 * @param {number} first
 * @param {number} end
 * @param {() => number} now milliseconds
 * @param {(nonces: number[], position: number) => void} report the shares of a slice, and the first nonce not tried yet
 */
export async function searchInSlices(solvers, first, end, now, report) {
  // From one attempt a slice up, it takes no longer than one slice to reach the pace of any device.
  let contenders = solvers.map((search) => ({ search, pace: 0, tried: false }));
  let position = first;
  while (position < end) {
    // The one that waited longest.
    const contender = /** @type {typeof contenders[number]} */ (contenders.shift());
    const slice = contenders.length > 0 ? TRIAL : SLICE;
    const stop = Math.min(position + attemptsIn(slice, contender.pace), end);
    const started = now();
    const nonces = await contender.search(position, stop);
    const took = now() - started;
    contender.pace = paceAfter(contender.pace, stop - position, took);
    contender.tried ||= took > TRIAL / 2;
    contenders.push(contender);
    if (contenders.every(({ tried }) => tried)) {
      contenders = contenders.sort((one, other) => other.pace - one.pace).slice(0, 1);
    }
    position = stop;
    report(nonces, position);
  }
}

/**
 * How many attempts take about this many milliseconds: at least one.
 *
 * @param {number} milliseconds
 * @param {number} pace attempts a millisecond
 */
export function attemptsIn(milliseconds, pace) {
  return Math.max(1, Math.floor(milliseconds * pace));
}

/**
 * The pace in the light of one more slice.
 *
 * Browsers round their clocks, some to 100 ms, so a slice may seem to have taken no time or several times too much.
 * Each therefore changes the pace by a factor of {@link STEP} at most, and such errors even out.
 *
 * @param {number} pace
 * @param {number} attempts at least one
 * @param {number} took milliseconds; a clock that was set back may make them negative
 */
export function paceAfter(pace, attempts, took) {
  const measured = attempts / Math.max(0, took);
  return Math.min(Math.max(measured, pace / STEP), Math.max(pace * STEP, 1 / SLICE));
}
