// Finds phrases that are not plain English, whatever the kind of file: `node phrases.js FILE…`. The list of them, with
// something better for each, is phrases.txt.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

/** @typedef {{ pattern: RegExp, better: string }} Phrase */
/** @typedef {{ line: number, found: string, better: string }} Finding */

/** What may stand between two words of a phrase: white space, or the end of a line of a paragraph or a comment. */
const BETWEEN = "(?:[ \\t]+|[ \\t]*\\n[ \\t]*(?:(?:///?|//!|#|\\*|>)[ \\t]+)?)";

/**
 * Reads the list. A line of it is `phrase → something better`; lines that begin with # are comments.
 *
 * @param {string} text
 * @returns {Phrase[]}
 */
export function readPhrases(text) {
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("#"));
  return lines.map((line) => {
    const [phrase, better] = line.split("→").map((part) => part.trim());
    if (!phrase || !better) throw new Error(`phrases.txt: not \`phrase → something better\`: ${line}`);
    // A space in brackets, such as those of a look-behind, is meant as it is.
    const pattern = phrase.replace(/(?<!\[[^\]]*|\(\?[^)]*) /g, BETWEEN);
    return { pattern: new RegExp(`(?<![\\w-])(?:${pattern})(?![\\w-])`, "gi"), better };
  });
}

/**
 * Every phrase of the list in a text.
 *
 * @param {string} text
 * @param {Phrase[]} phrases
 * @returns {Finding[]}
 */
export function findPhrases(text, phrases) {
  const findings = phrases.flatMap(({ pattern, better }) =>
    [...text.matchAll(pattern)].map(({ 0: found, index }) => ({
      line: text.slice(0, index).split("\n").length,
      found: found.replace(/\s+/g, " "),
      better,
    })),
  );
  return findings.sort((one, other) => one.line - other.line);
}

/** @param {string[]} files */
function check(files) {
  const phrases = readPhrases(readFileSync(new URL("phrases.txt", import.meta.url), "utf8"));
  for (const file of files) {
    for (const { line, found, better } of findPhrases(readFileSync(file, "utf8"), phrases)) {
      console.error(`${file}:${line} plain-english: "${found}"; better: ${better}`);
      process.exitCode = 1;
    }
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) check(process.argv.slice(2));
