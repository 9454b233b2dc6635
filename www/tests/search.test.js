import assert from "node:assert/strict";
import { test } from "node:test";

import { UnusableSolverError } from "../common/errors.js";
import { search } from "../solver/search.js";
import { Workers } from "./bench.js";

const SHARES = 4;

/** A search of `size` lanes for four shares, 65 536 attempts each, on a clock of the test's own. */
function start(size, { weak = false } = {}) {
  const workers = new Workers();
  const self = { workers, progress: [], hidden: false, now: 0, looking: false, watching: false, cancel: new AbortController() };
  const parts = {
    size,
    createWorker: workers.create,
    hidden: () => self.hidden,
    watchHidden: (onChange) => {
      self.watching = true;
      self.hide = (hidden) => {
        self.hidden = hidden;
        onChange();
      };
      return () => (self.watching = false);
    },
    weak,
    now: () => self.now,
    repeat: (look) => {
      self.looking = true;
      self.look = look;
      return () => (self.looking = false);
    },
  };
  const puzzle = { shares: SHARES, threshold: 65_535, iterations: 0, prefix: new Uint32Array(12) };
  const onProgress = (...all) => self.progress.push(all);
  self.result = search(parts, { puzzle, modules: [] }, onProgress, self.cancel.signal);
  self.result.catch(() => {});
  return self;
}

/** Lets this many seconds pass in which each worker tries `attempts` nonces a second and finds nothing. */
function pass(self, seconds, attempts) {
  for (let second = 0; second < seconds; second += 1) {
    for (const worker of self.workers.alive) {
      // As real ones do, the first of which starts the clock.
      if (worker.at === undefined) worker.report([], (worker.at = worker.range[0] + 1));
      worker.at += attempts;
    }
    self.now += 1000;
    for (const worker of self.workers.alive) worker.report([], worker.at);
    self.look();
  }
}

test("shares of any worker count, come out in numeric order, and end everything", async () => {
  const self = start(2);
  const [first, second] = self.workers.all;
  second.report([4_000_000_000, 2_500_000_000], 4_000_000_001);
  first.report([], 1);
  first.report([9, 10, 11], 12);
  const attempts = 12 + 4_000_000_001 - 2 ** 31;
  assert.deepEqual(await self.result, { nonces: [9, 10, 2_500_000_000, 4_000_000_000], attempts });
  assert.deepEqual(self.progress.map(([fraction]) => fraction), [0.5, 1]);
  assert.deepEqual([self.workers.alive.length, self.looking, self.watching], [0, false, false]);
});

test("a share reported twice counts once", () => {
  const self = start(1);
  self.workers.all[0].report([5, 5, 6], 7);
  assert.deepEqual(self.progress, [[0.5, undefined]]);
});

test("when every nonce was tried there is no solution", async () => {
  const self = start(2);
  for (const worker of self.workers.all) worker.report([], worker.range[1]);
  assert.equal(await self.result, undefined);
  assert.equal(self.looking, false);
});

test("a solver that does not run is said to be unusable", async () => {
  const self = start(2);
  self.workers.all[0].fail("CompileError");
  await assert.rejects(self.result, UnusableSolverError);
  assert.deepEqual([self.workers.alive.length, self.looking], [0, false]);
});

test("cancelling ends all workers at once", () => {
  const self = start(3);
  self.cancel.abort();
  assert.deepEqual([self.workers.alive.length, self.looking, self.watching], [0, false, false]);
});

test("a hidden page works with one worker, and with all again when it is seen", () => {
  const self = start(4);
  self.hide(true);
  assert.equal(self.workers.alive.length, 1);
  self.hide(false);
  assert.equal(self.workers.alive.length, 4);
});

test("a nearly empty battery is spared from the start", () => {
  assert.equal(start(4, { weak: true }).workers.all.length, 2);
});

test("a search that takes over twice as long as it should goes on with half the workers", () => {
  const self = start(4);
  // At 4 × 4096 attempts a second, 4 × 65 536 attempts should take 16 s.
  pass(self, 32, 4096);
  assert.equal(self.workers.alive.length, 4);
  pass(self, 4, 4096);
  assert.equal(self.workers.alive.length, 2);
  pass(self, 60, 4096);
  assert.equal(self.workers.alive.length, 2, "halved once");
});

test("time in the background does not count against the device", () => {
  const self = start(4);
  pass(self, 3, 4096);
  self.hide(true);
  pass(self, 600, 4096);
  self.hide(false);
  pass(self, 3, 4096);
  assert.equal(self.workers.alive.length, 4);
});

test("the time left is told once the rate is known, and not when it is short", () => {
  const self = start(2);
  self.look();
  assert.deepEqual(self.progress.at(-1), [0, undefined]);
  // 4 × 65 536 attempts are left, at 2 × 8192 a second.
  pass(self, 3, 8192);
  assert.deepEqual(self.progress.at(-1), [0, 20]);
  const [worker] = self.workers.all;
  worker.report([1, 2], worker.at + 1);
  assert.deepEqual(self.progress.at(-1), [0.5, 10]);
  pass(self, 20, 65_536);
  assert.deepEqual(self.progress.at(-1), [0.5, undefined]);
});
