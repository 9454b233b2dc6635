import assert from "node:assert/strict";
import { test } from "node:test";

import { attemptsIn, paceAfter, searchInSlices } from "../solver/slices.js";

/** Solvers of such paces, in attempts a millisecond, on one clock of their own; every multiple of 1000 is a share. */
function solvers(...paces) {
  const self = { now: 0, slices: [] };
  self.solvers = paces.map((pace, solver) => async (first, end) => {
    self.slices.push({ solver, first, end, took: (end - first) / pace });
    self.now += (end - first) / pace;
    const shares = [];
    for (let nonce = Math.ceil(first / 1000) * 1000; nonce < end; nonce += 1000) shares.push(nonce);
    return shares;
  });
  return self;
}

/** Searches a range; returns what was reported. */
async function run(self, first, end) {
  const reports = [];
  const report = (nonces, position) => reports.push({ nonces, position });
  await searchInSlices(self.solvers, first, end, () => self.now, report);
  return reports;
}

test("slices follow each other without gap, and end with the range", async () => {
  const self = solvers(100);
  const reports = await run(self, 4_294_000_000, 2 ** 32);
  let position = 4_294_000_000;
  for (const [index, { first, end }] of self.slices.entries()) {
    assert.deepEqual([first, reports[index].position], [position, end]);
    position = end;
  }
  assert.equal(position, 2 ** 32);
  const found = reports.flatMap(({ nonces }) => nonces);
  assert.deepEqual([found.length, found[0], found.at(-1)], [968, 4_294_000_000, 4_294_967_000]);
});

for (const pace of [0.2, 20, 20_000]) {
  test(`the pace of a device is reached in a slice's time: ${pace} attempts a millisecond`, async () => {
    const self = solvers(pace);
    await run(self, 0, Math.floor(pace * 1000));
    let elapsed = 0;
    for (const { took } of self.slices.slice(0, -1)) {
      assert.ok(took <= 30.001, `a slice of ${took} ms`);
      if (elapsed > 60) assert.ok(took >= 25, `a slice of ${took} ms after ${elapsed} ms`);
      elapsed += took;
    }
  });
}

for (const [paces, faster] of [[[100, 150], 1], [[15_000, 9_000], 0]]) {
  test(`of two solvers the faster one goes on: ${paces}`, async () => {
    const self = solvers(...paces);
    const reports = await run(self, 0, 1_000_000);
    const trial = self.slices.filter(({ solver }) => solver !== faster);
    const lost = trial.reduce((sum, { took }) => sum + took, 0);
    assert.ok(trial.length > 1 && lost < 35, `${lost} ms were spent on the slower one`);
    assert.equal(self.slices.at(-1).solver, faster);
    // What was found while they competed counts.
    assert.equal(reports.flatMap(({ nonces }) => nonces).length, 1000);
  });
}

test("a clock of 100 ms keeps slices within bounds", () => {
  let pace = 0;
  let elapsed = 0;
  const rounded = (milliseconds) => Math.floor(milliseconds / 100) * 100;
  for (let slice = 0; slice < 10_000; slice += 1) {
    const attempts = attemptsIn(30, pace);
    const took = attempts / 10_000;
    assert.ok(took <= 300 && (slice < 30 || took >= 1), `slice ${slice} took ${took} ms`);
    pace = paceAfter(pace, attempts, rounded(elapsed + took) - rounded(elapsed));
    elapsed += took;
  }
});

test("no slice is empty, and a clock that stands still or goes back teaches no nonsense", () => {
  let pace = 10;
  for (let slice = 0; slice < 100; slice += 1) pace = paceAfter(pace, 1, 1e9);
  assert.equal(attemptsIn(30, pace), 1);
  assert.deepEqual([paceAfter(10, 300, 0), paceAfter(10, 300, -5)], [20, 20]);
});
