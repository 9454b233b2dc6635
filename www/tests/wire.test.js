import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { difficultyOf, encodeSolution, parseChallenge } from "../verifier/wire.js";

const vectors = (name) => {
  const url = new URL(`../../tests/vectors/${name}.json`, import.meta.url);
  const { vectors: read } = JSON.parse(readFileSync(url, "utf8"));
  assert.ok(read.length > 0, name);
  return read;
};

test("challenges are read as the vectors say", () => {
  for (const { name, text, shares, threshold, iterations, prefix, difficulty } of vectors("challenges")) {
    const puzzle = parseChallenge(text);
    const words = Array.from(puzzle.prefix, (word) => word.toString(16).padStart(8, "0")).join("");
    const read = [puzzle.shares, puzzle.threshold, puzzle.iterations, words];
    assert.deepEqual(read, [shares, threshold, iterations, prefix], name);
    assert.equal(Math.round(difficultyOf(puzzle)), difficulty, name);
  }
});

test("what is not a challenge this page can solve is refused", () => {
  // The other bounds are the verifier's to hold: it alone writes challenges that it takes back.
  const solvable = ["no shares", "65 shares", "255 shares", "1 iteration", "kind 2, no iterations", "kind 2, no shares"];
  const refused = vectors("malformed-challenges").filter(({ name, error }) => error !== "parameter" || solvable.includes(name));
  for (const { name, text } of refused) assert.throws(() => parseChallenge(text), name);
  for (const error of ["encoding", "version", "kind", "parameter"]) {
    assert.ok(refused.filter((vector) => vector.error === error).length >= 3, error);
  }
});

test("solutions are written as the vectors say", () => {
  for (const { name, nonces, solution } of vectors("solved-challenges")) {
    assert.equal(encodeSolution(nonces), solution, name);
  }
});
