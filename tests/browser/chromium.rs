//! Headless Chromium, driven through WebDriver and, where that does not reach, its own DevTools protocol.

use std::ops::Deref;

use fantoccini::Client;
use fantoccini::wd::WebDriverCompatibleCommand;
use http::Method;
use portcullis_tests::processes::{CHROMIUM, Driver};
use serde_json::{Map, Value, json};
use url::{ParseError, Url};

use crate::browser::{Browser, Ear, Logged};
use crate::trace;

/// How Chromium is started.
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
    pub(crate) async fn visit(self, story: impl AsyncFnOnce(&Chromium)) {
        let browser = self.start().await;
        story(&browser).await;
        browser.had_no_errors().await;
    }

    async fn start(self) -> Chromium {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let driver = Driver::of_chromium(folder.path());
        let mut arguments: Vec<String> = CHROMIUM.iter().map(ToString::to_string).collect();
        arguments.push("--window-size=1280,800".to_owned());
        arguments.push(format!("--user-data-dir={}", folder.path().join("profile").display()));
        arguments.extend(self.arguments);
        let wanted = json!({
            "goog:chromeOptions": { "args": arguments, "prefs": self.preferences },
            "goog:loggingPrefs": { "browser": "ALL" },
        });
        let client = driver.browser(wanted).await;
        let chromium = Chromium(Browser::new(client, Ear::Console, driver, folder));
        chromium.runs_first(trace::SCRIPT).await;
        chromium
    }
}

/// A running Chromium: a browser that can do more on command than others can.
pub(crate) struct Chromium(Browser);

impl Deref for Chromium {
    type Target = Browser;

    fn deref(&self) -> &Browser {
        &self.0
    }
}

impl Chromium {
    /// Sends a command of the DevTools protocol to the current tab.
    pub(crate) async fn devtools(&self, command: &str, parameters: Value) -> Value {
        let body = json!({ "cmd": command, "params": parameters });
        let answered = self.client.issue_cmd(Vendor { path: "goog/cdp/execute", body }).await;
        answered.unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    /// Runs a script in every document of the current tab from now on, before the document's own.
    pub(crate) async fn runs_first(&self, script: &str) {
        self.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": script })).await;
    }

    /// Opens a new tab and turns to it.
    pub(crate) async fn new_tab(&self) {
        let tab = self.client.new_window(true).await.expect("a tab opens");
        self.client.switch_to_window(tab.handle).await.expect("the new tab is there");
        self.runs_first(trace::SCRIPT).await;
    }

    /// How many workers run, in all tabs.
    pub(crate) async fn workers(&self) -> usize {
        let targets = self.devtools("Target.getTargets", json!({ "filter": [{ "type": "worker" }] })).await;
        targets["targetInfos"].as_array().map_or(0, Vec::len)
    }
}

/// What came on the console of all tabs since it was last asked for.
pub(crate) async fn console(client: &Client) -> Vec<Logged> {
    let body = json!({ "type": "browser" });
    let answered = client.issue_cmd(Vendor { path: "se/log", body }).await.expect("the console can be read");
    let logged = |entry: &Value| {
        let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        Logged { level: text("level"), source: text("source"), message: text("message") }
    };
    answered.as_array().into_iter().flatten().map(logged).collect()
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
