// One question to a worker, one answer.

/**
 * @param {Worker} worker
 * @param {unknown} message
 * @returns {Promise<any>} the next thing the worker says
 */
export function ask(worker, message) {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = (event) => reject(new Error(event.message || `a worker failed: ${event.filename}`));
    worker.postMessage(message);
  });
}

/**
 * Random bytes, in hexadecimal digits.
 * @param {number} digits an even number
 */
export function randomHex(digits) {
  const bytes = crypto.getRandomValues(new Uint8Array(digits / 2));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * The hexadecimal digits to ask for, so that about this many attempts find them; at least one.
 * @param {number} attempts
 */
export function digitsFor(attempts) {
  return Math.max(1, Math.floor(Math.log2(attempts) / 4));
}
