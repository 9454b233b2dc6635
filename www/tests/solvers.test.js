import assert from "node:assert/strict";
import { createHash, pbkdf2Sync } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { pbkdf2Search } from "../solver/methods/pbkdf2.js";
import { plainSearch } from "../solver/methods/plain.js";
import { wasmSearch } from "../solver/methods/wasm.js";
import { searchInSlices } from "../solver/slices.js";
import { bigEndian, parseChallenge } from "../verifier/wire.js";

const file = (path) => readFileSync(new URL(`../../${path}`, import.meta.url));
const vectors = (name) => JSON.parse(file(`tests/vectors/${name}.json`).toString()).vectors;
const words = (hex) => Uint32Array.from(hex.match(/.{8}/g), (word) => parseInt(word, 16));
const wasm = (name) => {
  const module = Uint8Array.from(file(`www/dist/solver-${name}.wasm`)).buffer;
  return (puzzle) => wasmSearch(module, puzzle);
};
const ascending = (nonces) => nonces.sort((one, other) => one - other);

/** The last word of an attempt, from another implementation. */
function lastWord({ prefix, iterations }, nonce) {
  const digest = iterations
    ? pbkdf2Sync(bigEndian([nonce]), bigEndian(prefix), iterations, 32, "sha256")
    : createHash("sha256").update(bigEndian(prefix)).update(bigEndian([nonce])).digest();
  return digest.readUInt32BE(28);
}

const sharesOf = (puzzle, first, end) => {
  const nonces = Array.from({ length: end - first }, (_, index) => first + index);
  return nonces.filter((nonce) => lastWord(puzzle, nonce) <= puzzle.threshold);
};

/** Whether a solver tells the attempt of a vector right. */
async function tellsRight(search, { name, prefix, threshold, iterations, nonce, is_share }) {
  const found = await search({ prefix: words(prefix), threshold, iterations, shares: 1 })(nonce, nonce + 1);
  assert.deepEqual(found, is_share ? [nonce] : [], name);
}

for (const [name, search] of [["plain", plainSearch], ["simd", wasm("simd")], ["scalar", wasm("scalar")]]) {
  test(`${name}: every attempt of the vectors is told right`, async () => {
    for (const vector of vectors("shares")) {
      if (vector.iterations === 0) await tellsRight(search, vector);
    }
  });

  test(`${name}: the vectors' challenges are solved`, async () => {
    for (const { name: vector, challenge, search_from, nonces } of vectors("solved-challenges")) {
      const puzzle = parseChallenge(challenge);
      if (puzzle.iterations) continue;
      const found = await search(puzzle)(search_from, nonces.at(-1) + 1);
      assert.deepEqual(found.slice(0, nonces.length), nonces, vector);
    }
  });

  test(`${name}: many shares, in any part of the nonces, up to the last`, async () => {
    for (const [seed, first] of [[1, 0], [2, 2 ** 31 - 500], [3, 2 ** 32 - 1000]]) {
      const prefix = Uint32Array.from({ length: 12 }, (_, index) => Math.imul(seed * 12 + index + 1, 0x9e3779b1));
      const puzzle = { prefix, threshold: 2 ** 28, iterations: 0, shares: 64 };
      const expected = sharesOf(puzzle, first, first + 1000);
      assert.ok(expected.length > 30);
      assert.deepEqual(await search(puzzle)(first, first + 1000), expected);
    }
  });

  test(`${name}: the smallest and the largest threshold`, async () => {
    const prefix = new Uint32Array(12).fill(0xffffffff);
    const of = (threshold) => search({ prefix, threshold, iterations: 0, shares: 1 })(0, 100);
    assert.deepEqual(await of(0), []);
    assert.equal((await of(2 ** 32 - 2)).length, 100);
  });
}

test("both modules at once, tried against each other, solve what each one solves", async () => {
  for (const { name, challenge, search_from, nonces } of vectors("solved-challenges")) {
    const puzzle = parseChallenge(challenge);
    if (puzzle.iterations) continue;
    const found = [];
    const report = (some) => found.push(...some);
    const both = [wasm("simd")(puzzle), wasm("scalar")(puzzle)];
    await searchInSlices(both, search_from, nonces.at(-1) + 1, () => performance.now(), report);
    assert.deepEqual(found.slice(0, nonces.length), nonces, name);
  }
});

for (const iterations of [1, 2, 1000]) {
  test(`pbkdf2: all shares of ${iterations} iterations, and no other`, async () => {
    const prefix = Uint32Array.from({ length: 12 }, (_, index) => Math.imul(iterations + index, 0x9e3779b1));
    const puzzle = { prefix, threshold: 2 ** 29, iterations, shares: 8 };
    for (const first of [0, 2 ** 32 - 100]) {
      const expected = sharesOf(puzzle, first, first + 100);
      assert.ok(expected.length > 3);
      assert.deepEqual(ascending(await pbkdf2Search(puzzle)(first, first + 100)), expected);
    }
  });
}

test("pbkdf2: the vectors are told right, and solved", async () => {
  const shares = vectors("shares").filter(({ iterations }) => iterations);
  const solved = vectors("solved-challenges").filter(({ challenge }) => parseChallenge(challenge).iterations);
  assert.ok(shares.length > 0 && solved.length > 0);
  for (const vector of shares) await tellsRight(pbkdf2Search, vector);
  for (const { name, challenge, search_from, nonces } of solved) {
    const found = ascending(await pbkdf2Search(parseChallenge(challenge))(search_from, nonces.at(-1) + 1));
    assert.deepEqual(found.slice(0, nonces.length), nonces, name);
  }
});
