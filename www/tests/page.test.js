import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { modulesOf } from "../solver/ladder.js";

const www = new URL("../", import.meta.url);
const read = (name) => readFileSync(new URL(name, www), "utf8");
const page = (name) => read(`pages/${name}.html`).replace("{{head}}\n", read("pages/head.html"));
const pages = ["page", "busy", "unavailable", "denied"].map(page);
const [html, busy] = pages;
const languages = readdirSync(new URL("translations", www));
const translation = (name) => JSON.parse(read(`translations/${name}`));
const all = (text, pattern) => [...text.matchAll(pattern)].map((match) => match[1]);
const sorted = (values) => [...new Set(values)].sort();

test("the pages obey their own policy: nothing inline, nothing from elsewhere", () => {
  for (const page of pages) {
    for (const attributes of all(page, /<script\b([^>]*)>/g)) assert.match(attributes, /\bsrc="{{assets}}\//);
    assert.doesNotMatch(page, /<script\b[^>]*>[^<]/);
    assert.doesNotMatch(page, /<style\b|\sstyle=|\son[a-z]+=|javascript:/i);
    const addresses = all(page, /\s(?:src|href|action)="([^"]*)"/g);
    for (const address of addresses) assert.match(address, /^(?:{{assets}}\/[a-z.-]+)?$/);
  }
});

test("every placeholder is one the verifier fills", () => {
  const known = ["lang", "dir", "assets", "host", "challenge", "expires-in-ms", "level", "redeem", "retry-in-ms"];
  known.push("carried-form", "form-notice");
  const others = all(pages.join(), /{{([^}]*)}}/g).filter((name) => !name.startsWith("text."));
  assert.deepEqual(sorted(others), known.sort());
});

test("every translation has the keys the pages use, and no other", () => {
  const used = sorted(all(pages.join(), /{{text\.([a-z-]+)}}/g).concat("dir"));
  for (const name of languages) assert.deepEqual(Object.keys(translation(name)).sort(), used, name);
});

test("translations are plain text in their own language", () => {
  const english = translation("en.json");
  for (const name of languages) {
    const texts = translation(name);
    assert.equal(texts.dir, name === "ar.json" ? "rtl" : "ltr", name);
    for (const [key, text] of Object.entries(texts)) {
      assert.match(text, /^\S(?:[^<>&{}\n]*\S)?$/, `${name} ${key}`);
      const same = key === "dir" || name === "en.json";
      assert.equal(text === english[key], same && text === english[key], `${name} ${key}`);
    }
  }
});

for (const [name, markup, states] of [["challenge/page.js", html, 14], ["busy/busy.js", busy, 6]]) {
  test(`every state of ${name} shows something, and every button does something`, () => {
    const script = read(name);
    const documented = all(script, /^ \* \| ((?:`[a-z-]+`(?:, )?)+) \|/gm).flatMap((row) => all(row, /`([a-z-]+)`/g));
    const shown = all(markup, /data-when="([^"]*)"/g).flatMap((when) => when.split(" "));
    assert.equal(documented.length, states);
    assert.deepEqual(sorted(shown), sorted(documented));
    for (const action of all(markup, /data-action="([a-zA-Z]+)"/g)) assert.match(script, new RegExp(`^    ${action}\\b`, "m"));
  });
}

test("each page asks for one script, and the challenge page for the fastest solver before the script does", () => {
  for (const page of [html, busy]) assert.deepEqual(all(page, /<script\b[^>]*\ssrc="([^"]*)"/g), ["{{assets}}/portcullis.js"]);
  assert.doesNotMatch(busy, /preload/);
  const [preloaded] = all(html, /rel="preload" href="{{assets}}\/([^"]+)"/g);
  assert.deepEqual([preloaded], modulesOf("simd", false));
});
