//! What a verifier saw of its only client, in its metrics and its log.

use std::fmt;

use crate::site::{MORE, Site, WORK};

/// What a verifier saw.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    signals: Vec<String>,
    /// The highest level that was paid for.
    level: Option<u8>,
    admitted: bool,
}

impl Seen {
    /// What the verifier of `site` saw so far.
    pub(crate) async fn by(site: &Site) -> Self {
        let solved = site.log().of("solved");
        let most = solved.iter().filter_map(|line| line["difficulty"].as_u64()).max();
        Self {
            signals: site.verifier.signals().await.into_iter().filter(|signal| signal != BY_CHANCE).collect(),
            level: most.map(|attempts| if attempts > u64::from(WORK * MORE / 2) { 2 } else { 1 }),
            admitted: admitted(site).await.is_some(),
        }
    }
}

/// Whether the verifier of `site` let a request pass.
pub(crate) async fn admitted(site: &Site) -> Option<()> {
    let metrics = site.verifier.metrics().await;
    let count = metrics.lines().find_map(|line| line.strip_prefix("portcullis_requests_total{verdict=\"admit\"} "));
    count.is_some_and(|count| count != "0").then_some(())
}

/// As cells of the table.
impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let signals: Vec<String> = self.signals.iter().map(|signal| format!("`{signal}`")).collect();
        let signals = if signals.is_empty() { "none".to_owned() } else { signals.join(", ") };
        let level = self.level.map_or_else(|| "none".to_owned(), |level| format!("level {level}"));
        write!(f, "{signals} | {level} | {} |", if self.admitted { "yes" } else { "no" })
    }
}

/// Depends on how many processors a client has.
pub(crate) const BY_CHANCE: &str = "impossible-solve-time";
