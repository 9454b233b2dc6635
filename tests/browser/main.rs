//! Visits with real browsers: the real verifier, the real page and solver, headless Chromium, Firefox and two WebKits.
//!
//! A story is one visit and says what the visitor sees. Most are told with Chromium, which can be told most; what
//! depends on the browser is told with each. `visit` ends each story by making sure that no page had an error, and
//! [`trace`] lets a story look back at states that came and went.
//!
//! A test that needs another browser than Chromium has its name in its own, so that it can be left out where there is
//! none: `firefox`, `webkitgtk`, `wpe_webkit`. `cargo xtask test --only browser` installs them all.

mod browser;
mod chromium;
mod device;
mod firefox;
mod page;
mod relay;
mod rush;
mod site;
mod stories;
mod trace;
mod webkit;
mod witness;
