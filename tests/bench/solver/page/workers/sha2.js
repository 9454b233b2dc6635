// The crate sha2 searching our puzzle, for a threshold that one attempt in 2^32 meets.

// The types are there once the module is built.
const MODULE = "../../../../../target/xtask/sha2-wasm/sha2_wasm.js";
const NONCES = 2 ** 32;

const prefix = crypto.getRandomValues(new Uint32Array(12));
let first = 0;

async function load() {
  const { default: initialise, search } = await import(MODULE);
  await initialise();
  return search;
}

const loading = load();

self.onmessage = async ({ data: { attempts } }) => {
  const search = await loading;
  if (first + attempts > NONCES) first = 0;
  const end = first + attempts;
  // A share ends the search: it goes on after it.
  for (let next = first; next < end; ) next = (search(...prefix, 0, next, end - next) ?? end - 1) + 1;
  first = end;
  self.postMessage(attempts);
};
