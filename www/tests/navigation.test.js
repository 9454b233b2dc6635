import assert from "node:assert/strict";
import { test } from "node:test";

import { loadAgain } from "../common/navigation.js";

/** Calls `loadAgain` at an address; returns the address it stepped aside to, if any, and the one it loads. */
function load(href) {
  let current = href;
  let loaded;
  const history = { replaceState: (_state, _title, url) => (current = new URL(url, current).href) };
  loadAgain({ href, search: new URL(href).search, replace: (url) => (loaded = url) }, history);
  return { stepped: current, loaded };
}

const withoutFragment = (href) => href.split("#")[0];

for (const address of ["/", "/a?", "/a?b=%2f%2F&c=+", "//h/%5C?x#y", "/a?#", "/a#", "/a?&#x", "/;a?b&#c?d#e", "/%2f?%#/"]) {
  test(`${address} is loaded byte for byte, and really loaded`, () => {
    const href = new URL("https://login.example").origin + address;
    const { stepped, loaded } = load(href);
    assert.equal(loaded, href);
    if (href.includes("#")) assert.notEqual(withoutFragment(stepped), withoutFragment(href));
    else assert.equal(stepped, href);
    assert.equal(new URL(stepped).pathname, new URL(href).pathname);
  });
}
