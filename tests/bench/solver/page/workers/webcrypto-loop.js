// Appends a nonce in decimal digits to a challenge, and awaits the digest. The digest has to begin with more zero bytes
// than will be seen.

import { randomHex } from "../ask.js";

const challenge = randomHex(32);
const encoder = new TextEncoder();
let nonce = 0;

self.onmessage = async ({ data: { attempts } }) => {
  let tried = 0;
  for (; tried < attempts; tried += 1) {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(challenge + nonce)));
    nonce += 1;
    if (digest.subarray(0, 6).every((byte) => byte === 0)) break;
  }
  self.postMessage(tried);
};
