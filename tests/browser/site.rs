//! Harbour Post behind the lowered gate: where every visit goes.

use portcullis_tests::attacker::tokens::{Token, newest_key};
use portcullis_tests::processes::{LogLines, Origin, Settings, Verifier};
use serde_json::json;

use crate::browser::Browser;

/// Harbour Post and the verifier in front of it.
pub(crate) struct Site {
    origin: Origin,
    pub(crate) verifier: Verifier,
}

impl Site {
    /// Starts both, with next to no work to do.
    pub(crate) async fn open() -> Self {
        Self::with(|settings| settings).await
    }

    /// Starts both, with work enough for whatever a story has to do meanwhile.
    pub(crate) async fn with_endless_work() -> Self {
        Self::with(|settings| settings.difficulty(ENDLESS)).await
    }

    /// Starts both, with a second or two of work for one worker. However long that takes on a busy machine, the challenge is
    /// still good then.
    pub(crate) async fn with_some_work() -> Self {
        Self::with(|settings| settings.difficulty(1 << 25).set("challenge.lifetime", "\"300s\"")).await
    }

    /// Starts both, with the verifier's settings changed.
    pub(crate) async fn with(change: impl FnOnce(Settings) -> Settings) -> Self {
        let origin = Origin::start();
        let verifier = Verifier::start(change(Settings::in_front_of(origin.url()).for_people())).await;
        Self { origin, verifier }
    }

    /// The address of a page.
    pub(crate) fn url(&self, path: &str) -> String {
        self.verifier.url(path)
    }

    /// The address of the login form around the gate, where no visitor ever is: another origin on the same machine.
    pub(crate) fn elsewhere(&self) -> String {
        format!("{}/login", self.origin.url())
    }

    /// What the verifier logged.
    pub(crate) fn log(&self) -> &LogLines {
        self.verifier.log()
    }

    /// Restarts the verifier, killed as by a power cut, with next to no work to do from then on.
    pub(crate) async fn restart_with_little_work(&mut self) {
        self.verifier.set("challenge.difficulty", "65536");
        self.verifier.restart().await;
    }

    /// Puts the browser's token back as it will be in an hour: the verifier's own, signed by its own key, and expired.
    /// (Waiting for it would take the shortest lifetime there is, a minute.)
    pub(crate) async fn expire_token(&self, browser: &Browser) {
        let mut cookie = browser.client.get_named_cookie("portcullis").await.expect("the browser holds a token");
        let fresh = Token::parse(cookie.value());
        let an_hour_before = |claim| fresh.claim(claim).as_u64().map(|seconds| seconds - 3600);
        let times = json!({ "iat": an_hour_before("iat"), "nbf": an_hour_before("nbf"), "exp": an_hour_before("exp") });
        let expired = fresh.claims_with(times).signed(&newest_key(&self.verifier.keys()));
        cookie.set_value(expired.to_string());
        browser.client.add_cookie(cookie).await.expect("the cookie can be replaced");
    }
}

/// The most the protocol allows: half a minute on a fast desktop computer.
const ENDLESS: u32 = 1 << 30;
