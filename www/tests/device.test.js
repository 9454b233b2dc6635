import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { cores, isArm, isBatteryLow, isPhone } from "../solver/device.js";

const kept = ["navigator", "matchMedia", "screen"].map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]);

/** A browser's globals, for one test. */
function browser({ navigator = {}, coarse = false, screen = { width: 1280, height: 800 } } = {}) {
  const matchMedia = (query) => ({ matches: query === "(pointer: coarse)" && coarse });
  for (const [name, value] of Object.entries({ navigator, matchMedia, screen })) {
    Object.defineProperty(globalThis, name, { value, configurable: true });
  }
}

afterEach(() => {
  for (const [name, descriptor] of kept) {
    if (descriptor) Object.defineProperty(globalThis, name, descriptor);
    else delete globalThis[name];
  }
});

test("a browser that keeps the number of cores to itself is taken to have two", () => {
  for (const [told, expected] of [[undefined, 2], [0, 2], [1, 1], [12, 12]]) {
    browser({ navigator: { hardwareConcurrency: told } });
    assert.equal(cores(), expected);
  }
});

test("a browser that says whether it is on a telephone is believed", () => {
  for (const mobile of [true, false]) {
    browser({ navigator: { userAgentData: { mobile } }, coarse: !mobile, screen: { width: 390, height: 844 } });
    assert.equal(isPhone(), mobile);
  }
});

test("else a telephone has a small screen to touch, however it is held", () => {
  for (const [coarse, width, height, expected] of [
    [true, 390, 844, true],
    [true, 844, 390, true],
    [true, 768, 1024, false],
    [false, 390, 844, false],
    [false, 1280, 800, false],
  ]) {
    browser({ coarse, screen: { width, height } });
    assert.equal(isPhone(), expected, `${coarse} ${width} × ${height}`);
  }
});

test("a battery is low below a fifth, unless it is being charged or nobody tells", async () => {
  for (const [level, charging, expected] of [[0.19, false, true], [0.2, false, false], [0.05, true, false], [1, false, false]]) {
    browser({ navigator: { getBattery: async () => ({ level, charging }) } });
    assert.equal(await isBatteryLow(), expected, `${level} ${charging}`);
  }
  browser();
  assert.equal(await isBatteryLow(), false);
});

test("the processor of this machine is told", (context) => {
  if (!/^(arm|arm64|x64|ia32)$/.test(process.arch)) return context.skip(`what ${process.arch} computes is not known`);
  assert.equal(isArm(), process.arch.startsWith("arm"));
});
