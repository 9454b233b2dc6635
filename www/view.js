/**
 * What the visitor sees. All texts are in the page already, in the visitor's language: this only shows and hides them.
 */

/**
 * @typedef {"cancelled" | "form-lost" | import("./visit.js").Stage | import("./visit.js").Ending} State
 */

/** The page's `main` element and what is in it. */
export class View {
  #root;
  #progress;
  #percent;
  #halfWay;
  #format;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = root;
    this.#progress = /** @type {HTMLProgressElement} */ (root.querySelector("progress"));
    this.#percent = /** @type {HTMLElement} */ (root.querySelector("#percent"));
    this.#halfWay = /** @type {HTMLElement} */ (root.querySelector("#half-way"));
    this.#format = new Intl.NumberFormat(document.documentElement.lang, { style: "percent" });
  }

  /**
   * Shows what belongs to a state and hides the rest.
   *
   * @param {State} state
   */
  show(state) {
    if (this.#root.dataset.state === state) return;
    this.#root.dataset.state = state;
    const focused = document.activeElement;
    for (const element of this.#root.querySelectorAll("[data-when]")) {
      /** @type {HTMLElement} */ (element).hidden = !element.matches(`[data-when~="${state}"]`);
    }
    // The focus must not vanish with the button that had it.
    if (focused?.closest("[hidden]")) {
      /** @type {HTMLElement | null} */ (this.#root.querySelector("button:not([hidden])"))?.focus();
    }
  }

  /**
   * Moves the progress bar and the gate. Only the middle is announced to those who listen: a bar that speaks at each
   * share would never be silent.
   *
   * @param {number} fraction from 0 to 1
   */
  showProgress(fraction) {
    const text = this.#format.format(fraction);
    this.#progress.value = fraction;
    this.#progress.textContent = text;
    this.#percent.textContent = text;
    this.#halfWay.hidden = fraction < 0.5;
    this.#root.style.setProperty("--progress", String(fraction));
  }
}
