import assert from "node:assert/strict";
import { test } from "node:test";

import { CancelledError, RefusedError, UnreachableError } from "../common/errors.js";
import { Verifier } from "../verifier/protocol.js";

const signal = new AbortController().signal;
const json = (status, body, headers = {}) => new Response(JSON.stringify(body), { status, headers });
const challenge = { text: "the challenge", redeem: "/.portcullis/redeem", expiresAt: 0 };
const solution = { text: "the solution", signals: [] };

/** A verifier that gives one response, or throws one error. */
function verifier(response, seen = []) {
  const fetch = async (path, init) => {
    seen.push([path, init]);
    if (response instanceof Error) throw response;
    return response;
  };
  return new Verifier(fetch, () => 100);
}

test("a fresh challenge expires on the page's own clock", async () => {
  const response = json(200, { challenge: "c", kind: "sha256", shares: 32, expires_in_ms: 60_000, redeem: "/r" });
  assert.deepEqual(await verifier(response).challenge("simd", "1", signal), { text: "c", redeem: "/r", expiresAt: 60_100 });
});

test("the verifier hears which solver is to do the work", async () => {
  const seen = [];
  await verifier(json(200, {}), seen).challenge("pbkdf2", "2", signal);
  assert.deepEqual([seen[0][0], seen[0][1].cache], ["/.portcullis/challenge?level=2&solver=pbkdf2", "no-store"]);
});

test("a file may come from a cache, and an error page is not taken for it", async () => {
  const seen = [];
  const content = await verifier(new Response(Uint8Array.of(1, 2)), seen).file("/solver.wasm", signal);
  assert.deepEqual([...new Uint8Array(content)], [1, 2]);
  assert.equal(seen[0][1].cache, undefined);
  for (const status of [404, 500]) {
    await assert.rejects(verifier(new Response("no", { status })).file("/solver.wasm", signal), UnreachableError);
  }
});

test("a solution is posted as JSON, past every cache", async () => {
  const seen = [];
  await verifier(json(200, { token: "t", expires_in: 900 }), seen).redeem(challenge, solution, signal);
  const [[path, init]] = seen;
  assert.deepEqual([path, init.method, init.cache], ["/.portcullis/redeem", "POST", "no-store"]);
  assert.deepEqual(init.headers, { "content-type": "application/json", prefer: "return=minimal" });
  assert.deepEqual(JSON.parse(init.body), { challenge: "the challenge", solution: "the solution" });
});

test("the answer to a solution has nothing to read", async () => {
  await verifier(new Response(null, { status: 204 })).redeem(challenge, solution, signal);
});

test("signals go with a solution, and nothing does where there are none", async () => {
  for (const [signals, sent] of [[["webdriver"], ["webdriver"]], [[], undefined]]) {
    const seen = [];
    await verifier(json(200, {}), seen).redeem(challenge, { text: "s", signals }, signal);
    assert.deepEqual(JSON.parse(seen[0][1].body).signals, sent);
  }
});

test("a refusal carries the verifier's code", async () => {
  for (const [status, code] of [[403, "expired"], [409, "replayed"], [400, "malformed"]]) {
    const refused = verifier(json(status, { title: "…", status, code })).redeem(challenge, solution, signal);
    await assert.rejects(refused, (error) => error instanceof RefusedError && error.code === code);
  }
});

test("overload is worth waiting for, as long as the verifier asks", async () => {
  const unavailable = (headers) => verifier(json(503, { code: "unavailable" }, headers)).challenge("simd", "1", signal);
  const asksFor = (retryAfter) => (error) => error instanceof UnreachableError && error.retryAfter === retryAfter;
  await assert.rejects(unavailable({ "retry-after": "7" }), asksFor(7_000));
  await assert.rejects(unavailable({}), asksFor(undefined));
  await assert.rejects(unavailable({ "retry-after": "Mon, 01 Jan 2035 00:00:00 GMT" }), asksFor(undefined));
});

test("no connection and what others answer in its place are not the verifier's word", async () => {
  const portal = () => new Response("<h1>Welcome to our hotel</h1>");
  for (const response of [new TypeError("failed to fetch"), portal(), new Response("bad gateway", { status: 502 })]) {
    await assert.rejects(verifier(response).challenge("simd", "1", signal), UnreachableError);
  }
  await assert.rejects(verifier(new Response("nginx: 403", { status: 403 })).redeem(challenge, solution, signal), UnreachableError);
});

test("cleared means that authorize admits", async () => {
  for (const [status, expected] of [[200, true], [403, false], [401, false]]) {
    assert.equal(await verifier(new Response("", { status })).cleared("1", signal), expected);
  }
  await assert.rejects(verifier(new Response("", { status: 500 })).cleared("1", signal), UnreachableError);
});

test("cancelling is not taken for a lost connection, and ends the request", async () => {
  const cancel = new AbortController();
  let ended = false;
  const slow = (_path, { signal: limited }) => {
    return new Promise((_, reject) => {
      limited.addEventListener("abort", () => {
        ended = true;
        reject(new Error("aborted"));
      });
    });
  };
  const asked = new Verifier(slow, () => 0).challenge("simd", "1", cancel.signal);
  cancel.abort();
  await assert.rejects(asked, CancelledError);
  assert.equal(ended, true);
});
