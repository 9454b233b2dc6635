// Who is measured, and how each is started and counted. The files are in `contestants/`.

import { altchaPbkdf2, altchaSha } from "./contestants/altcha.js";
import { cap, capFile } from "./contestants/cap.js";
import { friendly } from "./contestants/friendly.js";
import { mcaptcha } from "./contestants/mcaptcha.js";
import * as ours from "./contestants/ours.js";

/** @type {Record<string, () => Promise<import("./measure.js").Contestant>>} */
export const contestants = {
  "portcullis-simd": ours.portcullisSimd,
  "portcullis-scalar": ours.portcullisScalar,
  "portcullis-pbkdf2": ours.portcullisPbkdf2,
  "portcullis-js": ours.portcullisJs,
  "sha2-simd128": ours.sha2Simd128,
  cap,
  "cap-file": capFile,
  mcaptcha,
  friendly,
  "altcha-sha": altchaSha,
  "altcha-pbkdf2": altchaPbkdf2,
  "webcrypto-loop": ours.webcryptoLoop,
};
