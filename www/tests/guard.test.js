import assert from "node:assert/strict";
import { test } from "node:test";

import { LoopGuard } from "../challenge/guard.js";

/** A tab: its storage and clock live on while pages come and go. */
function tab(initial) {
  const items = new Map(initial === undefined ? [] : [["portcullis", initial]]);
  const storage = { getItem: (key) => items.get(key) ?? null, setItem: (key, value) => items.set(key, value) };
  const self = { now: 1_000_000, load: () => new LoopGuard(() => storage, () => self.now) };
  return self;
}

test("three rounds within a minute are a circle", () => {
  const { load } = tab();
  for (const expected of [false, false, false, true]) {
    assert.equal(load().circling, expected);
    load().count();
  }
});

test("rounds are forgotten after a minute", () => {
  const self = tab();
  for (let round = 0; round < 3; round += 1) {
    self.load().count();
    self.now += 20_000;
  }
  assert.equal(self.load().circling, false);
});

test("a clock set back does not lock the visitor out", () => {
  const self = tab();
  for (let round = 0; round < 3; round += 1) self.load().count();
  self.now -= 3_600_000;
  assert.equal(self.load().circling, false);
});

test("the visitor's wish starts again", () => {
  const self = tab();
  for (let round = 0; round < 3; round += 1) self.load().count();
  self.load().forget();
  assert.equal(self.load().circling, false);
});

test("strange or blocked storage means no guard, and no error", () => {
  for (const strange of ["", "{", "{}", "null", "7", '["x",null]']) assert.equal(tab(strange).load().circling, false, strange);
  const blocked = new LoopGuard(() => {
    throw new Error("SecurityError");
  }, () => 0);
  blocked.count();
  blocked.forget();
  assert.equal(blocked.circling, false);
});
