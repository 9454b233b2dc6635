/**
 * The challenge page: wires the visit to the document, the buttons, the browser's events and the other tabs.
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
 * | `cookies-blocked` | the verifier gave a token, the browser did not keep it |
 * | `refused` | the verifier refuses, or challenges again and again |
 * | `too-slow` | no challenge was solved in time |
 * | `unreachable` | tried to reconnect for two minutes |
 * | `failed` | a defect of the page, or a browser that runs no solver at all |
 *
 * From `form-lost` on, nothing happens until the visitor presses a button.
 *
 * A page in the background goes on working, with one worker: who looks away wants to find the site open. Of many tabs
 * opened at once, the first to finish frees the others.
 */

import { pause } from "../common/abort.js";
import { leave } from "../common/navigation.js";
import { View } from "../common/view.js";
import { rungsOf } from "../solver/ladder.js";
import { loadSolver } from "../solver/solver.js";
import { Verifier } from "../verifier/protocol.js";
import { LoopGuard } from "./guard.js";
import { Passage } from "./passage.js";

/**
 * Brings the page to life.
 *
 * @param {string} script the URL of the script that runs here, and in the workers
 * @param {() => Promise<import("../signals/signals.js").Look>} prepareLook gets ready to look for what speaks for
 *   automation
 */
export function startPage(script, prepareLook) {
  const root = /** @type {HTMLElement} */ (document.querySelector("main"));
  const guard = new LoopGuard(() => sessionStorage, () => Date.now());
  /** @type {View<import("./passage.js").State>} */
  const view = new View(root);
  const verifier = new Verifier((url, init) => fetch(url, init), () => performance.now());
  const formLost = root.dataset.formNotice === "lost";
  const passage = new Passage(visitParts(root, view, verifier, script, prepareLook), view, guard, formLost);

  /** @type {Record<string, () => void>} */
  const actions = {
    cancel: () => passage.halt("cancelled"),
    tryAgain() {
      guard.forget();
      passage.begin();
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

  addEventListener("error", ({ error, filename }) => {
    // Not what an extension of the browser did wrong in this page.
    if (filename === script) passage.fail(error);
  });
  addEventListener("pagehide", () => passage.stop());
  addEventListener("pageshow", ({ persisted }) => {
    // Restored as it was left, by the browser's "back": its challenge is old, and it may be cleared by now.
    if (persisted) passage.begin();
  });

  if (guard.circling) return passage.halt("refused");
  // The challenge in the page is younger than the page's clock, so it lives a little longer than said here.
  const { challenge = "", redeem = "", expiresInMs } = root.dataset;
  passage.begin({ text: challenge, redeem, expiresAt: Number(expiresInMs) });
}

/**
 * @param {HTMLElement} root
 * @param {View<import("./passage.js").State>} view
 * @param {Verifier} verifier
 * @param {string} script
 * @param {() => Promise<import("../signals/signals.js").Look>} prepareLook
 * @returns {import("./visit.js").VisitParts}
 */
function visitParts(root, view, verifier, script, prepareLook) {
  return {
    verifier,
    level: root.dataset.level ?? "1",
    rungs: rungsOf(self),
    loadSolver: (rung, signal) => loadSolver(script, verifier, rung, prepareLook, signal),
    show: (stage) => view.show(stage),
    showProgress: (fraction, secondsLeft) => view.showProgress(fraction, secondsLeft),
    online: () => navigator.onLine,
    report: (error) => console.error(error),
    now: () => performance.now(),
    random: () => Math.random(),
    pause: (milliseconds, signal) => pause(milliseconds, signal, window, "online"),
  };
}
