/**
 * The way through the gate: at most one visit at a time, and what follows when it ends.
 */

import { leave } from "../common/navigation.js";
import { visit } from "./visit.js";

/** @typedef {"cancelled" | "form-lost" | import("./visit.js").Stage | import("./visit.js").Ending} State */

/** The page's passage through the gate. */
export class Passage {
  /**
   * @param {import("./visit.js").VisitParts} parts
   * @param {import("../common/view.js").View<State>} view
   * @param {import("./guard.js").LoopGuard} guard
   * @param {boolean} formLost whether the visitor has to send their form again
   */
  constructor(parts, view, guard, formLost) {
    /** @private */
    this.parts = parts;
    /** @private */
    this.view = view;
    /** @private */
    this.guard = guard;
    /** @private */
    this.formLost = formLost;
    /**
     * The visit that is under way, if any.
     *
     * @private
     * @type {AbortController | undefined}
     */
    this.current = undefined;
    /** @private */
    this.tabs = "BroadcastChannel" in self ? new BroadcastChannel("portcullis") : undefined;
    if (this.tabs) this.tabs.onmessage = () => this.followOtherTab();
  }

  /** @param {import("../common/messages.js").Challenge} [first] the challenge in the page, if it is still fresh */
  async begin(first) {
    this.stop();
    const controller = new AbortController();
    this.current = controller;
    try {
      const ending = await visit(this.parts, first, controller.signal);
      this.current = undefined;
      if (ending !== "done") return this.halt(ending);
      /** @type {import("../common/messages.js").ClearedNotice} */
      const notice = { kind: "cleared" };
      this.tabs?.postMessage(notice);
      this.goOn();
    } catch (error) {
      if (!controller.signal.aborted) this.fail(error);
    }
  }

  /** Ends the visit that is under way. */
  stop() {
    this.current?.abort();
    this.current = undefined;
  }

  /**
   * Lets the gate fall, until the visitor presses a button.
   *
   * @param {State} state
   */
  halt(state) {
    this.stop();
    this.view.showProgress(0);
    this.view.show(state);
  }

  /**
   * Something is wrong with the page itself.
   *
   * @param {unknown} error
   */
  fail(error) {
    this.halt("failed");
    this.parts.report(error);
  }

  /**
   * Leaves for the page the visitor asked for.
   *
   * @private
   */
  goOn() {
    this.guard.count();
    if (this.formLost) return this.view.show("form-lost");
    this.view.showProgress(1);
    this.view.show("done");
    leave();
  }

  /**
   * Another tab says that this browser is cleared. If the verifier says so too, the visit is over.
   *
   * @private
   */
  async followOtherTab() {
    const visited = this.current;
    if (!visited) return;
    const cleared = await this.parts.verifier.cleared(this.parts.level, visited.signal).catch(() => false);
    if (!cleared || this.current !== visited) return;
    this.stop();
    this.goOn();
  }
}
