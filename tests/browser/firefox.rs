//! Headless Firefox, driven by geckodriver.

use std::process::Command;

use serde_json::{Map, Value, json};

use crate::browser::{Browser, Ear};
use crate::relay::Relay;
use portcullis_tests::processes::Driver;

/// How Firefox is started.
#[derive(Clone, Debug, Default)]
pub(crate) struct Firefox {
    preferences: Map<String, Value>,
}

impl Firefox {
    /// One more preference, as `about:config` has them.
    pub(crate) fn preference(mut self, name: &str, value: Value) -> Self {
        self.preferences.insert(name.to_owned(), value);
        self
    }

    /// Starts Firefox, tells a story with it, all of it through `relay`, and makes sure that no page had an error.
    pub(crate) async fn visit(self, relay: &Relay, story: impl AsyncFnOnce(&Browser)) {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let mut command = Command::new("geckodriver");
        command.arg("--port=0").arg("--profile-root").arg(folder.path());
        let driver = Driver::that_says_its_port(command.env("HOME", folder.path()), "Listening on 127.0.0.1:");
        let options = json!({ "args": ["-headless"], "prefs": self.preferences });
        let client = driver.browser(json!({ "moz:firefoxOptions": options })).await;
        let browser = Browser::new(client, Ear::Witness(relay.witness()), driver, folder);
        story(&browser).await;
        browser.had_no_errors().await;
    }
}
