import assert from "node:assert/strict";
import { test } from "node:test";

import { TimeUp } from "../errors.js";
import { pause, within } from "../signals.js";

const untilAborted = (signal) => {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
};

test("work that takes too long is aborted because the time is up", async () => {
  await assert.rejects(within(1, new AbortController().signal, untilAborted), TimeUp);
});

test("work is aborted for the reason of the visitor", async () => {
  const cancel = new AbortController();
  const result = within(60_000, cancel.signal, untilAborted);
  cancel.abort(new Error("cancelled"));
  await assert.rejects(result, /cancelled/);
  await assert.rejects(within(60_000, cancel.signal, async () => {}), /cancelled/);
});

test("a pause ends with its time, with the event, or with the visitor", async () => {
  const target = new EventTarget();
  const cancel = new AbortController();
  await pause(1, cancel.signal, target, "online");
  const woken = pause(60_000, cancel.signal, target, "online");
  target.dispatchEvent(new Event("online"));
  await woken;
  const cancelled = pause(60_000, cancel.signal, target, "online");
  cancel.abort(new Error("cancelled"));
  await assert.rejects(cancelled, /cancelled/);
});
