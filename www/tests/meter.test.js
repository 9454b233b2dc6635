import assert from "node:assert/strict";
import { test } from "node:test";

import { coarsely, Meter } from "../solver/meter.js";

const seconds = (from, to, step) => Array.from({ length: Math.round((to - from) / step) + 1 }, (_, index) => from + index * step);

test("the time left follows from the rate since the first report", () => {
  const meter = new Meter();
  assert.equal(meter.secondsLeft(1000), undefined);
  // Workers took two seconds to start: that says nothing of their rate, nor does the report that says so.
  meter.look(1000, 1000, false);
  meter.count(500, 2000);
  meter.look(2000, 1000, false);
  assert.equal(meter.secondsLeft(1000), undefined);
  meter.count(100, 2600);
  meter.look(3000, 1000, false);
  assert.equal(meter.secondsLeft(1000), 10);
});

/** A meter whose device tried this many attempts in each second. */
function meterAfter(...attempts) {
  const meter = new Meter();
  meter.count(1, 0);
  attempts.forEach((tried, index) => {
    meter.count(tried, index * 1000 + 500);
    meter.look(index * 1000 + 1000, 1000, false);
  });
  return meter;
}

test("the rate is steady under noise, and follows a device that slows down", () => {
  const noisy = Array.from({ length: 30 }, (_, second) => (second % 2 ? 120 : 80));
  for (let seconds = 4; seconds <= 30; seconds += 1) {
    const left = meterAfter(...noisy.slice(0, seconds)).secondsLeft(1000);
    assert.ok(left > 9 && left < 11, `${left} s after ${seconds} s`);
  }
  const left = meterAfter(...Array(30).fill(100), ...Array(15).fill(20)).secondsLeft(1000);
  assert.ok(left > 35 && left < 50, `${left} s`);
});

test("what was measured with one worker in the background does not count against all of them", () => {
  const meter = meterAfter(800, 800, 800);
  const pass = (second, attempts, hidden) => {
    meter.count(attempts, second * 1000 - 500);
    meter.look(second * 1000, 1000, hidden);
  };
  for (let second = 4; second <= 10; second += 1) pass(second, 100, true);
  assert.equal(meter.secondsLeft(1000), 10);
  pass(11, 800, false);
  assert.equal(meter.secondsLeft(1000), 1.25);
});

test("a search is late after twice the time that its first second promised", () => {
  const meter = new Meter();
  meter.count(1, 0);
  for (let second = 1; second <= 40; second += 1) {
    // It promises 20 seconds, and slows down then.
    meter.count(second === 1 ? 50 : 5, second * 1000);
    meter.look(second * 1000, second === 1 ? 950 : 900, false);
    assert.equal(meter.late, second > 40, `after ${second} s`);
  }
  meter.look(41_000, 900, false);
  assert.equal(meter.late, true);
});

test("without a rate nothing is late, and hidden time does not count", () => {
  const meter = new Meter();
  for (let second = 1; second <= 100; second += 1) meter.look(second * 1000, 1000, false);
  assert.equal(meter.late, false);
  meter.count(1, 100_000);
  meter.count(1000, 101_000);
  meter.look(101_000, 1000, false);
  meter.look(900_000, 1000, true);
  assert.equal(meter.late, false);
});

test("the time left is said coarsely", () => {
  const said = seconds(1, 130, 1).map((left) => coarsely(left, undefined));
  assert.deepEqual([...new Set(said)], [undefined, 5, 10, 15, 20, 30, 45, 60, 120, 180]);
  said.forEach((value, index) => assert.ok(value === undefined || value >= index + 1, `${index + 1} s said as ${value} s`));
});

test("nothing is said of what is short or not known", () => {
  assert.deepEqual([undefined, 0, 1, 2, 2.4].map((left) => coarsely(left, undefined)), Array(5).fill(undefined));
  assert.deepEqual([2.1, 1.9].map((left) => coarsely(left, 5)), [5, undefined]);
});

test("noise around a step does not flicker", () => {
  for (const step of [5, 10, 30, 60, 180]) {
    let said = step;
    for (const noise of [1.1, 0.97, 1.05, 1, 1.14, 0.99]) {
      said = coarsely(step * noise, said);
      assert.equal(said, step, `${step * noise} s`);
    }
    assert.ok(coarsely(step * 1.2, step) > step);
  }
});

test("without noise the time left only falls", () => {
  let said = coarsely(200, undefined);
  for (const left of seconds(0, 200, 0.5).reverse()) {
    const next = coarsely(left, said);
    assert.ok((next ?? 0) <= (said ?? 0), `${left} s`);
    said = next;
  }
});
