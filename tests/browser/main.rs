//! Visits with a real browser: the real verifier, the real page and solver, headless Chromium.
//!
//! A story is one visit and says what the visitor sees. [`chromium::Launch::visit`] ends each by making sure that no
//! page had an error, and [`trace`] lets a story look back at states that came and went.

mod chromedriver;
mod chromium;
mod device;
mod page;
mod relay;
mod site;
mod stories;
mod trace;
