//! A headless Chromium of a story's own: fresh profile, driven through WebDriver and, where that does not reach,
//! Chromium's own DevTools protocol.

use std::cell::RefCell;
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder, Locator};
use http::Method;
use hyper_util::client::legacy::connect::HttpConnector;
use portcullis_tests::processes::within;
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use url::{ParseError, Url};

use crate::chromedriver::Chromedriver;
use crate::trace;

/// How long a story waits for what should happen. Generous: two cores are shared by browsers, tests and verifiers.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// How a browser is started.
#[derive(Clone, Debug, Default)]
pub(crate) struct Launch {
    arguments: Vec<String>,
    preferences: Map<String, Value>,
}

impl Launch {
    /// One more argument on Chromium's command line.
    pub(crate) fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// One more preference, as users set them.
    pub(crate) fn preference(mut self, name: &str, value: Value) -> Self {
        self.preferences.insert(name.to_owned(), value);
        self
    }

    /// Starts a browser, tells a story with it, and makes sure that no page had an error.
    pub(crate) async fn visit(self, story: impl AsyncFnOnce(&Browser)) {
        let browser = self.start().await;
        story(&browser).await;
        let errors = browser.page_errors().await;
        assert!(errors.is_empty(), "errors in the page: {errors:#?}");
        browser.client.clone().close().await.expect("the browser can be closed");
    }

    async fn start(self) -> Browser {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let driver = Chromedriver::start(folder.path());
        let mut arguments: Vec<String> = ARGUMENTS.iter().map(ToString::to_string).collect();
        arguments.push(format!("--user-data-dir={}", folder.path().join("profile").display()));
        arguments.extend(self.arguments);
        let wanted = json!({
            "goog:chromeOptions": { "args": arguments, "prefs": self.preferences },
            "goog:loggingPrefs": { "browser": "ALL" },
        });
        let Value::Object(wanted) = wanted else { unreachable!("written as an object two lines above") };
        let client = connect(&driver, wanted).await;
        let browser = Browser { client, logged: RefCell::default(), _driver: driver, _folder: folder };
        browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": trace::SCRIPT })).await;
        browser
    }
}

async fn connect(driver: &Chromedriver, wanted: Capabilities) -> Client {
    let mut builder = ClientBuilder::new(HttpConnector::new());
    builder.capabilities(wanted).connect(driver.url()).await.expect("chromedriver starts Chromium")
}

/// A running browser. Dropped, it is gone.
pub(crate) struct Browser {
    pub(crate) client: Client,
    logged: RefCell<Vec<Logged>>,
    // In this order: the folder goes when nobody writes to it any more.
    _driver: Chromedriver,
    _folder: TempDir,
}

/// A line of the browser's console.
#[derive(Clone, Debug)]
pub(crate) struct Logged {
    pub(crate) level: String,
    pub(crate) source: String,
    pub(crate) message: String,
}

impl Browser {
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

    /// Opens a new tab and turns to it.
    pub(crate) async fn new_tab(&self) {
        let tab = self.client.new_window(true).await.expect("a tab opens");
        self.client.switch_to_window(tab.handle).await.expect("the new tab is there");
        self.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": trace::SCRIPT })).await;
    }

    /// Sends a command of the DevTools protocol to the current tab.
    pub(crate) async fn devtools(&self, command: &str, parameters: Value) -> Value {
        let body = json!({ "cmd": command, "params": parameters });
        let answered = self.client.issue_cmd(Vendor { path: "goog/cdp/execute", body }).await;
        answered.unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    /// How many workers run, in all tabs.
    pub(crate) async fn workers(&self) -> usize {
        let targets = self.devtools("Target.getTargets", json!({ "filter": [{ "type": "worker" }] })).await;
        targets["targetInfos"].as_array().map_or(0, Vec::len)
    }

    /// Everything on the console so far, of all tabs, oldest first.
    pub(crate) async fn console(&self) -> Vec<Logged> {
        let body = json!({ "type": "browser" });
        let answered = self.client.issue_cmd(Vendor { path: "se/log", body }).await.expect("the console can be read");
        let mut logged = self.logged.borrow_mut();
        for entry in answered.as_array().into_iter().flatten() {
            let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
            logged.push(Logged { level: text("level"), source: text("source"), message: text("message") });
        }
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
    /// error then; the console, and with it the trace, begins anew.
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

/// A command that only Chromium's driver knows.
#[derive(Debug)]
struct Vendor {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Vendor {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}

/// No sandbox: containers rarely allow it. Nothing that asks the network.
const ARGUMENTS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,800",
];
