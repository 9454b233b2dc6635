import assert from "node:assert/strict";
import { test } from "node:test";

import { visit } from "../challenge/visit.js";
import { CancelledError, RefusedError, UnreachableError, UnusableSolverError } from "../common/errors.js";

const fresh = (text) => ({ text, redeem: "/.portcullis/redeem", expiresAt: 1e9 });

/**
 * A visit against a scripted verifier: `redeem` is a list of codes, `undefined` for accepted; `cleared` a list of what
 * `authorize` says. Both repeat their last entry.
 */
function bench({ redeem = [undefined], cleared = [true], rungs = ["simd", "js"], solve, loadSolver, challenge } = {}) {
  const log = [];
  const levels = [];
  let issued = 0;
  let now = 0;
  const next = (list) => (list.length > 1 ? list.shift() : list[0]);
  const parts = {
    verifier: {
      challenge: challenge ?? (async (rung, level) => {
        levels.push(level);
        return fresh(`fresh ${rung} ${(issued += 1)}`);
      }),
      cleared: async () => {
        log.push("cleared?");
        return next(cleared);
      },
      redeem: async ({ text }, solution) => {
        log.push(`redeem ${text}`);
        assert.deepEqual(solution, solutionOf(text));
        const code = next(redeem);
        if (code) throw typeof code === "string" ? new RefusedError(code) : new RefusedError("more-work", code.level);
      },
    },
    rungs,
    level: "1",
    loadSolver: loadSolver ?? (async () => solve ?? (async ({ text }) => solutionOf(text))),
    show: (stage) => log.push(stage),
    showProgress: () => {},
    online: () => true,
    report: () => {},
    now: () => now,
    random: () => 0,
    pause: async (milliseconds) => {
      now += milliseconds;
    },
  };
  return { parts, log, levels, cancel: new AbortController() };
}

const solutionOf = (text) => ({ text: `solution of ${text}`, signals: ["webdriver"] });
const go = ({ parts, cancel }, first = fresh("first")) => visit(parts, first, cancel.signal);

test("the plain way: solve, redeem, see that the cookie was kept", async () => {
  const self = bench();
  assert.equal(await go(self), "done");
  assert.deepEqual(self.log, ["working", "working", "redeeming", "redeem first", "cleared?"]);
});

test("a cookie the browser does not keep ends in words, not in a circle", async () => {
  const self = bench({ cleared: [false] });
  assert.equal(await go(self), "cookies-blocked");
  assert.equal(self.log.filter((entry) => entry.startsWith("redeem ")).length, 1);
});

for (const code of ["expired", "forged", "replayed", "wrong-binding", "wrong-audience", "insufficient-work"]) {
  test(`after ${code} a fresh challenge is solved`, async () => {
    const self = bench({ redeem: [code, undefined], cleared: [false, true] });
    assert.equal(await go(self), "done");
    assert.deepEqual(self.log.filter((entry) => entry.startsWith("redeem ")), ["redeem first", "redeem fresh simd 1"]);
  });
}

test("a visitor who is asked for more work does it, at the level asked for", async () => {
  const self = bench({ redeem: [{ level: 2 }, undefined], cleared: [false, true] });
  assert.equal(await go(self), "done");
  assert.deepEqual(self.levels, ["2"]);
  assert.equal(self.log.filter((entry) => entry.startsWith("redeem ")).length, 2);
});

test("more and more work is asked for in vain, and never less", async () => {
  const self = bench({ redeem: [{ level: 3 }, { level: 2 }, {}], cleared: [false] });
  assert.equal(await go(self), "refused");
  assert.deepEqual(self.levels, ["3", "3"]);
});

test("three refusals are enough", async () => {
  const self = bench({ redeem: ["forged"], cleared: [false] });
  assert.equal(await go(self), "refused");
  assert.equal(self.log.filter((entry) => entry.startsWith("redeem ")).length, 3);
});

test("what no fresh challenge can cure is not tried again", async () => {
  for (const code of ["denied", "malformed", "something new"]) {
    const self = bench({ redeem: [code] });
    assert.equal(await go(self), "refused");
    assert.equal(self.log.filter((entry) => entry.startsWith("redeem ")).length, 1);
  }
});

test("another tab's clearance saves the work of a second attempt", async () => {
  const self = bench({ redeem: ["replayed"], cleared: [true] });
  assert.equal(await go(self), "done");
  assert.deepEqual(self.log.slice(-2), ["redeem first", "cleared?"]);
});

