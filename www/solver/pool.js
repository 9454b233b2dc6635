/**
 * A pool of workers that search one puzzle together.
 *
 * The nonce space is split into one lane a worker, without overlap. How many lanes have a worker at a time is a target that
 * may change: a lane whose worker is stopped keeps its place and goes on there later. So does one whose worker dies or falls
 * silent, with a new worker.
 */

import { UnusableSolverError } from "../common/errors.js";

/** One more than the largest nonce. */
const NONCES = 2 ** 32;
/** New workers in the place of dead ones, in one search. */
const MAX_REPLACEMENTS = 4;
/**
 * Looks in a row without a report after which a worker is dead. Looks, not time: when a device wakes from sleep, its
 * workers get as long to report as always.
 */
const MAX_SILENT_LOOKS = 8;

/**
 * A range of nonces, and the worker that searches it just now.
 *
 * @typedef {object} Lane
 * @property {Worker | undefined} worker
 * @property {number} position the first nonce not tried yet
 * @property {number} end
 * @property {number} silentLooks
 */

/**
 * @typedef {object} PoolParts
 * @property {number} size how many lanes
 * @property {() => Worker} createWorker
 * @property {Pick<import("../common/messages.js").SearchRequest, "puzzle" | "modules">} work
 * @property {(nonces: number[], attempts: number) => void} onReport the shares of a slice, and how many nonces it tried
 * @property {(error?: Error) => void} onEnd called when no lane is left: every nonce was tried, or the error says why not
 */

/** Does nothing before it is told how many workers to run. */
export class Pool {
  /** @param {PoolParts} parts */
  constructor(parts) {
    const bound = (/** @type {number} */ index) => Math.floor((index * NONCES) / parts.size);
    /** @private */
    this.parts = parts;
    /**
     * @private
     * @type {Lane[]}
     */
    this.lanes = Array.from({ length: parts.size }, (_, index) => {
      return { worker: undefined, position: bound(index), end: bound(index + 1), silentLooks: 0 };
    });
    /** @private */
    this.wanted = 0;
    /** @private */
    this.replacements = 0;
    /** @private */
    this.heard = false;
  }

  /** @param {number} workers how many should run, from now on */
  resize(workers) {
    this.wanted = workers;
    this.adjust();
  }

  /** Looks who is silent, once a second or so: too often in a row, and a worker is replaced. */
  look() {
    for (const lane of this.lanes) {
      lane.silentLooks += 1;
      if (lane.worker && lane.silentLooks > MAX_SILENT_LOOKS) this.replace(lane);
    }
  }

  /** Stops all workers. Nothing happens any more afterwards. */
  close() {
    this.lanes.forEach(stop);
    this.lanes = [];
  }

  /**
   * Gives the first lanes a worker, as many as are wanted, and stops the others.
   *
   * @private
   */
  adjust() {
    this.lanes.forEach((lane, index) => {
      if (index >= this.wanted) stop(lane);
      else if (!lane.worker) this.start(lane);
    });
  }

  /**
   * @private
   * @param {Lane} lane
   */
  start(lane) {
    const worker = this.parts.createWorker();
    lane.worker = worker;
    lane.silentLooks = 0;
    worker.onmessage = ({ data }) => {
      // What a worker sent before it was stopped may still arrive.
      if (lane.worker === worker) this.hear(lane, data);
    };
    const die = (/** @type {Event} */ event) => {
      // Or the browser takes it for an error of the page.
      event.preventDefault();
      if (lane.worker === worker) this.replace(lane);
    };
    worker.onerror = die;
    worker.onmessageerror = die;
    /** @type {import("../common/messages.js").SearchRequest} */
    const request = { ...this.parts.work, kind: "search", first: lane.position, end: lane.end };
    worker.postMessage(request);
  }

  /**
   * @private
   * @param {Lane} lane
   * @param {import("../common/messages.js").WorkerMessage} message
   */
  hear(lane, message) {
    if (message.kind === "failed") {
      return this.heard ? this.replace(lane) : this.parts.onEnd(new UnusableSolverError(message.reason));
    }
    const attempts = message.position - lane.position;
    this.heard = true;
    lane.silentLooks = 0;
    lane.position = message.position;
    this.parts.onReport(message.nonces, attempts);
    if (lane.position === lane.end) this.giveUp(lane);
  }

  /**
   * Gives a lane a new worker for its dead one, as often as that may be.
   *
   * @private
   * @param {Lane} lane
   */
  replace(lane) {
    stop(lane);
    this.replacements += 1;
    if (this.replacements <= MAX_REPLACEMENTS) this.adjust();
    else this.giveUp(lane, this.heard ? new Error("all workers died") : new UnusableSolverError("no worker came to life"));
  }

  /**
   * Gives a lane up, because it is done, or for an error that counts if no lane is left.
   *
   * @private
   * @param {Lane} lane
   * @param {Error} [error]
   */
  giveUp(lane, error) {
    // A report may have closed the pool.
    if (!this.lanes.includes(lane)) return;
    stop(lane);
    this.lanes = this.lanes.filter((other) => other !== lane);
    if (this.lanes.length > 0) this.adjust();
    else this.parts.onEnd(error);
  }
}

/** @param {Lane} lane */
function stop(lane) {
  lane.worker?.terminate();
  lane.worker = undefined;
}
