/** What the build makes of `signals-wasm`. */

declare module "signals-glue" {
  export function signals(
    window: Window,
    list: string[],
    shares: number,
    expected: number,
    attempts: number,
  ): void;
  export function __wbg_set_wasm(exports: WebAssembly.Exports): void;
}

declare module "signals-module" {
  /** The bytes of the module, one character each. */
  const module: string;
  export default module;
}
