/**
 * The search in WebAssembly, with or without vector instructions: the fastest there is.
 */

/**
 * The module needs nothing from JavaScript and takes and gives numbers alone: the search it exports says which is the first
 * share of a range, or 2³²: more than any nonce.
 *
 * @param {ArrayBuffer} module
 * @param {import("../../common/messages.js").Puzzle} puzzle of kind 1
 * @returns {import("../slices.js").Search}
 * @throws {WebAssembly.CompileError} when this browser does not run it, or the policy of the page forbids to
 */
export function wasmSearch(module, { prefix, threshold }) {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module));
  const firstShare = /** @type {(...numbers: number[]) => number} */ (instance.exports.search);
  return (first, end) => {
    const nonces = [];
    while (first < end) {
      const nonce = firstShare(...prefix, threshold, first, end - first);
      if (nonce >= end) break;
      nonces.push(nonce);
      first = nonce + 1;
    }
    return nonces;
  };
}
