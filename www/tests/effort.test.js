import assert from "node:assert/strict";
import { test } from "node:test";

import { poolSize, workersWanted } from "../solver/effort.js";

const calm = { hidden: false, weak: false, late: false };

test("a small device uses all its cores, a larger one keeps one for the page", () => {
  assert.deepEqual([1, 2, 3, 4, 8, 64].map((cores) => poolSize(cores, false)), [1, 2, 2, 3, 7, 8]);
});

test("a telephone uses half its cores, at most four", () => {
  assert.deepEqual([1, 2, 4, 6, 8, 10].map((cores) => poolSize(cores, true)), [1, 1, 2, 3, 4, 4]);
});

test("nothing holds the workers back in calm circumstances", () => {
  for (let size = 1; size <= 8; size += 1) assert.equal(workersWanted(size, calm), size);
});

test("one works for a page nobody looks at", () => {
  for (const weak of [false, true]) assert.equal(workersWanted(8, { hidden: true, weak, late: false }), 1);
});

test("a weak battery and a hot device each halve the workers, and never stop the last", () => {
  const sizes = [1, 2, 3, 4, 7, 8];
  for (const one of [{ weak: true }, { late: true }]) {
    assert.deepEqual(sizes.map((size) => workersWanted(size, { ...calm, ...one })), [1, 1, 2, 2, 4, 4]);
  }
  assert.deepEqual(sizes.map((size) => workersWanted(size, { hidden: false, weak: true, late: true })), [1, 1, 1, 1, 2, 2]);
});
