// How every solver is timed: the same way.

/**
 * A solver in a worker of its own.
 * @typedef {object} Contestant
 * @property {(attempts: number) => Promise<number>} work Searches for about this many attempts; how many there were.
 *   Where a solver stops only when it finds something, the difficulty is set so that it finds after about this many.
 * @property {() => void} stop
 */

// A piece of work lasts at least this long, so that starting it and hearing of it (well under a millisecond) does not
// count. Firefox tells time to the millisecond.
const SHORTEST_PIECE_MS = 25;

/**
 * Attempts a second of this many workers together, after warming up: a browser compiles the code that turns out to be hot
 * a second time, and better.
 * @param {() => Promise<Contestant>} start
 * @param {{ workers: number, warmMs: number, timeMs: number }} plan
 * @returns {Promise<number>}
 */
export async function measure(start, { workers, warmMs, timeMs }) {
  const running = await Promise.all(Array.from({ length: workers }, start));
  try {
    const sizes = await Promise.all(running.map((contestant) => pieceSize(contestant, warmMs)));
    const rates = await Promise.all(running.map((contestant, i) => rateOf(contestant, sizes[i] ?? 1, timeMs)));
    return rates.reduce((sum, rate) => sum + rate, 0);
  } finally {
    for (const contestant of running) contestant.stop();
  }
}

/**
 * Works for a while, in growing pieces; the attempts that take long enough.
 * @param {Contestant} contestant
 * @param {number} ms
 */
async function pieceSize(contestant, ms) {
  const start = performance.now();
  let attempts = 256;
  for (;;) {
    const before = performance.now();
    const done = await contestant.work(attempts);
    const now = performance.now();
    // Solvers that stop when they find something may have been lucky: what counts is how fast they were.
    const lasted = ((now - before) * attempts) / done;
    if (lasted < SHORTEST_PIECE_MS) attempts *= 2;
    else if (now - start >= ms) return attempts;
  }
}

/**
 * Attempts a second over at least this many milliseconds.
 * @param {Contestant} contestant
 * @param {number} size
 * @param {number} ms
 */
async function rateOf(contestant, size, ms) {
  const start = performance.now();
  let attempts = 0;
  for (;;) {
    attempts += await contestant.work(size);
    const elapsed = performance.now() - start;
    if (elapsed >= ms) return (attempts * 1000) / elapsed;
  }
}
