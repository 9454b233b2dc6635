import assert from "node:assert/strict";
import { test } from "node:test";

import { poolSize, searchTogether } from "../pool.js";

const NONCES = 2 ** 32;

/** A pool's surroundings that do what the test says and nothing by themselves. */
class Bench {
  workers = [];
  progress = [];
  looking = false;
  look = () => {};
  cancel = new AbortController();

  constructor(size, shares = 3) {
    const bench = this;
    class FakeWorker {
      requests = [];
      alive = true;
      constructor() {
        bench.workers.push(this);
      }
      postMessage(request) {
        this.requests.push(request);
      }
      terminate() {
        this.alive = false;
      }
      report(nonces, position, exhausted = false) {
        this.onmessage({ data: { kind: "searched", nonces: Uint32Array.from(nonces), position, exhausted } });
      }
      get range() {
        return [this.requests[0].first, this.requests[0].end];
      }
    }
    const parts = {
      module: "the module",
      size,
      createWorker: () => new FakeWorker(),
      repeat: (look) => {
        this.look = look;
        this.looking = true;
        return () => (this.looking = false);
      },
    };
    const onProgress = (found) => this.progress.push(found);
    this.result = searchTogether(parts, "the challenge", shares, onProgress, this.cancel.signal);
    // Some tests look at the rejection late.
    this.result.catch(() => {});
  }

  get alive() {
    return this.workers.filter((worker) => worker.alive);
  }
}

test("a small device uses all its cores, a larger one keeps one for the page", () => {
  assert.deepEqual([undefined, 0, 1, 2, 3, 4, 8, 64].map(poolSize), [2, 2, 1, 2, 2, 3, 7, 8]);
});

test("the ranges cover every nonce once", () => {
  for (const size of [1, 2, 3, 7, 8]) {
    const ranges = new Bench(size).workers.map((worker) => worker.range);
    assert.equal(ranges[0][0], 0);
    assert.equal(ranges.at(-1)[1], NONCES);
    for (let index = 1; index < size; index += 1) assert.equal(ranges[index][0], ranges[index - 1][1]);
  }
});

test("every worker gets the one module and the challenge", () => {
  for (const { requests } of new Bench(3).workers) {
    assert.equal(requests.length, 1);
    assert.deepEqual([requests[0].kind, requests[0].module, requests[0].challenge], ["search", "the module", "the challenge"]);
  }
});

test("shares of any worker count, come out in numeric order, and end all workers", async () => {
  const bench = new Bench(2);
  bench.workers[1].report([4_000_000_000, 2_500_000_000], 1);
  bench.workers[0].report([], 1);
  bench.workers[0].report([9, 10], 11);
  assert.deepEqual([...(await bench.result)], [9, 2_500_000_000, 4_000_000_000]);
  assert.deepEqual(bench.progress, [2, 3]);
  assert.deepEqual([bench.alive.length, bench.looking], [0, false]);
});

test("a share reported twice counts once", () => {
  const bench = new Bench(1);
  bench.workers[0].report([5, 5, 6], 7);
  assert.deepEqual([bench.progress, bench.alive.length], [[2], 1]);
});

for (const [event, death] of [
  ["error", (worker) => worker.onerror({})],
  ["messageerror", (worker) => worker.onmessageerror({})],
]) {
  test(`a worker that dies of ${event} hands on what is left of its range`, () => {
    const bench = new Bench(2);
    const [dying, other] = bench.workers;
    dying.report([7], 1000);
    death(dying);
    assert.deepEqual([dying.alive, other.alive, bench.workers.length], [false, true, 3]);
    assert.deepEqual(bench.workers[2].range, [1000, NONCES / 2]);
    // What it sent before it died and what it still says do not count.
    dying.report([8, 9], 2000);
    death(dying);
    assert.deepEqual([bench.progress, bench.workers.length], [[1], 3]);
  });
}

test("a worker silent for nine looks is replaced, one that reports is not", () => {
  const bench = new Bench(2);
  for (let looks = 0; looks < 8; looks += 1) {
    bench.look();
    bench.workers[1].report([], looks);
  }
  assert.equal(bench.workers.length, 2);
  bench.look();
  assert.deepEqual(bench.workers.map((worker) => worker.alive), [false, true, true]);
  assert.deepEqual(bench.workers[2].range, bench.workers[0].range);
});

test("replacements are bounded, and without workers the search fails", async () => {
  const bench = new Bench(2);
  while (bench.alive.length > 0) {
    assert.ok(bench.workers.length <= 2 + 4);
    bench.alive[0].onerror({});
  }
  assert.equal(bench.workers.length, 2 + 4);
  await assert.rejects(bench.result, /all workers died/);
  assert.equal(bench.looking, false);
});

test("one worker left is enough", async () => {
  const bench = new Bench(2);
  for (let deaths = 0; deaths < 5; deaths += 1) bench.alive[0].onerror({});
  bench.alive[0].report([1, 2, 3], 4);
  assert.deepEqual([...(await bench.result)], [1, 2, 3]);
});

test("when every nonce was tried there is no solution", async () => {
  const bench = new Bench(2);
  bench.workers[0].report([1], NONCES / 2, true);
  assert.equal(bench.workers[0].alive, false);
  bench.workers[1].report([], NONCES, true);
  assert.equal(await bench.result, undefined);
});

test("cancelling ends all workers at once", async () => {
  const bench = new Bench(3);
  bench.cancel.abort(new Error("cancelled"));
  assert.deepEqual([bench.alive.length, bench.looking], [0, false]);
  await assert.rejects(bench.result, /cancelled/);
});
