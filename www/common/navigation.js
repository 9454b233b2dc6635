/**
 * On to the page the visitor asked for.
 */

/**
 * Loads the current address again: byte for byte, with query and fragment, always by GET, and without a new entry in the
 * tab's history.
 *
 * Neither of the obvious ways does that. `location.reload()` repeats a POST. `location.replace(location.href)` only
 * scrolls, and loads nothing, when the address has a fragment: it differs from the current one in nothing else. So the
 * current address is made to differ first, by its query alone: should the visitor reload by hand just now, that is the
 * same page still.
 *
 * @param {Pick<Location, "href" | "search" | "replace">} location
 * @param {Pick<History, "replaceState">} history
 */
export function loadAgain(location, history) {
  const { href, search } = location;
  if (href.includes("#")) history.replaceState(null, "", `?${search.slice(1)}&`);
  location.replace(href);
}

/** Loads the page the visitor asked for, or sends the form that they sent. */
export function leave() {
  const form = /** @type {HTMLFormElement | null} */ (document.querySelector("#carried-form"));
  // By way of the prototype: a field of the form may be called "submit".
  if (form) HTMLFormElement.prototype.submit.call(form);
  else loadAgain(location, history);
}
