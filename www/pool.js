/**
 * A pool of workers that search one challenge together.
 *
 * The nonce space is split into one range a worker, without overlap. A worker that dies or falls silent is replaced by a
 * new one, which goes on at the first nonce the old one had not reported.
 */

/** One more than the largest nonce. */
const NONCES = 2 ** 32;
/** More workers than this cost more to start than they gain. */
const MAX_WORKERS = 8;
/** New workers in the place of dead ones, in one search. */
const MAX_REPLACEMENTS = 4;
/** Milliseconds between looks at who is silent. */
const LOOK_EVERY = 1000;
/**
 * Looks in a row without a report after which a worker is dead. Looks, not time: when a device wakes from sleep, its
 * workers get as long to report as always.
 */
const MAX_SILENT_LOOKS = 8;

/**
 * What a pool needs of its surroundings.
 *
 * @typedef {object} PoolParts
 * @property {WebAssembly.Module} module the compiled solver
 * @property {number} size how many workers
 * @property {() => Worker} createWorker
 * @property {(look: () => void, milliseconds: number) => () => void} repeat starts a timer and returns what stops it
 */

/**
 * A range of nonces and the worker that searches it.
 *
 * @typedef {object} Lane
 * @property {Worker} worker
 * @property {number} position the first nonce not tried yet
 * @property {number} end
 * @property {number} silentLooks
 */

/**
 * How many workers suit a device: all cores of a small one, else one less, so that the page itself stays smooth.
 *
 * @param {number | undefined} cores `navigator.hardwareConcurrency`, which a browser may keep to itself
 */
export function poolSize(cores) {
  const known = cores || 2;
  return Math.min(known > 2 ? known - 1 : known, MAX_WORKERS);
}

/**
 * Searches for `shares` shares of a challenge.
 *
 * @param {PoolParts} parts
 * @param {string} challenge
 * @param {number} shares
 * @param {(found: number) => void} onProgress called with the number of shares found so far
 * @param {AbortSignal} signal ends the search; its reason becomes the rejection
 * @returns {Promise<Uint32Array | undefined>} that many nonces in increasing order; nothing if all nonces were tried
 * @throws when more workers died than are replaced
 */
export function searchTogether(parts, challenge, shares, onProgress, signal) {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const pool = new Pool(parts, challenge, shares, onProgress, { resolve, reject });
    signal.addEventListener("abort", () => pool.end(() => reject(signal.reason)));
    pool.start();
  });
}

class Pool {
  /** @type {Set<Lane>} */
  #lanes = new Set();
  /** @type {Set<number>} */
  #nonces = new Set();
  #replacements = 0;
  #stopLooking = () => {};
  #parts;
  #challenge;
  #shares;
  #onProgress;
  #settle;

  /**
   * @param {PoolParts} parts
   * @param {string} challenge
   * @param {number} shares
   * @param {(found: number) => void} onProgress
   * @param {{resolve: (nonces: Uint32Array | undefined) => void, reject: (error: Error) => void}} settle
   */
  constructor(parts, challenge, shares, onProgress, settle) {
    this.#parts = parts;
    this.#challenge = challenge;
    this.#shares = shares;
    this.#onProgress = onProgress;
    this.#settle = settle;
  }

  start() {
    const { size, repeat } = this.#parts;
    this.#stopLooking = repeat(() => this.#look(), LOOK_EVERY);
    for (let index = 0; index < size; index += 1) {
      this.#open(Math.floor((index * NONCES) / size), Math.floor(((index + 1) * NONCES) / size));
    }
  }

  /**
   * Stops all workers, then says how the search ended. Nothing happens any more afterwards.
   *
   * @param {() => void} settle
   */
  end(settle) {
    this.#stopLooking();
    for (const lane of this.#lanes) this.#close(lane);
    settle();
  }

  /**
   * Sets a new worker to search a range.
   *
   * @param {number} position
   * @param {number} end
   */
  #open(position, end) {
    /** @type {Lane} */
    const lane = { worker: this.#parts.createWorker(), position, end, silentLooks: 0 };
    this.#lanes.add(lane);
    lane.worker.onmessage = ({ data }) => this.#hear(lane, data);
    lane.worker.onerror = () => this.#replace(lane);
    lane.worker.onmessageerror = () => this.#replace(lane);
    /** @type {import("./messages.js").SearchRequest} */
    const request = {
      kind: "search",
      module: this.#parts.module,
      challenge: this.#challenge,
      first: position,
      end,
    };
    lane.worker.postMessage(request);
  }

  /** @param {Lane} lane */
  #close(lane) {
    this.#lanes.delete(lane);
    lane.worker.terminate();
  }

  /**
   * @param {Lane} lane
   * @param {import("./messages.js").SearchReport} report
   */
  #hear(lane, report) {
    // What a worker sent before it was closed may still arrive.
    if (!this.#lanes.has(lane)) return;
    lane.silentLooks = 0;
    lane.position = report.position;
    for (const nonce of report.nonces) {
      if (this.#nonces.size < this.#shares) this.#nonces.add(nonce);
    }
    if (report.nonces.length > 0) this.#onProgress(this.#nonces.size);
    if (this.#nonces.size === this.#shares) {
      this.end(() => this.#settle.resolve(Uint32Array.from(this.#nonces).sort()));
    } else if (report.exhausted) {
      this.#close(lane);
      if (this.#lanes.size === 0) this.end(() => this.#settle.resolve(undefined));
    }
  }

  /** Counts the looks at which each worker had nothing to say, and replaces those that are silent for too long. */
  #look() {
    for (const lane of [...this.#lanes]) {
      lane.silentLooks += 1;
      if (lane.silentLooks > MAX_SILENT_LOOKS) this.#replace(lane);
    }
  }

  /**
   * Hands the rest of a dead worker's range to a new one, as often as that may be.
   *
   * @param {Lane} lane
   */
  #replace(lane) {
    if (!this.#lanes.has(lane)) return;
    this.#close(lane);
    if (this.#replacements < MAX_REPLACEMENTS) {
      this.#replacements += 1;
      this.#open(lane.position, lane.end);
    } else if (this.#lanes.size === 0) {
      this.end(() => this.#settle.reject(new Error("all workers died")));
    }
  }
}
