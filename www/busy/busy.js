/**
 * The page of a site that is too busy for this visitor just now, who has done the check and is cleared: it comes back by
 * itself, with the form that it carries.
 *
 * `main[data-state]` says where the page stands:
 *
 * | state | what happens |
 * |---|---|
 * | `starting` | only in the HTML: no script has run yet. After a while the style sheet offers a button |
 * | `waiting` | the time until the next try runs |
 * | `reconnecting` | it is time, but the verifier cannot be reached; the page stays, and asks again by itself |
 * | `trying` | the verifier is asked for a sign of life, then the page asked for is loading, or the form is being sent |
 * | `paused` | by the visitor, or after enough tries that the visitor is asked |
 * | `form-lost` | the form must be sent again |
 *
 * From `paused` on, nothing happens until the visitor presses a button.
 */

import { pause } from "../common/abort.js";
import { leave } from "../common/navigation.js";
import { View } from "../common/view.js";
import { Verifier } from "../verifier/protocol.js";
import { comeBack, tryNow } from "./comeback.js";
import { Tries } from "./tries.js";

/** @typedef {"form-lost" | import("./comeback.js").Stage} State */

/** Brings the page to life. */
export function startBusyPage() {
  const root = /** @type {HTMLElement} */ (document.querySelector("main"));
  /** @type {View<State>} */
  const view = new View(root);
  const parts = partsOf(root, view);
  let current = new AbortController();

  /** @param {typeof comeBack} go */
  const begin = (go) => {
    current.abort();
    current = new AbortController();
    const { signal } = current;
    go(parts, signal).catch((error) => {
      if (signal.aborted) return;
      view.show("paused");
      parts.report(error);
    });
  };
  /** @type {Record<string, () => void>} */
  const actions = {
    cancel() {
      current.abort();
      view.show("paused");
    },
    tryNow() {
      parts.tries.forget();
      begin(tryNow);
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

  if (root.dataset.formNotice === "lost") return view.show("form-lost");
  addEventListener("pagehide", () => current.abort());
  addEventListener("pageshow", ({ persisted }) => {
    // Restored as it was left, by the browser's "back".
    if (persisted) begin(comeBack);
  });
  begin(comeBack);
}

/**
 * @param {HTMLElement} root
 * @param {View<State>} view
 * @returns {import("./comeback.js").ComebackParts}
 */
function partsOf(root, view) {
  return {
    retryIn: Number(root.dataset.retryInMs),
    tries: new Tries(() => sessionStorage, () => Date.now()),
    verifier: new Verifier((url, init) => fetch(url, init), () => performance.now()),
    show: (stage) => view.show(stage),
    showWait: (fraction, secondsLeft) => view.showWait(fraction, secondsLeft),
    leave,
    report: (error) => console.error(error),
    now: () => performance.now(),
    random: () => Math.random(),
    pause: (milliseconds, signal) => pause(milliseconds, signal, window, "online"),
  };
}
