//! Attack 25: a client that says to be a good bot. What it says proves nothing; an address in a published range, a name
//! that leads back to it, or a signature does.

mod bounds;
mod names;
mod networks;
mod signatures;

use std::path::Path;

use http::header::USER_AGENT;
use http::request::Builder;
use portcullis_tests::in_process::{Gate, Origin, from, get};
use portcullis_tests::name_server::NameServer;
use portcullis_tests::processes::PATIENCE;
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::admin::Admin;

/// What Google's crawler says to be.
const GOOGLEBOT: &str = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
/// A bot known by its names.
const BY_NAME: &str = r#"
[[bot]]
name = "googlebot"
user_agent = ["Googlebot"]
dns = ["googlebot.com", "google.com"]
"#;
/// Lets it in.
const RULE: &str = r#"
[[rule]]
name = "crawlers"
action = "allow"
bot = ["googlebot"]
"#;

/// A site behind the lowered gate that lets one bot in.
struct Site {
    gate: Gate,
    admin: Admin,
    folder: TempDir,
    _origin: Origin,
    upkeep: JoinHandle<()>,
}

impl Site {
    /// One whose bot is known by its names, as a name server says.
    async fn asking(server: &NameServer) -> Self {
        Self::with(&format!("dns_resolver = \"{}\"\n{BY_NAME}{RULE}", server.address()), &[]).await
    }

    /// One with a policy, and files beside it.
    async fn with(policy: &str, files: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().expect("a temporary folder can be made");
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).expect("the folder can be written to");
        }
        let file = folder.path().join("policy.toml");
        std::fs::write(&file, policy).expect("the folder can be written to");
        let origin = Origin::start().await;
        let gate = Gate::in_front_of(&origin, &[&format!("policy.file={file:?}")]);
        let upkeep = tokio::spawn(portcullis_gate::keep_up(gate.verifier.clone()));
        Self { admin: Admin::of(&gate), gate, folder, _origin: origin, upkeep }
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Whether a request is let in.
    async fn admits(&self, request: Builder) -> bool {
        let answer = self.gate.send(request).await;
        match answer.status.as_u16() {
            200 => true,
            403 if answer.code() == "challenge-required" => false,
            _ => panic!("{answer:?}"),
        }
    }

    /// Whether a client that claims to be Google's crawler is let in.
    async fn admits_googlebot(&self, address: &str) -> bool {
        self.admits(from(get("/").header(USER_AGENT, GOOGLEBOT), address)).await
    }

    /// How often lookups came to this.
    async fn lookups(&self, outcome: &str) -> u64 {
        self.counted(&format!("portcullis_bot_lookups_total{{outcome=\"{outcome}\"}}")).await
    }

    async fn counted(&self, series: &str) -> u64 {
        let text = self.admin.get("/metrics").await;
        let value = text.lines().find_map(|line| line.strip_prefix(series)?.trim().parse().ok());
        value.unwrap_or(0)
    }

    /// Waits until this many lookups have had this outcome, the last of them that of a client which claims to be Google's
    /// crawler. On a busy machine its lookup may fail, whose time is not the gate's: it comes again, a minute later.
    async fn looked_up(&self, outcome: &str, count: u64, address: &str) {
        let waiting = async {
            let mut failed = self.lookups("failed").await;
            while self.lookups(outcome).await < count {
                tokio::time::sleep(PAUSE).await;
                if self.lookups("failed").await > failed {
                    failed = self.lookups("failed").await;
                    self.gate.clock().advance(std::time::Duration::from_secs(61));
                    self.admits_googlebot(address).await;
                }
            }
        };
        let waited = tokio::time::timeout(PATIENCE, waiting).await;
        assert!(
            waited.is_ok(),
            "{outcome}: {} of {count} in {}",
            self.lookups(outcome).await,
            self.admin.get("/metrics").await
        );
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.upkeep.abort();
    }
}

/// Between two looks.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(5);
