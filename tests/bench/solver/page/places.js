// Where things lie. The server gives them at the same places as the checkout has them.

/**
 * A file of a package from npm.
 * @param {string} file
 */
export const published = (file) => new URL(`../node_modules/${file}`, import.meta.url);

/**
 * A worker of ours.
 * @param {string} file
 */
export const worker = (file) => new Worker(new URL(`workers/${file}`, import.meta.url), { type: "module" });
