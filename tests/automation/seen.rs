//! What a verifier saw of its only client, in its metrics and its log.

use std::fmt;

use portcullis_tests::attacker::wire;

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
        let metrics = metrics(site).await;
        let raised = metrics.lines().filter_map(|line| line.strip_prefix("portcullis_signals_total{signal=\""));
        let signals = raised.filter(|line| !line.ends_with(" 0")).filter_map(|line| Some(line.split_once('"')?.0));
        let solved = site.log().of("solved");
        let most = solved.iter().filter_map(|line| line["difficulty"].as_u64()).max();
        Self {
            signals: signals.filter(|signal| *signal != BY_CHANCE).map(str::to_owned).collect(),
            level: most.map(|attempts| if attempts > u64::from(WORK * MORE / 2) { 2 } else { 1 }),
            admitted: is_admitted(&metrics),
        }
    }
}

/// Whether the verifier of `site` let a request pass.
pub(crate) async fn admitted(site: &Site) -> Option<()> {
    is_admitted(&metrics(site).await).then_some(())
}

fn is_admitted(metrics: &str) -> bool {
    metrics.lines().any(|line| {
        let count = line.strip_prefix("portcullis_requests_total{verdict=\"admit\"} ");
        count.is_some_and(|count| count != "0")
    })
}

async fn metrics(site: &Site) -> String {
    let admin = site.admin().await;
    let request = format!("GET /metrics HTTP/1.1\r\nHost: {admin}\r\nConnection: close\r\n\r\n");
    let answer = wire::exchange(admin, request.as_bytes()).await;
    assert_eq!(wire::status(&answer), 200);
    String::from_utf8_lossy(wire::body(&answer)).into_owned()
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
const BY_CHANCE: &str = "impossible-solve-time";
