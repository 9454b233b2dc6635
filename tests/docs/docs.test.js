// Each check of the documentation finds what it is for: one small page a mistake, and one page without any.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

import { findPhrases, readPhrases } from "./phrases.js";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const pages = mkdtempSync(join(tmpdir(), "portcullis-docs-"));
after(() => rmSync(pages, { recursive: true }));

/**
 * What a program of `node_modules` says of pages.
 *
 * @param {string} program
 * @param {string[]} options
 * @param {Record<string, string>} texts the pages by name
 */
function said(program, options, texts) {
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(pages, name), text);
  const script = join(HERE, "node_modules/.bin", program);
  const run = spawnSync(process.execPath, [script, ...options, ...Object.keys(texts)], { cwd: pages, encoding: "utf8" });
  return { status: run.status, text: run.stdout + run.stderr };
}

/** @param {Record<string, string>} texts */
const linted = (texts) => said("markdownlint-cli2", ["--config", join(HERE, ".markdownlint-cli2.jsonc")], texts);

/** @param {Record<string, string>} texts */
const spelt = (texts) => said("cspell", ["lint", "--no-progress", "--config", join(HERE, "cspell.json")], texts);

/** Mistakes: the rule that finds it, and the page that makes it. */
const MISTAKES = {
  "relative-links": ["# Page\n\n[gone](gone.md)\n", "# Page\n\n[no such heading](good.md#gone)\n", "# Page\n\n![gone](gone.svg)\n"],
  MD051: ["# Page\n\n[no such heading](#gone)\n"],
  MD025: ["# Page\n\nText.\n\n# Another\n"],
  MD001: ["# Page\n\n### Too deep\n"],
  MD022: ["# Page\n\nText.\n## Too close\n\nText.\n", "# Page\n\n## Too close\nText.\n"],
  "swallowed-heading": ["# Page\n\nThe end of a sentence. ## Swallowed\n\nText.\n"],
  MD041: ["Text without a heading.\n"],
  MD013: [`# Page\n\n${"word ".repeat(30)}\n`],
  MD009: ["# Page\n\nText. \n"],
  MD040: ["# Page\n\n```\ncode\n```\n"],
};

const GOOD = `# Good page

It links to [itself](good.md), to [a heading](#a-heading-with-code) and to [the same](good.md#a-heading-with-code).

## A heading with \`code\`

| ${"long table ".repeat(20)} |
|---|
| cell |

\`\`\`sh
echo one # two ## three; tpyo
\`\`\`
`;

test("a good page passes every check", () => {
  assert.deepEqual(linted({ "good.md": GOOD }).status, 0);
  assert.deepEqual(spelt({ "good.md": GOOD }).status, 0);
});

test("each mistake is found, by the rule that is for it", () => {
  const named = Object.entries(MISTAKES).flatMap(([rule, texts]) =>
    texts.map((text, index) => /** @type {const} */ ([`${rule}-${index}.md`, rule, text])),
  );
  const { status, text } = linted({
    "good.md": GOOD,
    ...Object.fromEntries(named.map(([name, , page]) => [name, page])),
  });
  assert.equal(status, 1, text);
  for (const [name, rule] of named) {
    const lines = text.split("\n").filter((line) => line.startsWith(`${name}:`));
    assert.ok(lines.some((line) => line.includes(` ${rule}`)), `${name}: ${rule} is not in\n${text}`);
  }
  assert.doesNotMatch(text, /^good\.md:/m);
});

test("a misspelt word is found in text, and not in code, in the target of a link, or in our own list", () => {
  const { status, text } = spelt({ "spelling.md": "# Page\n\nRecieve `tpyo` and [this](tpyo.md) from axum, in colour, or color.\n" });
  assert.equal(status, 1, text);
  assert.match(text, /spelling\.md:3:1 .*Recieve/);
  assert.match(text, /color/);
  assert.doesNotMatch(text, /word \((tpyo|axum|colour)\)/);
});

test("a phrase is found with what is better, across lines and in comments too", () => {
  const phrases = readPhrases("# comment\n\nin peace → otherwise\nbears? → handles\n(?<!there )is no \\w+ → is not a …\n");
  const found = (/** @type {string} */ text) => findPhrases(text, phrases).map(({ line, found }) => [line, found]);
  assert.deepEqual(found("One.\nIn peace it bears\nit, in\npeace."), [[2, "In peace"], [2, "bears"], [3, "in peace"]]);
  assert.deepEqual(found("/// Nothing in\n/// peace"), [[1, "in /// peace"]]);
  assert.deepEqual(found("The bearer has a bear-like gait; there is no doubt."), []);
  assert.deepEqual(found("it is no mistake"), [[1, "is no mistake"]]);
  assert.equal(findPhrases("in peace", phrases)[0]?.better, "otherwise");
});

test("a line of the list that says nothing better is refused", () => {
  assert.throws(() => readPhrases("in peace\n"), /in peace/);
});

test("the list names each phrase that native readers stumbled over", () => {
  const phrases = readPhrases(readFileSync(join(HERE, "phrases.txt"), "utf8"));
  for (const phrase of ["in peace", "bears", "dear", "anew", "reckons", "so many", "but for", "held against", "a nonce is no share"]) {
    assert.equal(findPhrases(`Text ${phrase} text.`, phrases).length, 1, phrase);
  }
  for (const plain of ["Compared with it, there is no share.", "It is no longer valid.", "A bearer token."]) {
    assert.deepEqual(findPhrases(plain, phrases), [], plain);
  }
});
