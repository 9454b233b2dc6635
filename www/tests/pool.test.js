import assert from "node:assert/strict";
import { test } from "node:test";

import { UnusableSolverError } from "../common/errors.js";
import { Pool } from "../solver/pool.js";
import { Workers } from "./bench.js";

const NONCES = 2 ** 32;
const WORK = { puzzle: "the puzzle", modules: ["the module"] };

/** A pool of `size` lanes, of which `running` have a worker, and what it said. */
function open(size, running = size) {
  const workers = new Workers();
  const reports = [];
  const ends = [];
  const pool = new Pool({
    size,
    createWorker: workers.create,
    work: WORK,
    onReport: (nonces, attempts) => reports.push([nonces, attempts]),
    onEnd: (error) => ends.push(error),
  });
  pool.resize(running);
  return { pool, workers, reports, ends };
}

test("the ranges cover every nonce once", () => {
  for (const size of [1, 2, 3, 7, 8]) {
    const ranges = open(size).workers.all.map((worker) => worker.range);
    assert.equal(ranges[0][0], 0);
    assert.equal(ranges.at(-1)[1], NONCES);
    for (let index = 1; index < size; index += 1) assert.equal(ranges[index][0], ranges[index - 1][1]);
  }
});

test("every worker gets the work, once", () => {
  for (const { requests } of open(3).workers.all) {
    assert.equal(requests.length, 1);
    const { kind, puzzle, modules } = requests[0];
    assert.deepEqual([kind, { puzzle, modules }], ["search", WORK]);
  }
});

test("a report says how many nonces were tried since the last one", () => {
  const { workers, reports } = open(2);
  const { first } = workers.all[1].requests[0];
  workers.all[1].report([], first + 10);
  workers.all[1].report([first + 12], first + 15);
  assert.deepEqual(reports, [[[], 10], [[first + 12], 5]]);
});

test("a stopped lane keeps its place and goes on there", () => {
  const { pool, workers, reports } = open(3);
  const [first, second, third] = workers.all;
  const end = second.range[1];
  second.report([], second.range[0] + 1000);
  pool.resize(1);
  assert.deepEqual(workers.alive, [first]);
  // What was on its way when it was stopped does not count: it is searched again.
  second.report([7], second.range[0] + 2000);
  assert.equal(reports.length, 1);
  pool.resize(3);
  assert.deepEqual(workers.all.slice(3).map((worker) => worker.range), [[second.range[0] + 1000, end], third.range]);
  assert.equal(workers.alive.length, 3);
});

test("a size that does not change starts and stops nobody", () => {
  const { pool, workers } = open(3, 2);
  pool.resize(2);
  assert.deepEqual([workers.all.length, workers.alive.length], [2, 2]);
});

test("when a lane is done, one that waits gets a worker", () => {
  const { workers, ends } = open(3, 1);
  workers.all[0].report([], workers.all[0].range[1]);
  assert.deepEqual(workers.all.map((worker) => worker.alive), [false, true]);
  workers.all[1].report([], workers.all[1].range[1]);
  assert.equal(workers.all[2].range[1], NONCES);
  assert.deepEqual(ends, []);
  workers.all[2].report([1], NONCES);
  assert.deepEqual([ends, workers.alive.length], [[undefined], 0]);
});

for (const [event, death] of [
  ["error", (worker) => worker.die()],
  ["messageerror", (worker) => worker.onmessageerror(new Event("messageerror"))],
  ["a failure of its own", (worker) => worker.fail("out of memory")],
]) {
  test(`a worker that dies of ${event} hands on what is left of its range`, () => {
    const { workers, reports } = open(2);
    const [dying, other] = workers.all;
    dying.report([7], 1000);
    death(dying);
    assert.deepEqual([dying.alive, other.alive, workers.all.length], [false, true, 3]);
    assert.deepEqual(workers.all[2].range, [1000, NONCES / 2]);
    // What it sent before it died and what it still says do not count.
    dying.report([8, 9], 2000);
    death(dying);
    assert.deepEqual([reports.length, workers.all.length], [1, 3]);
  });
}

test("the death of a worker is not an error of the page", () => {
  const event = new Event("error", { cancelable: true });
  open(1).workers.all[0].onerror(event);
  assert.equal(event.defaultPrevented, true);
});

test("a worker silent for nine looks is replaced, one that reports is not", () => {
  const { pool, workers } = open(2);
  const [silent, lively] = workers.all;
  for (let looks = 1; looks <= 8; looks += 1) {
    pool.look();
    lively.report([], lively.range[0] + looks);
  }
  assert.equal(workers.all.length, 2);
  pool.look();
  assert.deepEqual(workers.all.map((worker) => worker.alive), [false, true, true]);
  assert.deepEqual(workers.all[2].range, silent.range);
});

test("a lane is not taken for silent because it waited", () => {
  const { pool, workers } = open(2, 1);
  for (let looks = 0; looks < 20; looks += 1) {
    pool.look();
    workers.all[0].report([], looks + 1);
  }
  pool.resize(2);
  pool.look();
  assert.deepEqual([workers.all.length, workers.alive.length], [2, 2]);
});

test("replacements are bounded, and without workers the search fails", () => {
  const { workers, ends } = open(2);
  workers.all[0].report([], 1);
  while (workers.alive.length > 0) {
    assert.ok(workers.all.length <= 2 + 4);
    workers.alive[0].die();
  }
  assert.equal(workers.all.length, 2 + 4);
  assert.deepEqual([ends.length, ends[0].message, ends[0] instanceof UnusableSolverError], [1, "all workers died", false]);
});

test("workers that all die before the first report mean that the solver does not run", () => {
  const { workers, ends } = open(2);
  while (workers.alive.length > 0) workers.alive[0].die();
  assert.deepEqual([ends.length, ends[0] instanceof UnusableSolverError], [1, true]);
});

test("a worker that says so means it at once", () => {
  const { workers, ends } = open(2);
  workers.all[1].fail("CompileError: forbidden by policy");
  assert.deepEqual([ends.length, ends[0] instanceof UnusableSolverError, ends[0].message], [1, true, "CompileError: forbidden by policy"]);
});

test("one worker left is enough", () => {
  const { workers, reports, ends } = open(2);
  workers.all[1].report([], workers.all[1].range[0] + 1);
  for (let deaths = 0; deaths < 5; deaths += 1) workers.alive[0].die();
  const [last] = workers.alive;
  last.report([1, 2], last.range[0] + 5);
  assert.deepEqual([reports.at(-1), ends], [[[1, 2], 5], []]);
});

test("a closed pool is silent for ever", () => {
  const { pool, workers, reports, ends } = open(3);
  pool.close();
  assert.equal(workers.alive.length, 0);
  for (const worker of workers.all) {
    worker.report([1], worker.range[1]);
    worker.die();
  }
  pool.look();
  pool.resize(3);
  assert.deepEqual([reports, ends, workers.all.length], [[], [], 3]);
});
