//! Harbour Post behind the lowered gate: where every visit goes.

use portcullis_tests::processes::{LogLines, Origin, Settings, Verifier};

/// Harbour Post and the verifier in front of it.
pub(crate) struct Site {
    _origin: Origin,
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

    /// Starts both, with the verifier's settings changed.
    pub(crate) async fn with(change: impl FnOnce(Settings) -> Settings) -> Self {
        let origin = Origin::start();
        let verifier = Verifier::start(change(Settings::in_front_of(origin.url()))).await;
        Self { _origin: origin, verifier }
    }

    /// The address of a page.
    pub(crate) fn url(&self, path: &str) -> String {
        self.verifier.url(path)
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
}

/// The most the protocol allows: half a minute on a fast desktop computer.
const ENDLESS: u32 = 1 << 30;
