/**
 * The challenge page's entry: wires the visit to the document, the buttons, the browser's events and the other tabs.
 *
 * `main[data-state]` says where the page stands:
 *
 * | state | what happens |
 * |---|---|
 * | `starting` | only in the HTML: no script has run yet. After a while the style sheet offers to load the page again |
 * | `working` | the challenge is being solved |
 * | `expired` | the challenge was not solved in time; a fresh one is fetched by itself |
 * | `redeeming` | the solution is on its way to the verifier |
 * | `reconnecting`, `offline` | the verifier, or any network, cannot be reached; tried again by itself |
 * | `done` | cleared: the page the visitor asked for is loading, or their form is being sent |
 * | `form-lost` | cleared, but the form must be sent again |
 * | `cancelled` | by the visitor |
 * | `no-wasm` | this browser cannot run the solver |
 * | `cookies-blocked` | the verifier gave a token, the browser did not keep it |
 * | `refused` | the verifier refuses, or challenges again and again |
 * | `too-slow` | no challenge was solved in time |
 * | `unreachable` | tried to reconnect for two minutes |
 * | `failed` | a defect of the page |
 *
 * From `form-lost` on, nothing happens until the visitor presses a button.
 *
 * A page in the background goes on working: who looks away wants to find the site open. Of many tabs opened at once, the
 * first to finish frees the others.
 */

import { LoopGuard } from "./guard.js";
import { loadAgain } from "./navigation.js";
import { Verifier } from "./protocol.js";
import { pause } from "./signals.js";
import { loadSolver } from "./solver.js";
import { View } from "./view.js";
import { visit } from "./visit.js";

const root = /** @type {HTMLElement} */ (document.querySelector("main"));
const form = /** @type {HTMLFormElement | null} */ (document.querySelector("#carried-form"));
const view = new View(root);
const guard = new LoopGuard(() => sessionStorage, () => performance.timeOrigin + performance.now());
const verifier = new Verifier((input, init) => fetch(input, init), () => performance.now());
const tabs = "BroadcastChannel" in globalThis ? new BroadcastChannel("portcullis") : undefined;

/**
 * The visit that is under way, if any.
 *
 * @type {AbortController | undefined}
 */
let current;

/** @type {import("./visit.js").VisitParts} */
const parts = {
  verifier,
  loadSolver,
  show: (stage) => view.show(stage),
  showProgress: (fraction) => view.showProgress(fraction),
  online: () => navigator.onLine,
  report: (error) => console.error(error),
  now: () => performance.now(),
  random: () => Math.random(),
  pause: (milliseconds, signal) => pause(milliseconds, signal, window, "online"),
};

/** The challenge in the page. It is younger than the page's clock, so it lives a little longer than said here. */
function challengeInPage() {
  const { challenge, redeem, expiresInMs } = root.dataset;
  return { text: challenge ?? "", redeem: redeem ?? "", expiresAt: Number(expiresInMs) };
}

/** @param {import("./messages.js").Challenge} [first] */
async function begin(first) {
  stop();
  const controller = new AbortController();
  current = controller;
  try {
    const ending = await visit(parts, first, controller.signal);
    current = undefined;
    if (ending !== "done") return halt(ending);
    /** @type {import("./messages.js").ClearedNotice} */
    const notice = { kind: "cleared" };
    tabs?.postMessage(notice);
    goOn();
  } catch (error) {
    if (!controller.signal.aborted) fail(error);
  }
}

function stop() {
  current?.abort();
  current = undefined;
}

/** Leaves for the page the visitor asked for. */
function goOn() {
  guard.count();
  if (root.dataset.formNotice === "lost") return view.show("form-lost");
  view.showProgress(1);
  view.show("done");
  leave();
}

function leave() {
  // By way of the prototype: a field of the form may be called "submit".
  if (form) HTMLFormElement.prototype.submit.call(form);
  else loadAgain(location, history);
}

/**
 * Lets the gate fall, until the visitor presses a button.
 *
 * @param {import("./view.js").State} state
 */
function halt(state) {
  stop();
  view.showProgress(0);
  view.show(state);
}

/** @param {unknown} error */
function fail(error) {
  halt("failed");
  console.error(error);
}

/** @type {Record<string, () => void>} */
const actions = {
  cancel: () => halt("cancelled"),
  tryAgain() {
    guard.forget();
    begin();
  },
  back() {
    if (history.length > 1) history.back();
    else leave();
  },
  leave,
};

root.addEventListener("click", ({ target }) => {
  const button = /** @type {Element} */ (target).closest("button");
  actions[button?.dataset.action ?? ""]?.();
});

// Not what an extension of the browser did wrong in this page.
window.addEventListener("error", ({ error, filename }) => {
  if (filename.startsWith(new URL(".", import.meta.url).href)) fail(error);
});

window.addEventListener("pagehide", stop);

// Restored as it was left, by the browser's "back": its challenge is old, and it may be cleared by now.
window.addEventListener("pageshow", ({ persisted }) => {
  if (persisted) begin();
});

if (tabs) {
  tabs.onmessage = async () => {
    const visited = current;
    if (!visited) return;
    const cleared = await verifier.cleared(visited.signal).catch(() => false);
    if (!cleared || current !== visited) return;
    stop();
    goOn();
  };
}

if (guard.circling) halt("refused");
else begin(challengeInPage());
