//! What the pages of a visit went through, also what was over before anyone could look.
//!
//! What a page says last may be lost: it is gone before the browser has passed it on. So of the states in which a page leaves
//! for the next one nothing is told, and no story can wait for them. That a page left is told by the next one.

use std::fmt;

use crate::browser::Browser;

/// States in which a page leaves: `done`, with a token, and `trying`, once the verifier has given a sign of life.
pub(crate) const LEAVING: [&str; 2] = ["done", "trying"];

/// Runs in every document before its own scripts, and tells on the console. [`LEAVING`] stands in it once more.
pub(crate) const SCRIPT: &str = r#"
    const tell = (what) => console.info(`trace: ${what}`);
    addEventListener("readystatechange", () => {
      if (document.readyState !== "interactive") return;
      tell(document.querySelector("main[data-state]") ? "challenge page" : "site");
    }, true);
    new MutationObserver((records) => {
      for (const { target: { dataset: { state } } } of records) {
        if (state !== "done" && state !== "trying") tell(state);
      }
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
    ///
    /// # Panics
    ///
    /// When one of them is never told.
    pub(crate) fn goes_through(&self, steps: &[&str]) -> bool {
        assert!(!steps.iter().any(|step| LEAVING.contains(step)), "{steps:?}: a page that leaves may not tell");
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_is_silent_about_every_state_in_which_a_page_leaves() {
        for state in LEAVING {
            assert!(SCRIPT.contains(&format!("state !== \"{state}\"")), "{state}");
        }
    }

    #[test]
    #[should_panic(expected = "a page that leaves may not tell")]
    fn no_story_can_ask_for_a_state_in_which_a_page_leaves() {
        Trace(vec!["working".to_owned(), "done".to_owned()]).goes_through(&["working", "done"]);
    }
}
