import assert from "node:assert/strict";
import { test } from "node:test";

import { CancelledError, PatienceError, UnreachableError } from "../common/errors.js";
import { pauseBefore, persist } from "../verifier/retry.js";

/** A clock that a pause moves on. */
function bench() {
  const pauses = [];
  let now = 5_000;
  const parts = {
    now: () => now,
    random: () => 0,
    pause: async (milliseconds) => {
      pauses.push(milliseconds);
      now += milliseconds;
    },
  };
  return { parts, pauses, signal: new AbortController().signal };
}

test("pauses grow up to a bound", () => {
  const pauses = [1, 2, 3, 4, 5, 6, 50].map((failures) => pauseBefore(failures, undefined, 0));
  assert.deepEqual(pauses, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
});

test("what the verifier asks for is honoured within bounds", () => {
  assert.deepEqual([0, 5_000, 3_600_000].map((asked) => pauseBefore(1, asked, 0)), [1_000, 5_000, 30_000]);
});

test("chance spreads the visitors, and never makes one come too soon", () => {
  assert.equal(pauseBefore(1, 4_000, 0.999) > 5_900, true);
  assert.equal(pauseBefore(3, undefined, 0.5), 5_000);
});

test("asks until the verifier answers", async () => {
  const { parts, pauses, signal } = bench();
  let waits = 0;
  let asked = 0;
  const value = await persist(parts, signal, () => (waits += 1), async () => {
    asked += 1;
    if (asked < 4) throw new UnreachableError(asked === 2 ? 7_000 : undefined);
    return "value";
  });
  assert.deepEqual([value, waits, pauses], ["value", 3, [1_000, 7_000, 4_000]]);
});

test("gives up after two minutes to the millisecond, having asked a last time", async () => {
  const { parts, pauses, signal } = bench();
  const started = parts.now();
  let lastAsked = 0;
  const ask = async () => {
    lastAsked = parts.now();
    throw new UnreachableError();
  };
  await assert.rejects(persist(parts, signal, () => {}, ask), PatienceError);
  assert.deepEqual([parts.now() - started, lastAsked - started], [120_000, 120_000]);
  assert.ok(pauses.length < 10);
});

test("any other error is not for waiting", async () => {
  const { parts, pauses, signal } = bench();
  await assert.rejects(
    persist(parts, signal, () => {}, async () => {
      throw new RangeError("a defect");
    }),
    RangeError,
  );
  assert.deepEqual(pauses, []);
});

test("who cancels is not told that the verifier is waited for", async () => {
  const { parts } = bench();
  const cancel = new AbortController();
  let waits = 0;
  const asked = persist(parts, cancel.signal, () => (waits += 1), async () => {
    cancel.abort();
    throw new UnreachableError();
  });
  await assert.rejects(asked, CancelledError);
  assert.equal(waits, 0);
});
