/**
 * The known-answer files, compared with the JavaScript implementation: `node --test tests/js/vectors.test.js`.
 */

import { deepEqual, equal, notEqual } from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import * as portcullis from "./portcullis.js";

const FOLDER = new URL("../vectors/", import.meta.url);
/** @type {string[]} */
const filesRead = [];

/** @type {typeof import("../vectors/challenges.json")} */
const challenges = read("challenges.json");
/** @type {typeof import("../vectors/forged-challenges.json")} */
const forgedChallenges = read("forged-challenges.json");
/** @type {typeof import("../vectors/malformed-challenges.json")} */
const malformedChallenges = read("malformed-challenges.json");
/** @type {typeof import("../vectors/malformed-solutions.json")} */
const malformedSolutions = read("malformed-solutions.json");
/** @type {typeof import("../vectors/difficulties.json")} */
const difficulties = read("difficulties.json");
/** @type {typeof import("../vectors/thresholds.json")} */
const thresholds = read("thresholds.json");
/** @type {typeof import("../vectors/shares.json")} */
const shares = read("shares.json");
/** @type {typeof import("../vectors/solved-challenges.json")} */
const solvedChallenges = read("solved-challenges.json");
/** @type {typeof import("../vectors/wrong-solutions.json")} */
const wrongSolutions = read("wrong-solutions.json");

/** @param {string} name */
function read(name) {
  const file = JSON.parse(readFileSync(new URL(name, FOLDER), "utf8"));
  notEqual(file.vectors.length, 0, `${name} holds vectors`);
  filesRead.push(name);
  return file;
}

/** @param {string} digits */
function bytesOf(digits) {
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

/**
 * The rule a message breaks; undefined if it is well-formed.
 *
 * @param {() => unknown} parse
 */
function ruleBrokenBy(parse) {
  try {
    parse();
    return undefined;
  } catch (error) {
    if (error instanceof portcullis.ParseError) return error.rule;
    throw error;
  }
}

/** @param {(typeof challenges.vectors)[number]} vector */
function fieldsOf(vector) {
  return {
    iterations: vector.iterations,
    keyId: vector.key_id,
    shares: vector.shares,
    threshold: vector.threshold,
    issuedAt: BigInt(vector.issued_at),
    lifetime: vector.lifetime,
    audience: bytesOf(vector.audience),
    binding: bytesOf(vector.binding),
    id: bytesOf(vector.id),
  };
}

test("every file of vectors is read", () => {
  const onDisk = readdirSync(FOLDER).filter((name) => name.endsWith(".json"));
  deepEqual(onDisk.sort(), filesRead.sort());
});

test("challenges are read and written", () => {
  for (const vector of [...challenges.vectors, ...forgedChallenges.vectors]) {
    const challenge = { ...fieldsOf(vector), tag: bytesOf(vector.tag) };
    deepEqual(portcullis.parseChallenge(vector.text), challenge, vector.name);
    equal(portcullis.encodeChallenge(challenge), vector.text, vector.name);
    deepEqual(portcullis.macInput(challenge), bytesOf(vector.mac_input), vector.name);
    deepEqual(portcullis.prefixOf(challenge), bytesOf(vector.prefix), vector.name);
    equal(portcullis.difficultyOf(vector.threshold, vector.shares), vector.difficulty, vector.name);
  }
});

test("genuine challenges have the tag their key makes, forged ones do not", () => {
  for (const vector of challenges.vectors) {
    deepEqual(Uint8Array.from(portcullis.tagOf(bytesOf(vector.key), fieldsOf(vector))), bytesOf(vector.tag), vector.name);
  }
  for (const vector of forgedChallenges.vectors) {
    const challenge = portcullis.parseChallenge(vector.text);
    equal(portcullis.isGenuine(bytesOf(vector.key), challenge), false, vector.name);
  }
});

test("malformed challenges are refused for the first rule they break", () => {
  for (const { name, text, error } of malformedChallenges.vectors) {
    equal(ruleBrokenBy(() => portcullis.parseChallenge(text)), error, name);
  }
});

test("malformed solutions are refused for the first rule they break", () => {
  for (const { name, text, error } of malformedSolutions.vectors) {
    equal(ruleBrokenBy(() => portcullis.parseSolution(text)), error, name);
  }
});

test("difficulties have their thresholds, and thresholds their difficulties", () => {
  for (const { shares, difficulty, threshold, reached } of difficulties.vectors) {
    const got = portcullis.thresholdFor(difficulty, shares);
    equal(got, threshold, `${shares} shares, ${difficulty} attempts`);
    equal(got === null ? null : portcullis.difficultyOf(got, shares), reached, `${shares} shares, threshold ${got}`);
  }
  for (const { shares, threshold, difficulty } of thresholds.vectors) {
    equal(portcullis.difficultyOf(threshold, shares), difficulty, `${shares} shares, threshold ${threshold}`);
  }
});

test("attempts have their last words, and shares are not above the threshold", () => {
  for (const { name, iterations, prefix, threshold, nonce, last_word, is_share } of shares.vectors) {
    const puzzle = { iterations, prefix: bytesOf(prefix), threshold };
    equal(portcullis.lastWord(puzzle, nonce), last_word, name);
    equal(portcullis.isShare(puzzle, nonce), is_share, name);
  }
});

test("solutions are found, written, read and verified", () => {
  for (const { name, challenge, search_from, nonces, solution } of solvedChallenges.vectors) {
    const parsed = portcullis.parseChallenge(challenge);
    deepEqual(portcullis.search(parsed, search_from), nonces, name);
    equal(portcullis.encodeSolution(nonces), solution, name);
    deepEqual(portcullis.parseSolution(solution), nonces, name);
    equal(portcullis.isSolvedBy(parsed, nonces), true, name);
  }
});

test("wrong solutions are refused by their form or by their work", () => {
  for (const { name, challenge, solution, error } of wrongSolutions.vectors) {
    const parsed = portcullis.parseChallenge(challenge);
    const rule = ruleBrokenBy(() => portcullis.parseSolution(solution));
    equal(rule ?? "insufficient-work", error, name);
    if (rule === undefined) equal(portcullis.isSolvedBy(parsed, portcullis.parseSolution(solution)), false, name);
  }
});

test("nonces that are not a solution are not written", () => {
  for (const nonces of [[], [2, 1], [1, 1], Array.from({ length: 65 }, (_, nonce) => nonce)]) {
    equal(ruleBrokenBy(() => portcullis.encodeSolution(nonces)), "nonces", nonces.join(" "));
  }
});
