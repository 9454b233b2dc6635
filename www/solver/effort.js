/**
 * How many workers suit a device, and how many of them should run just now.
 */

/** More workers than this cost more to start than they gain. */
const MAX_WORKERS = 8;
/** The same for a telephone: of its many cores, half are small ones that save power. */
const MAX_PHONE_WORKERS = 4;

/**
 * How many workers a device has room for: all cores of a small one, else one less, so that the page itself stays smooth;
 * half of a telephone's.
 *
 * @param {number} cores
 * @param {boolean} phone
 */
export function poolSize(cores, phone) {
  if (phone) return Math.min(Math.ceil(cores / 2), MAX_PHONE_WORKERS);
  return Math.min(cores > 2 ? cores - 1 : cores, MAX_WORKERS);
}

/**
 * How many of `size` workers should run.
 *
 * @param {number} size
 * @param {object} circumstances
 * @param {boolean} circumstances.hidden whether nobody looks at the page: it goes on, but not at others' expense
 * @param {boolean} circumstances.weak whether the battery is nearly empty
 * @param {boolean} circumstances.late whether it takes much longer than it should: the device is hot, or busy
 */
export function workersWanted(size, { hidden, weak, late }) {
  if (hidden) return 1;
  return Math.ceil(size / (weak ? 2 : 1) / (late ? 2 : 1));
}
