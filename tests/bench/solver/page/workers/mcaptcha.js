// Calls mCaptcha's module. What it exports is written for bundlers: the module is handed to it as they do.

const PACKAGE = "../../node_modules/@mcaptcha/pow-wasm";

async function load() {
  const bindings = await import(`${PACKAGE}/pow_wasm_bg.js`);
  const file = fetch(new URL(`${PACKAGE}/pow_wasm_bg.wasm`, import.meta.url));
  const { instance } = await WebAssembly.instantiateStreaming(file, { "./pow_wasm_bg.js": bindings });
  bindings.__wbg_set_wasm(instance.exports);
  return bindings;
}

const loading = load();

self.onmessage = async ({ data: { salt, phrase, difficulty } }) => {
  const { gen_pow } = await loading;
  self.postMessage(JSON.parse(gen_pow(salt, phrase, difficulty)).nonce);
};
