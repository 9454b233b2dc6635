//! A browser of a story's own, with a fresh profile: what all kinds of browsers share.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::{Client, Locator};
use portcullis_tests::processes::within;
use serde_json::Value;
use tempfile::TempDir;

use crate::chromium;
use crate::witness::Witness;
use portcullis_tests::processes::Driver;

/// How long a story waits for what should happen. Generous: two cores are shared by browsers, tests and verifiers.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// A running browser. Dropped, it is killed, and gone without a trace: nobody would read what it saved.
pub(crate) struct Browser {
    pub(crate) client: Client,
    ear: Ear,
    logged: RefCell<Vec<Logged>>,
    // In this order: the folder goes when nobody writes to it any more.
    _driver: Driver,
    _folder: TempDir,
}

/// How what pages say is heard.
pub(crate) enum Ear {
    /// The driver gives out what is on Chromium's console.
    Console,
    /// Other drivers do not: a relay lets the pages tell it.
    Witness(Arc<Witness>),
}

/// A line of the browser's console.
#[derive(Clone, Debug)]
pub(crate) struct Logged {
    pub(crate) level: String,
    pub(crate) source: String,
    pub(crate) message: String,
}

impl Browser {
    /// A browser that has just started, and has its files in `folder`.
    pub(crate) fn new(client: Client, ear: Ear, driver: Driver, folder: TempDir) -> Self {
        Self { client, ear, logged: RefCell::default(), _driver: driver, _folder: folder }
    }

    /// Makes sure that no page had an error.
    pub(crate) async fn had_no_errors(&self) {
        let errors = self.page_errors().await;
        assert!(errors.is_empty(), "errors in the page: {errors:#?}");
    }

    /// Opens a URL in the current tab; done when the document has loaded.
    pub(crate) async fn open(&self, url: &str) {
        self.client.goto(url).await.expect("the URL opens");
    }

    /// What a script returns; nothing if it fails, or if the document goes away under it.
    pub(crate) async fn ask(&self, script: &str) -> Option<Value> {
        self.client.execute(script, Vec::new()).await.ok().filter(|value| !value.is_null())
    }

    /// Waits until a script returns something true.
    pub(crate) async fn until(&self, what: &str, script: &str) {
        self.waits_for(what, async || self.ask(script).await.filter(|value| *value == true)).await;
    }

    /// Waits until `look` sees something. When it does not, says how far the visit came.
    pub(crate) async fn waits_for<T>(&self, what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
        match within(LIMIT, look).await {
            Some(seen) => seen,
            None => panic!("not within {} s: {what}; the visit: {}", LIMIT.as_secs(), self.trace().await),
        }
    }

    /// The element of a CSS selector.
    pub(crate) async fn element(&self, selector: &str) -> Element {
        let found = self.client.find(Locator::Css(selector)).await;
        found.unwrap_or_else(|error| panic!("no {selector}: {error}"))
    }

    /// Presses keys wherever the focus is.
    pub(crate) async fn press(&self, keys: &str) {
        let focused = self.client.active_element().await.expect("something has the focus");
        focused.send_keys(keys).await.expect("keys can be pressed");
    }

    /// Everything on the console so far, of all tabs, oldest first.
    pub(crate) async fn console(&self) -> Vec<Logged> {
        let news = match &self.ear {
            Ear::Console => chromium::console(&self.client).await,
            Ear::Witness(witness) => witness.take(),
        };
        let mut logged = self.logged.borrow_mut();
        logged.extend(news);
        logged.clone()
    }

    /// What went wrong in pages: errors nobody caught, promises nobody handled, violations of the page's policy, and
    /// whatever a page itself called an error. Not what the network refused: that is part of the stories.
    pub(crate) async fn page_errors(&self) -> Vec<Logged> {
        let mut logged = self.console().await;
        logged.retain(|entry| entry.level == "SEVERE" && entry.source != "network");
        logged
    }

    /// Waits until the page has said on the console, for the site's developers, why it could not go on. That is not an
    /// error then; the console, and with it the trace, starts again.
    pub(crate) async fn has_said(&self, why: &str) {
        let what = format!("the console says {why:?}");
        let said = async || Some(self.page_errors().await).filter(|errors| !errors.is_empty());
        let errors = self.waits_for(&what, said).await;
        assert!(errors.len() == 1 && errors[0].message.contains(why), "not {why:?}, but {errors:?}");
        self.forget_console().await;
    }

    /// Forgets what is on the console, after a story has provoked what stands there.
    pub(crate) async fn forget_console(&self) {
        self.console().await;
        self.logged.borrow_mut().clear();
    }
}
