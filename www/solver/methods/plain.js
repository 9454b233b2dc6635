/**
 * The search in JavaScript alone, for browsers that have neither WebAssembly nor, in an insecure context, WebCrypto.
 *
 * It takes the shortcuts of the fast solvers. Of the 64 rounds of SHA-256 (FIPS 180-4, 6.2.2), the first twelve see only
 * the prefix and are done once; the thirteenth adds the nonce to a constant. The last digest word is known after the
 * 61st. Five words of the schedule follow from the prefix, and a sixth except for adding the nonce.
 */

/**
 * An array of integers. (`any` says that its elements are there: the compiler cannot know, and a check would cost time.)
 *
 * @typedef {Record<number, any>} Words
 */

/** The words of an attempt before its nonce. */
const PREFIX = 12;
/** As many rounds as the last digest word depends on. */
const ROUNDS = 61;

/**
 * One function holds the whole loop, because engines put small functions into it, and not into another that it calls: with
 * the rounds in a function of their own, it takes 2.5 times as long.
 *
 * @param {import("../../common/messages.js").Puzzle} puzzle of kind 1
 * @returns {import("../slices.js").Search}
 */
export function plainSearch({ prefix, threshold }) {
  const { words, constants, last, word19, lower, upper, state } = prepare(prefix);
  const { a: a0, b: b0, c: c0, d: d0, e: e0, f: f0, g: g0 } = state;
  return (first, end) => {
    const nonces = [];
    for (let nonce = first; nonce < end; nonce += 1) {
      words[PREFIX] = nonce;
      words[19] = word19 + nonce;
      extend(words, 21, ROUNDS);
      let b = a0;
      let c = b0;
      let d = c0;
      let f = e0;
      let g = f0;
      let h = g0;
      let e = (lower + nonce) | 0;
      let a = (upper + e) | 0;
      e = (d0 + e) | 0;
      // Four rounds at a time: after them, the halves of the state have changed places.
      for (let t = 13; t < ROUNDS; t += 4) {
        h = mixLower(e, f, g, h, constants[t] + words[t]);
        d = (d + h) | 0;
        h = mixUpper(a, b, c, h);
        g = mixLower(d, e, f, g, constants[t + 1] + words[t + 1]);
        c = (c + g) | 0;
        g = mixUpper(h, a, b, g);
        f = mixLower(c, d, e, f, constants[t + 2] + words[t + 2]);
        b = (b + f) | 0;
        f = mixUpper(g, h, a, f);
        e = mixLower(b, c, d, e, constants[t + 3] + words[t + 3]);
        a = (a + e) | 0;
        e = mixUpper(f, g, h, e);
        // Written out, because engines make an array of `[a, e] = [e, a]`.
        let other = a;
        a = e;
        e = other;
        other = b;
        b = f;
        f = other;
        other = c;
        c = g;
        g = other;
        other = d;
        d = h;
        h = other;
      }
      if ((e + last) >>> 0 <= threshold) nonces.push(nonce);
    }
    return nonces;
  };
}

/**
 * What all attempts have in common.
 *
 * @param {Uint32Array} prefix
 */
function prepare(prefix) {
  /** @type {{constants: Words, initial: Words}} */
  const { constants, initial } = fractions();
  /** @type {Int32Array & Words} */
  const words = new Int32Array(ROUNDS);
  words.set(prefix);
  // After the nonce comes the padding: a single bit, and the message's length of 416 bits.
  words[13] = 1 << 31;
  words[15] = 416;
  extend(words, 16, 21);
  const state = absorb(initial, words, constants);
  const { a, b, c, e, f, g, h } = state;
  // The thirteenth round except for the nonce.
  const lower = mixLower(e, f, g, h, constants[PREFIX]);
  const upper = mixUpper(a, b, c, 0);
  return { words, constants, last: initial[7], word19: words[19], lower, upper, state };
}

/**
 * The state after the rounds that see only the prefix.
 *
 * @param {Words} initial
 * @param {Words} words
 * @param {Words} constants
 */
function absorb(initial, words, constants) {
  let { 0: a, 1: b, 2: c, 3: d, 4: e, 5: f, 6: g, 7: h } = initial;
  for (let t = 0; t < PREFIX; t += 1) {
    const mixed = mixLower(e, f, g, h, constants[t] + words[t]);
    [a, b, c, d, e, f, g, h] = [mixUpper(a, b, c, mixed), a, b, c, (d + mixed) | 0, e, f, g];
  }
  return { a, b, c, d, e, f, g, h };
}

/**
 * T₁ of a round.
 *
 * @param {number} e
 * @param {number} f
 * @param {number} g
 * @param {number} h
 * @param {number} word of the schedule, with the round's constant
 */
function mixLower(e, f, g, h, word) {
  return (
    (h + (((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))) + (g ^ (e & (f ^ g))) + word) | 0
  );
}

/**
 * T₁ + T₂ of a round.
 *
 * @param {number} a
 * @param {number} b
 * @param {number} c
 * @param {number} mixed T₁
 */
function mixUpper(a, b, c, mixed) {
  const rotated = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
  return (mixed + rotated + ((a & b) | (c & (a | b)))) | 0;
}

/**
 * Writes the words of the schedule from `t` up to and without `end`, from those before them.
 *
 * @param {Words} words
 * @param {number} t
 * @param {number} end
 */
function extend(words, t, end) {
  for (; t < end; t += 1) {
    const x = words[t - 15];
    const y = words[t - 2];
    words[t] =
      (((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)) +
      (((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10)) +
      words[t - 7] +
      words[t - 16];
  }
}

/**
 * The constants of SHA-256 (FIPS 180-4, 4.2.2 and 5.3.3): the first 32 bits of the fractional parts of the cube roots of
 * the first 64 primes, and of the square roots of the first eight. Shorter computed than written down.
 */
function fractions() {
  /** @type {number[]} */
  const primes = [];
  for (let number = 2; primes.length < 64; number += 1) {
    if (primes.every((prime) => number % prime)) primes.push(number);
  }
  const root = (/** @type {number} */ exponent) => (/** @type {number} */ prime) => (prime ** exponent % 1) * 2 ** 32;
  return { constants: Int32Array.from(primes, root(1 / 3)), initial: Int32Array.from(primes.slice(0, 8), root(1 / 2)) };
}
