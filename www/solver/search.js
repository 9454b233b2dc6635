/**
 * Searches one puzzle to its end: collects the shares, and works as hard as circumstances allow.
 */

import { difficultyOf } from "../verifier/wire.js";
import { workersWanted } from "./effort.js";
import { coarsely, Meter } from "./meter.js";
import { Pool } from "./pool.js";

/** Milliseconds between looks at how it goes. */
const LOOK_EVERY = 1000;

/**
 * What a search needs of its surroundings.
 *
 * @typedef {object} SearchParts
 * @property {number} size how many workers there may be
 * @property {() => Worker} createWorker
 * @property {() => boolean} hidden whether nobody looks at the page
 * @property {(onChange: () => void) => () => void} watchHidden returns what ends it
 * @property {boolean} weak whether the battery is nearly empty
 * @property {() => number} now milliseconds
 * @property {(look: () => void, milliseconds: number) => () => void} repeat starts a timer and returns what stops it
 */

/**
 * What a search found.
 *
 * @typedef {object} Found
 * @property {number[]} nonces those of all shares, in increasing order
 * @property {number} attempts how many it took, by what the workers reported
 */

/**
 * @param {SearchParts} parts
 * @param {Pick<import("../common/messages.js").SearchRequest, "puzzle" | "modules">} work
 * @param {(fraction: number, secondsLeft?: number) => void} onProgress the part of the shares that is found, and the time
 *   left if it is worth saying
 * @param {AbortSignal} signal ends the search, and leaves the promise open
 * @returns {Promise<Found | undefined>} nothing if all nonces were tried
 * @throws {import("../common/errors.js").UnusableSolverError} when this browser does not run the solver
 */
export function search(parts, work, onProgress, signal) {
  const { size, createWorker, hidden, now } = parts;
  const { shares } = work.puzzle;
  return new Promise((resolve, reject) => {
    /** @type {Set<number>} */
    const found = new Set();
    const meter = new Meter();
    let attempts = 0;
    /** @type {number | undefined} */
    let said;
    const attemptsLeft = () => (1 - found.size / shares) * difficultyOf(work.puzzle);

    const pool = new Pool({
      size,
      createWorker,
      work,
      onReport(nonces, tried) {
        attempts += tried;
        meter.count(tried, now());
        for (const nonce of nonces) if (found.size < shares) found.add(nonce);
        if (nonces.length > 0) tell();
        if (found.size === shares) end(resolve, { nonces: [...found].sort((one, other) => one - other), attempts });
      },
      onEnd: (error) => (error ? end(reject, error) : end(resolve, undefined)),
    });
    const adapt = () => pool.resize(workersWanted(size, { hidden: hidden(), weak: parts.weak, late: meter.late }));
    const tell = () => {
      said = coarsely(meter.secondsLeft(attemptsLeft()), said);
      onProgress(found.size / shares, said);
    };
    const stopWatching = parts.watchHidden(adapt);
    const stopLooking = parts.repeat(() => {
      pool.look();
      meter.look(now(), attemptsLeft(), hidden());
      adapt();
      tell();
    }, LOOK_EVERY);
    /**
     * @template V
     * @param {(value: V) => void} settle
     * @param {V} value
     */
    const end = (settle, value) => {
      stopWatching();
      stopLooking();
      pool.close();
      settle(value);
    };
    signal.addEventListener("abort", () => end(() => {}, undefined));
    adapt();
  });
}
