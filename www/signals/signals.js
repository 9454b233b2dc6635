/**
 * What speaks for automation in this browser. A module of WebAssembly looks; it is in this script, so that it costs no
 * request. Names leave the page, and nothing that was looked at.
 */

import * as glue from "signals-glue";
import module from "signals-module";

/**
 * Adds the names of the signals that this browser raises to a list, for a solution of this many shares, which takes this
 * many expected attempts, and was found here with this many.
 *
 * @typedef {(list: string[], shares: number, expected: number, attempts: number) => void} Look
 */

/**
 * Gets ready to look.
 *
 * @returns {Promise<Look>}
 * @throws {unknown} where that does not work
 */
export async function prepareLook() {
  const bytes = Uint8Array.from(module, (character) => character.charCodeAt(0));
  const { instance } = await WebAssembly.instantiate(bytes, { "./signals_wasm_bg.js": glue });
  glue.__wbg_set_wasm(instance.exports);
  return (list, ...found) => glue.signals(window, list, ...found);
}
