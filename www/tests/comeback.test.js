import assert from "node:assert/strict";
import { test } from "node:test";

import { comeBack, tryNow, waitBefore } from "../busy/comeback.js";
import { CancelledError, UnreachableError } from "../common/errors.js";

/** A page with a clock that only pauses move, and what was seen of it. */
function scene(changes = {}) {
  const seen = { states: [], seconds: [], added: 0, left: 0, now: 0 };
  const never = new AbortController().signal;
  const parts = {
    retryIn: 5000,
    tries: { count: 0, spent: false, add: () => (seen.added += 1), forget() {} },
    verifier: { cleared: async () => true },
    show: (stage) => seen.states.push(stage),
    showWait: (fraction, secondsLeft) => {
      assert.ok(fraction >= 0 && fraction <= 1);
      if (secondsLeft !== undefined) seen.seconds.push(secondsLeft);
    },
    leave: () => (seen.left += 1),
    report: assert.fail,
    now: () => seen.now,
    random: () => 0,
    pause: async (milliseconds, signal) => {
      if (signal.aborted) throw new CancelledError();
      seen.now += milliseconds;
    },
    ...changes,
  };
  return { seen, parts, never };
}

test("it waits as long as the verifier asks, counting down, and leaves once", async () => {
  const { seen, parts, never } = scene();
  await comeBack(parts, never);
  assert.deepEqual([...new Set(seen.states)], ["waiting", "trying"]);
  assert.deepEqual([...new Set(seen.seconds)], [5, 4, 3, 2, 1]);
  assert.deepEqual([seen.now, seen.added, seen.left], [5000, 1, 1]);
});

test("each wait is longer, within bounds, and spread by chance", () => {
  assert.equal(waitBefore(0, 2000, 0), 3000);
  assert.equal(waitBefore(0, 8000, 0), 8000);
  assert.equal(waitBefore(0, 8000, 1), 12_000);
  assert.equal(waitBefore(0, 3_600_000, 0), 30_000);
  const waits = Array.from({ length: 10 }, (_, tries) => waitBefore(tries, 2000, 0.5));
  assert.deepEqual(waits, waits.toSorted((a, b) => a - b));
  const all = waits.reduce((sum, wait) => sum + wait);
  assert.ok(all > 100_000 && all < 180_000, `${all} ms in all`);
});

test("after too many tries the visitor is asked, and nothing is loaded", async () => {
  const { seen, parts, never } = scene();
  parts.tries.spent = true;
  await comeBack(parts, never);
  assert.deepEqual([seen.states, seen.left, seen.now], [["paused"], 0, 0]);
});

test("a page whose verifier is away stays, with its form, and leaves when it is back", async () => {
  let calls = 0;
  const cleared = async () => {
    calls += 1;
    if (calls < 4) throw new UnreachableError();
    return false;
  };
  const { seen, parts, never } = scene({ verifier: { cleared } });
  await tryNow(parts, never);
  assert.deepEqual([...new Set(seen.states)], ["trying", "reconnecting"]);
  assert.equal(seen.states.at(-1), "trying");
  assert.equal(seen.left, 1);
});

test("a verifier that stays away is given up after two minutes, without leaving", async () => {
  const cleared = async () => {
    throw new UnreachableError();
  };
  const { seen, parts, never } = scene({ verifier: { cleared } });
  await tryNow(parts, never);
  assert.deepEqual([seen.states.at(-1), seen.left, seen.added], ["paused", 0, 0]);
  assert.ok(seen.now >= 120_000);
});

test("who cancels while it waits stays", async () => {
  const controller = new AbortController();
  const { seen, parts } = scene();
  const { pause } = parts;
  parts.pause = (milliseconds, signal) => {
    if (seen.now >= 2000) controller.abort();
    return pause(milliseconds, signal);
  };
  await assert.rejects(comeBack(parts, controller.signal), CancelledError);
  assert.equal(seen.left, 0);
});
