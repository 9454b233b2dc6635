import assert from "node:assert/strict";
import { test } from "node:test";

import { Tries } from "../busy/tries.js";

/** A tab: its storage and clock live on while pages come and go. */
function tab(initial) {
  const items = new Map(initial === undefined ? [] : [["portcullis-tries", initial]]);
  const storage = { getItem: (key) => items.get(key) ?? null, setItem: (key, value) => items.set(key, value) };
  const self = { now: 1_000_000, load: () => new Tries(() => storage, () => self.now) };
  return self;
}

/** Loads the page, waits there, and tries. */
function tryAfter(self, milliseconds) {
  const tries = self.load();
  self.now += milliseconds;
  tries.add();
}

test("after ten tries in a row the visitor is asked", () => {
  const self = tab();
  for (let count = 0; count < 10; count += 1) {
    const tries = self.load();
    assert.deepEqual([tries.count, tries.spent], [count, false]);
    tryAfter(self, 3000);
  }
  assert.equal(self.load().spent, true);
});

test("after two minutes in a row the visitor is asked, however long each wait is", () => {
  const self = tab();
  for (let count = 0; count < 3; count += 1) {
    assert.equal(self.load().spent, false);
    tryAfter(self, 45_000);
  }
  assert.equal(self.load().spent, true);
});

test("who got in and is sent away later begins a new row", () => {
  const self = tab();
  for (let count = 0; count < 10; count += 1) tryAfter(self, 1000);
  self.now += 30_000;
  const tries = self.load();
  assert.deepEqual([tries.count, tries.spent], [0, false]);
});

test("the visitor's wish starts again, also after a page that stood for long", () => {
  const self = tab();
  for (let count = 0; count < 10; count += 1) tryAfter(self, 1000);
  const tries = self.load();
  self.now += 3_600_000;
  tries.forget();
  tries.add();
  assert.deepEqual([self.load().count, self.load().spent], [1, false]);
});

test("a clock set back begins a new row", () => {
  const self = tab();
  for (let count = 0; count < 10; count += 1) tryAfter(self, 1000);
  self.now -= 3_600_000;
  assert.equal(self.load().count, 0);
});

test("strange storage means a new row", () => {
  for (const strange of ["", "{", "{}", "null", "7", "[]", '{"count":"x"}', '{"count":99}', '{"count":99,"since":2,"last":1}']) {
    assert.deepEqual([tab(strange).load().count, tab(strange).load().spent], [0, false], strange);
  }
});

test("where nothing can be remembered, nothing is tried without the visitor", () => {
  const blocked = new Tries(() => {
    throw new Error("SecurityError");
  }, () => 0);
  assert.equal(blocked.spent, true);
  blocked.forget();
  blocked.add();
});
