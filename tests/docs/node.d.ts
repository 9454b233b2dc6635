// The few things of Node.js that are used here, so that they need no package to be type-checked.

declare const process: { argv: string[]; execPath: string; exitCode: number };

declare module "node:assert/strict" {
  interface Assert {
    deepEqual(actual: unknown, expected: unknown, message?: string): void;
    equal(actual: unknown, expected: unknown, message?: string): void;
    match(text: string, pattern: RegExp, message?: string): void;
    doesNotMatch(text: string, pattern: RegExp, message?: string): void;
    ok(value: unknown, message?: string): void;
    throws(run: () => unknown, expected: RegExp): void;
  }
  const assert: Assert;
  export default assert;
}

declare module "node:child_process" {
  export function spawnSync(
    program: string,
    words: string[],
    options: { cwd: string; encoding: "utf8" },
  ): { status: number | null; stdout: string; stderr: string };
}

declare module "node:fs" {
  export function mkdtempSync(prefix: string): string;
  export function readFileSync(path: URL | string, encoding: "utf8"): string;
  export function rmSync(path: string, options: { recursive: boolean }): void;
  export function writeFileSync(path: string, text: string): void;
}

declare module "node:os" {
  export function tmpdir(): string;
}

declare module "node:path" {
  export function join(...parts: string[]): string;
}

declare module "node:test" {
  export function after(run: () => void): void;
  export function test(name: string, run: () => void): Promise<void>;
}

declare module "node:url" {
  export function fileURLToPath(url: URL): string;
  export function pathToFileURL(path: string): URL;
}
