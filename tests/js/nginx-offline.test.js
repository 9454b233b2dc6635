// What nginx checks by itself of a token, and no request over loopback shows: networks and hosts of every form.

import { equal } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const recipe = readFileSync(new URL("../../deploy/nginx/portcullis/offline.js", import.meta.url), "utf8");
const opened = `${recipe}\nexport { bytes, contains, hostOf, members };`;
const { bytes, contains, hostOf, members } = await import(`data:text/javascript,${encodeURIComponent(opened)}`);

/** @param {() => unknown} attempt */
function refuses(attempt) {
  try {
    attempt();
    return false;
  } catch {
    return true;
  }
}

test("an address is in its network and in no other", () => {
  const inside = [
    ["203.0.113.0/24", "203.0.113.255"],
    ["203.0.113.128/25", "203.0.113.200"],
    ["0.0.0.0/0", "198.51.100.1"],
    ["203.0.113.7/32", "203.0.113.7"],
    ["203.0.113.0/24", "::ffff:203.0.113.9"],
    ["203.0.113.0/24", "::FFFF:cb00:7109"],
    ["2001:db8:1::/48", "2001:db8:1:ffff::1"],
    ["2001:db8:1::/48", "2001:0DB8:0001:0:0:0:192.0.2.1"],
    ["::/48", "::1"],
    ["2001:db8::1/128", "2001:db8:0:0::1"],
  ];
  for (const [network, address] of inside) {
    equal(contains(network, address), true, `${address} is in ${network}`);
  }
  const outside = [
    ["203.0.113.0/24", "203.0.112.255"],
    ["203.0.113.128/25", "203.0.113.127"],
    ["203.0.113.7/32", "203.0.113.6"],
    ["0.0.0.0/0", "2001:db8::1"],
    ["::/0", "203.0.113.9"],
    ["2001:db8:1::/48", "2001:db8:2::1"],
    ["2001:db8::1/128", "2001:db8::2"],
    ["203.0.113.0/33", "203.0.113.1"],
    ["203.0.113.0/", "203.0.113.1"],
    ["203.0.113.0/2e1", "203.0.113.1"],
  ];
  for (const [network, address] of outside) {
    equal(contains(network, address), false, `${address} is not in ${network}`);
  }
});

test("a text that is not a network admits nobody", () => {
  for (const network of ["", "/", "login.example/24", "203.0.113.0", "1::2::3/48", "1:2:3:4:5:6:7/48", undefined, null, 24]) {
    for (const address of ["203.0.113.1", "2001:db8::1"]) {
      // authorize() takes a network that cannot be read for one that the client is not in.
      equal(refuses(() => contains(network, address)) || !contains(network, address), true, `${network}`);
    }
  }
});

test("a host is compared without case, port, and dot at its end", () => {
  for (const authority of ["login.example", "LOGIN.example:443", "login.example.", "login.example.:8000", "login.example:"]) {
    equal(hostOf(authority), "login.example");
  }
  equal(hostOf("[2001:DB8::1]:443"), "[2001:db8::1]");
});

test("base64url has one form", () => {
  equal(bytes("AQ").toString("hex"), "01");
  for (const text of ["AQ==", "AR", "A", "AQ ", "+w", "é"]) {
    equal(refuses(() => bytes(text)), true, text);
  }
});

test("a name that stands twice is refused, however it is spelt", () => {
  /** @param {string} text */
  const read = (text) => members(btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", ""));
  equal(read('{"aud":"login.example","net":"2001:db8::/48","exp":1}').exp, 1);
  for (const text of ['{"exp":1,"exp":2}', '{"exp":1,"\\u0065xp":2}', '{"exp":1, "exp" : 2}']) {
    equal(refuses(() => read(text)), true, text);
  }
});