test("a challenge not solved in time is replaced, and its search stopped", async () => {
  let stopped = 0;
  const solve = ({ text }, _onProgress, signal) => {
    if (text !== "old") return Promise.resolve(solutionOf(text));
    return new Promise(() => signal.addEventListener("abort", () => (stopped += 1)));
  };
  const self = bench({ solve, cleared: [false, true] });
  assert.equal(await go(self, { ...fresh("old"), expiresAt: 5 }), "done");
  assert.equal(stopped, 1);
  assert.ok(self.log.includes("expired") && self.log.includes("redeem fresh simd 1"));
});

test("a device too slow for every challenge is told so", async () => {
  const solve = () => new Promise(() => {});
  const challenge = async () => ({ ...fresh("fresh"), expiresAt: 5 });
  const self = bench({ solve, challenge, cleared: [false] });
  assert.equal(await go(self, { ...fresh("old"), expiresAt: 5 }), "too-slow");
  assert.equal(self.log.filter((entry) => entry === "expired").length, 3);
});

test("a challenge without a solution is replaced", async () => {
  const solve = async ({ text }) => (text === "first" ? undefined : solutionOf(text));
  const self = bench({ solve, cleared: [false, true] });
  assert.equal(await go(self), "done");
});

test("a verifier that restarts is waited for", async () => {
  const self = bench();
  let failures = 3;
  const { redeem } = self.parts.verifier;
  self.parts.verifier.redeem = async (...all) => {
    if ((failures -= 1) >= 0) throw new UnreachableError();
    return redeem(...all);
  };
  assert.equal(await go(self), "done");
  assert.equal(self.log.filter((entry) => entry === "reconnecting").length, 3);
});

test("a verifier that stays away is given up", async () => {
  const loadSolver = async () => {
    throw new UnreachableError();
  };
  const self = bench({ loadSolver });
  self.parts.online = () => false;
  assert.equal(await go(self), "unreachable");
  assert.ok(self.log.includes("offline"));
});

test("a defect ends in its own words", async () => {
  const loadSolver = async () => Promise.reject(new RangeError("a defect"));
  assert.equal(await go(bench({ loadSolver })), "failed");
});

/** A bench on which only the solvers of some rungs run; `solved` lists what they solved. */
function benchWhere(usable, rest) {
  const solved = [];
  const loadSolver = async (rung) => {
    return async ({ text }) => {
      if (!usable.includes(rung)) throw new UnusableSolverError(rung);
      solved.push(`${rung} ${text}`);
      return solutionOf(text);
    };
  };
  return Object.assign(bench({ loadSolver, cleared: [false, true], ...rest }), { solved });
}

test("a solver that does not run gives way to the next, with work of its own", async () => {
  const self = benchWhere(["pbkdf2", "js"], { rungs: ["simd", "scalar", "pbkdf2", "js"], cleared: [false, false, true] });
  assert.equal(await go(self), "done");
  assert.match(self.solved.join(), /^pbkdf2 fresh pbkdf2 \d$/);
  // The next visit of this page does not try again what does not run.
  assert.deepEqual(self.parts.rungs, ["pbkdf2", "js"]);
});

test("the challenge in the page is not for slower solvers", async () => {
  const self = benchWhere(["scalar"], { rungs: ["scalar", "js"] });
  assert.equal(await go(self), "done");
  assert.deepEqual(self.solved, ["scalar fresh scalar 1"]);
});

test("a browser that runs no solver is told that it failed", async () => {
  assert.equal(await go(benchWhere([], { rungs: ["simd", "js"], cleared: [false] })), "failed");
});

test("a solver that cannot be fetched is waited for, not given up", async () => {
  const self = bench();
  let failures = 2;
  const { loadSolver } = self.parts;
  self.parts.loadSolver = async (...all) => {
    if ((failures -= 1) >= 0) throw new UnreachableError();
    return loadSolver(...all);
  };
  assert.equal(await go(self), "done");
  assert.deepEqual(self.parts.rungs, ["simd", "js"]);
});

test("cancelling rejects instead of ending", async () => {
  const self = bench({ solve: () => new Promise(() => {}) });
  const visited = go(self);
  await new Promise((resolve) => setImmediate(resolve));
  self.cancel.abort();
  await assert.rejects(visited, CancelledError);
});
