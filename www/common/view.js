/**
 * What the visitor sees. All texts are in the page already, in the visitor's language: this only shows and hides them.
 */

/**
 * The page's `main` element and what is in it. Its `data-state` says where the page stands; whenever that changes, what
 * belongs to the state is shown and the rest hidden.
 *
 * @template {string} State the states of the page
 */
export class View {
  /** @param {HTMLElement} root */
  constructor(root) {
    /** @private */
    this.root = root;
    /** @private */
    this.language = document.documentElement.lang;
    /** @private */
    this.percent = new Intl.NumberFormat(this.language, { style: "percent" });
    new MutationObserver(() => this.follow()).observe(root, { attributeFilter: ["data-state"] });
  }

  /** @param {State} state */
  show(state) {
    if (this.root.dataset.state !== state) this.root.dataset.state = state;
  }

  /**
   * Moves the progress of a check, and the gate. Only the middle is announced to those who listen: a bar that speaks at each
   * share would never be silent. The time left is there for them to look up.
   *
   * @param {number} fraction from 0 to 1
   * @param {number} [secondsLeft] if it is worth saying
   */
  showProgress(fraction, secondsLeft) {
    this.part("#percent").textContent = this.percent.format(fraction);
    this.part("#half-way").hidden = fraction < 0.5;
    this.root.style.setProperty("--progress", String(fraction));
    this.showWait(fraction, secondsLeft);
  }

  /**
   * Moves the bar, and says the time left beside it. None of it is announced.
   *
   * @param {number} fraction from 0 to 1
   * @param {number} [secondsLeft]
   */
  showWait(fraction, secondsLeft) {
    const bar = /** @type {HTMLProgressElement} */ (this.part("progress"));
    bar.value = fraction;
    const time = secondsLeft ? inWords(secondsLeft, this.language) : "";
    this.part("#time-left").hidden = !time;
    this.part("#time-left span").textContent = time;
  }

  /** @private */
  follow() {
    const { state } = this.root.dataset;
    const focused = document.activeElement;
    for (const element of this.root.querySelectorAll("[data-when]")) {
      /** @type {HTMLElement} */ (element).hidden = !element.matches(`[data-when~="${state}"]`);
    }
    // The focus must not vanish with the button that had it.
    if (focused?.closest("[hidden]")) this.part(".buttons :not([hidden])")?.focus();
  }

  /**
   * @private
   * @param {string} selector
   */
  part(selector) {
    return /** @type {HTMLElement} */ (this.root.querySelector(selector));
  }
}

/**
 * A time in the visitor's language; nothing in a browser that cannot say it.
 *
 * @param {number} seconds
 * @param {string} lang
 */
function inWords(seconds, lang) {
  const minutes = seconds >= 60;
  try {
    const format = new Intl.NumberFormat(lang, { style: "unit", unit: minutes ? "minute" : "second", unitDisplay: "long" });
    return format.format(minutes ? seconds / 60 : seconds);
  } catch {
    return "";
  }
}
