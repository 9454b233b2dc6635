/**
 * What speaks for automation in this browser. A module of WebAssembly looks; it is in this script, so that it costs no
 * request. Names leave the page, and nothing that was looked at.
 */

import * as glue from "signals-glue";
import module from "signals-module";

let looked = false;

/**
 * Adds the names of the signals that this browser raises to a list, when it has looked. Once, and nobody waits for it: where
 * it does not work, nothing is raised.
 *
 * @param {string[]} list
 */
export function lookForSignals(list) {
  if (looked) return;
  looked = true;
  look(list).catch(() => {});
}

/** @param {string[]} list */
async function look(list) {
  const bytes = Uint8Array.from(module, (character) => character.charCodeAt(0));
  const { instance } = await WebAssembly.instantiate(bytes, { "./challenge_wasm_bg.js": glue });
  glue.__wbg_set_wasm(instance.exports);
  glue.signals(window, list);
}
