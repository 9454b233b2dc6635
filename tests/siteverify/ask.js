// A login form's server that uses cf-turnstile, a published library for Turnstile. Only its URL is changed.
//
// Reads {"url", "secret", "response", "address"} from standard input, and prints what the library makes of it.

import { text } from "node:stream/consumers";

import turnstile from "cf-turnstile";

const { url, secret, response, address } = JSON.parse(await text(process.stdin));
const verify = turnstile(secret, { apiUrl: url, action: "login", hostname: "127.0.0.1" });
const { success, errors, timestamp } = await verify(response, { remoteip: address });
console.log(JSON.stringify({ valid: success, errors, timestamp }));
