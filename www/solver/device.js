/**
 * What the page wants to know of the device, to work as hard as suits it. All of it stays in the page.
 */

/** A telephone's screen is narrower than this many CSS pixels, however it is held. */
const PHONE = 600;
/** Part of a charge below which a battery is spared. */
const LOW = 0.2;

/** How many cores the device has; two when the browser keeps that to itself. */
export function cores() {
  return navigator.hardwareConcurrency || 2;
}

/** Whether it is a telephone. */
export function isPhone() {
  /** @type {{mobile: boolean} | undefined} */
  const agent = "userAgentData" in navigator ? /** @type {any} */ (navigator.userAgentData) : undefined;
  const small = () => matchMedia("(pointer: coarse)").matches && Math.min(screen.width, screen.height) < PHONE;
  return agent ? agent.mobile : small();
}

/**
 * Whether the processor is an ARM, and not an x86: they differ in the sign of the "not a number" they compute, and
 * browsers keep it.
 */
export function isArm() {
  const number = new Float32Array([Infinity]);
  number[0] = Number(number[0]) - Number(number[0]);
  return new Uint8Array(number.buffer)[3] === 0x7f;
}

/** Whether it runs on a battery that is nearly empty, as far as the browser tells. */
export async function isBatteryLow() {
  if (!("getBattery" in navigator)) return false;
  const { level, charging } = await /** @type {any} */ (navigator).getBattery();
  return level < LOW && !charging;
}
