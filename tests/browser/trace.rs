//! What the pages of a visit went through, also what was over before anyone could look.

use std::fmt;

use crate::browser::Browser;

/// Runs in every document before its own scripts, and tells on the console.
pub(crate) const SCRIPT: &str = r#"
    const tell = (what) => console.info(`trace: ${what}`);
    addEventListener("readystatechange", () => {
      if (document.readyState !== "interactive") return;
      tell(document.querySelector("main[data-state]") ? "challenge page" : "site");
    }, true);
    new MutationObserver((records) => {
      for (const { target } of records) tell(target.dataset.state);
    }).observe(document, { subtree: true, attributes: true, attributeFilter: ["data-state"] });
"#;

/// Documents (`challenge page`, `site`) and states of the challenge page (`working` …), in the order they came.
#[derive(Debug)]
pub(crate) struct Trace(Vec<String>);

impl Trace {
    /// How often `what` came.
    pub(crate) fn count(&self, what: &str) -> usize {
        self.0.iter().filter(|step| *step == what).count()
    }

    /// Whether these came in this order, with anything in between.
    pub(crate) fn goes_through(&self, steps: &[&str]) -> bool {
        let mut rest = self.0.iter();
        steps.iter().all(|step| rest.any(|came| came == step))
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.join(" → "))
    }
}

impl Browser {
    /// The trace so far.
    pub(crate) async fn trace(&self) -> Trace {
        let told = |message: &str| Some(message.split_once("trace: ")?.1.trim_end_matches('"').to_owned());
        Trace(self.console().await.iter().filter_map(|entry| told(&entry.message)).collect())
    }
}
