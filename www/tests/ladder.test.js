import assert from "node:assert/strict";
import { test } from "node:test";

import { modulesOf, rungsOf } from "../solver/ladder.js";

const wasm = (simd) => ({ validate: () => simd });

for (const [name, browser, rungs] of [
  ["everything", { WebAssembly: wasm(true), crypto: { subtle: {} } }, ["simd", "scalar", "pbkdf2", "js"]],
  ["everything but vectors", { WebAssembly: wasm(false), crypto: { subtle: {} } }, ["scalar", "pbkdf2", "js"]],
  ["no WebCrypto", { WebAssembly: wasm(true), crypto: {} }, ["simd", "scalar", "js"]],
  ["no cryptography at all", { WebAssembly: wasm(true) }, ["simd", "scalar", "js"]],
  ["neither vectors nor WebCrypto", { WebAssembly: wasm(false), crypto: {} }, ["scalar", "js"]],
  ["no WebAssembly", { crypto: { subtle: {} } }, ["pbkdf2", "js"]],
  ["neither WebAssembly nor WebCrypto", { crypto: {} }, ["js"]],
  ["nothing", {}, ["js"]],
]) {
  test(`a browser with ${name} has its rungs`, () => assert.deepEqual(rungsOf(browser), rungs));
}

test("the probe is a module, and one that takes vector instructions", () => {
  assert.equal(rungsOf(globalThis)[0], "simd");
  let probe;
  rungsOf({ WebAssembly: { validate: (bytes) => (probe = bytes) } });
  // The prefix of vector instructions. Without its instruction, the rest is a module that any browser takes.
  const at = probe.indexOf(0xfd);
  const plain = Uint8Array.from(probe);
  plain.set([0x01, 0x01], at);
  assert.equal(WebAssembly.validate(plain), true);
  // An instruction that no proposal has ever used.
  plain.set([0xfd, 0xff], at);
  assert.equal(WebAssembly.validate(plain), false);
});

test("each rung loads its own solver; on ARM two compete", () => {
  const modules = (arm) => ["simd", "scalar", "pbkdf2", "js"].map((rung) => modulesOf(rung, arm));
  assert.deepEqual(modules(false), [["solver-simd.wasm"], ["solver-scalar.wasm"], [], []]);
  assert.deepEqual(modules(true), [["solver-simd.wasm", "solver-scalar.wasm"], ["solver-scalar.wasm"], [], []]);
});
