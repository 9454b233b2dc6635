// The few things of Node.js these tests use, so that they need no package to be type-checked.

declare module "node:assert/strict" {
  export function deepEqual(actual: unknown, expected: unknown, message?: string): void;
  export function equal(actual: unknown, expected: unknown, message?: string): void;
  export function notEqual(actual: unknown, expected: unknown, message?: string): void;
}

declare module "node:crypto" {
  interface Digest extends Uint8Array {
    readUInt32BE(offset: number): number;
  }
  interface Hash {
    update(bytes: Uint8Array): Hash;
    digest(): Digest;
  }
  export function createHash(algorithm: "sha256"): Hash;
  export function createHmac(algorithm: "sha256", key: Uint8Array): Hash;
  export function pbkdf2Sync(
    password: Uint8Array,
    salt: Uint8Array,
    iterations: number,
    length: number,
    digest: "sha256",
  ): Digest;
  export function timingSafeEqual(one: Uint8Array, other: Uint8Array): boolean;
}

declare module "node:fs" {
  export function readFileSync(path: URL, encoding: "utf8"): string;
  export function readdirSync(path: URL): string[];
}

declare module "node:test" {
  export function test(name: string, run: () => void): Promise<void>;
}
