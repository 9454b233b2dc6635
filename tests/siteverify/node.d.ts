// The few things of Node.js that `ask.js` uses, so that it needs no package to be type-checked.

declare module "node:stream/consumers" {
  export function text(stream: unknown): Promise<string>;
}

declare const process: { stdin: unknown };
