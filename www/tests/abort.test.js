import assert from "node:assert/strict";
import { test } from "node:test";

import { pause, within } from "../common/abort.js";
import { CancelledError, TimeoutError } from "../common/errors.js";

/** Work that never ends by itself, and notes whether it was told to. */
function endless() {
  const self = { told: false };
  self.work = (signal) => {
    signal.addEventListener("abort", () => (self.told = true));
    return new Promise(() => {});
  };
  return self;
}

test("work that takes too long is ended because the time is up", async () => {
  const self = endless();
  await assert.rejects(within(1, new AbortController().signal, self.work), TimeoutError);
  assert.equal(self.told, true);
});

test("work is ended when the visitor cancels", async () => {
  const cancel = new AbortController();
  const self = endless();
  const result = within(60_000, cancel.signal, self.work);
  cancel.abort();
  await assert.rejects(result, CancelledError);
  assert.equal(self.told, true);
  await assert.rejects(within(60_000, cancel.signal, async () => {}), CancelledError);
});

test("what work comes to is passed on, and its signal aborted then", async () => {
  const { signal } = new AbortController();
  let limited;
  const value = await within(60_000, signal, async (given) => {
    limited = given;
    return "value";
  });
  assert.deepEqual([value, limited.aborted], ["value", true]);
  await assert.rejects(within(60_000, signal, async () => Promise.reject(new RangeError("a defect"))), RangeError);
});

test("a pause ends with its time, with the event, or with the visitor", async () => {
  const target = new EventTarget();
  const cancel = new AbortController();
  await pause(1, cancel.signal, target, "online");
  const woken = pause(60_000, cancel.signal, target, "online");
  target.dispatchEvent(new Event("online"));
  await woken;
  const cancelled = pause(60_000, cancel.signal, target, "online");
  cancel.abort();
  await assert.rejects(cancelled, CancelledError);
});
