//! The program `portcullis`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Output;

use portcullis_policy::Policy;
use tempfile::TempDir;

use super::{LogLines, PATIENCE, Process, eventually, program, unconfigured};
use crate::attacker::wire;

/// How a verifier is configured: every key by its dotted path, every value as TOML writes it; and its policy, if it is
/// not the default one.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    keys: BTreeMap<String, String>,
    policy: Option<String>,
}

impl Settings {
    /// The gate lowered in front of `origin`, with so little work that a browser is done at once.
    pub fn in_front_of(origin: &str) -> Self {
        Self::default()
            .set("origin", &format!("{origin:?}"))
            .set("gate.mode", "\"challenge\"")
            .set("gate.insecure_loopback_cookie", "true")
            .set("challenge.difficulty", "65536")
            .set("admin.listen", ANY_PORT)
            .set("log.format", "\"json\"")
            .set("log.level", "\"debug\"")
    }

    /// The gate lowered, for gateways on 127.0.0.1 that ask and pass requests on themselves. Every other address of
    /// loopback is a client's.
    pub fn asked_by_gateways() -> Self {
        Self::default()
            .set("gate.mode", "\"challenge\"")
            .set("client_ip.trusted_proxies", "[\"127.0.0.1\"]")
            .set("admin.listen", ANY_PORT)
            .set("log.format", "\"json\"")
            .set("log.level", "\"debug\"")
    }

    /// Sets one key: `settings.set("challenge.lifetime", "\"5s\"")`.
    #[must_use]
    pub fn set(mut self, key: &str, value: &str) -> Self {
        self.keys.insert(key.to_owned(), value.to_owned());
        self
    }

    /// Another policy than the default one.
    #[must_use]
    pub fn under(self, policy: &str) -> Self {
        Self { policy: Some(policy.to_owned()), ..self }
    }

    /// A policy without rules, which weighs nothing: the browsers that a test drives stand for people's, and are asked
    /// for no more work than those.
    #[must_use]
    pub fn for_people(self) -> Self {
        self.under("")
    }

    /// Tokens that admit as much as there is; each request is counted all the same.
    #[must_use]
    pub fn with_endless_tokens(self) -> Self {
        self.set("clearance.requests", "1000000").set("clearance.refill", "\"1ms\"")
    }

    /// The default policy, with two logins for each token.
    #[must_use]
    pub fn with_few_logins(self) -> Self {
        const FEW_LOGINS: &str = r#"
            [[rule]]
            name = "few-logins"
            action = "challenge"
            method = ["POST"]
            path = ["/login/*"]
            budget = { requests = 2, refill = "1h" }
        "#;
        self.under(&format!("{FEW_LOGINS}{}", Policy::DEFAULT))
    }

    /// How many attempts a challenge is expected to take.
    #[must_use]
    pub fn difficulty(self, attempts: u32) -> Self {
        self.set("challenge.difficulty", &attempts.to_string())
    }

    /// For how many seconds a clearance token is valid; at least 60.
    #[must_use]
    pub fn clearance_lifetime(self, seconds: u64) -> Self {
        self.set("clearance.lifetime", &format!("\"{seconds}s\""))
    }

    /// As TOML.
    fn to_toml(&self) -> String {
        self.keys.iter().fold(String::new(), |mut text, (key, value)| {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{key} = {value}");
            text
        })
    }
}

/// A running `portcullis`, with a temporary folder for its configuration and keys.
#[derive(Debug)]
pub struct Verifier {
    process: Process,
    address: SocketAddr,
    /// What its configuration says: port 0 at the first start.
    listen: SocketAddr,
    settings: Settings,
    /// Another program than this workspace's.
    build: Option<PathBuf>,
    log: LogLines,
    folder: TempDir,
}

impl Verifier {
    /// Starts it on a free port of loopback, and waits until it is ready.
    ///
    /// # Panics
    ///
    /// When it has not been built, does not start, or logs otherwise than in JSON at `info` or `debug`.
    pub async fn start(settings: Settings) -> Self {
        Self::start_program(None, settings).await
    }

    /// The same with another build of the program, to compare with.
    ///
    /// # Panics
    ///
    /// As [`start`](Self::start).
    pub async fn start_build(build: &Path, settings: Settings) -> Self {
        Self::start_program(Some(build.to_owned()), settings).await
    }

    async fn start_program(build: Option<PathBuf>, settings: Settings) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let settings = settings.set("clearance.keys", &format!("{:?}", keys_in(folder.path())));
        let log = LogLines::default();
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let (process, address) = run(build.as_deref(), folder.path(), &settings, listen, &log).await;
        Self { process, address, listen, settings, build, log, folder }
    }

    /// Kills it if it still runs, and starts it again: same port, same keys, and everything that `start` waits for.
    pub async fn restart(&mut self) {
        self.process.kill_9();
        self.listen = self.address;
        let (build, folder) = (self.build.as_deref(), self.folder.path());
        (self.process, _) = run(build, folder, &self.settings, self.address, &self.log).await;
    }

    /// Sets one key from the next [`restart`](Self::restart) or [`reload`](Self::reload) on.
    pub fn set(&mut self, key: &str, value: &str) {
        self.settings = self.settings.clone().set(key, value);
    }

    /// Rewrites its configuration, and tells it to read it (SIGHUP).
    pub fn reload(&self) {
        write_config(self.folder.path(), &self.settings, self.listen);
        self.process.hang_up();
    }

    /// Where its admin listener is, once it is open.
    ///
    /// # Panics
    ///
    /// When it does not open.
    pub async fn admin(&self) -> SocketAddr {
        let open =
            eventually("the admin listener is open", PATIENCE, async || self.log.of("admin-listening").pop()).await;
        let address = open["address"].as_str().and_then(|address| address.parse().ok());
        address.unwrap_or_else(|| panic!("no address in {open}"))
    }

    /// The file of its configuration.
    pub fn config(&self) -> PathBuf {
        self.folder.path().join(CONFIG)
    }

    /// Its metrics, as Prometheus reads them.
    ///
    /// # Panics
    ///
    /// When the admin listener does not answer.
    pub async fn metrics(&self) -> String {
        let admin = self.admin().await;
        let request = format!("GET /metrics HTTP/1.1\r\nHost: {admin}\r\nConnection: close\r\n\r\n");
        let answer = wire::exchange(admin, request.as_bytes()).await;
        assert_eq!(wire::status(&answer), 200);
        String::from_utf8_lossy(wire::body(&answer)).into_owned()
    }

    /// The signals that were raised so far, by name.
    pub async fn signals(&self) -> Vec<String> {
        let metrics = self.metrics().await;
        let counted = metrics.lines().filter_map(|line| line.strip_prefix("portcullis_signals_total{signal=\""));
        let raised = counted.filter(|line| !line.ends_with(" 0")).filter_map(|line| line.split_once('"'));
        raised.map(|(signal, _)| signal.to_owned()).collect()
    }

    /// What `portcullis` does with these arguments and this verifier's configuration. Runs apart from the test's own
    /// threads.
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    pub async fn command(&self, arguments: &[&str]) -> Output {
        let mut command = program("portcullis");
        command.args(arguments).arg("--config").arg(self.config());
        command.arg("--set").arg(format!("admin.listen={}", self.admin().await));
        let run = tokio::task::spawn_blocking(move || command.output());
        run.await.expect("the task ends").expect("portcullis can be started")
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of a path with its query: `verifier.url("/login?next=/")`.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What it logged since the first start.
    pub fn log(&self) -> &LogLines {
        &self.log
    }

    /// The folder of its signature keys.
    pub fn keys(&self) -> PathBuf {
        keys_in(self.folder.path())
    }

    /// Writes its public keys into `folder`, as an operator does with `portcullis keys public`.
    ///
    /// # Panics
    ///
    /// When they cannot be written.
    pub fn write_public_keys(&self, folder: &Path) {
        let mut command = program("portcullis");
        command.args(["keys", "public", "--config"]).arg(self.folder.path().join(CONFIG)).arg("--out").arg(folder);
        let output = command.output().expect("portcullis can be started");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Its process, to look at and to end.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }
}

fn keys_in(folder: &Path) -> PathBuf {
    folder.join("keys")
}

/// Starts the program and waits until it says where it listens.
async fn run(
    build: Option<&Path>,
    folder: &Path,
    settings: &Settings,
    listen: SocketAddr,
    log: &LogLines,
) -> (Process, SocketAddr) {
    let config = write_config(folder, settings, listen);
    let starts = log.of("listening").len();
    let mut command = build.map_or_else(|| program("portcullis"), unconfigured);
    let (mut process, output) = Process::start(command.args(["run", "--config"]).arg(&config));
    log.follow(output);
    let listening = eventually("portcullis listens", PATIENCE, async || {
        // It has said why on standard error.
        process.ended().inspect(|status| panic!("portcullis ended at once: {status}"));
        log.of("listening").get(starts).cloned()
    })
    .await;
    let address = listening["address"].as_str().and_then(|address| address.parse().ok());
    (process, address.unwrap_or_else(|| panic!("no address in {listening}")))
}

fn write_config(folder: &Path, settings: &Settings, listen: SocketAddr) -> PathBuf {
    let config = folder.join(CONFIG);
    let mut settings = settings.clone().set("listen", &format!("\"{listen}\""));
    if let Some(policy) = &settings.policy {
        let file = folder.join("policy.toml");
        fs::write(&file, policy).expect("the temporary folder can be written to");
        settings = settings.set("policy.file", &format!("{file:?}"));
    }
    fs::write(&config, settings.to_toml()).expect("the temporary folder can be written to");
    config
}

/// Many verifiers run at once.
const ANY_PORT: &str = "\"127.0.0.1:0\"";
const CONFIG: &str = "portcullis.toml";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_value_set_is_the_one_written() {
        let settings = Settings::in_front_of("http://127.0.0.1:1").difficulty(7).clearance_lifetime(60);
        let toml = settings.to_toml();
        for line in ["origin = \"http://127.0.0.1:1\"", "challenge.difficulty = 7", "clearance.lifetime = \"60s\""] {
            assert!(toml.lines().any(|written| written == line), "{toml}");
        }
        assert_eq!(toml.matches("challenge.difficulty").count(), 1);
    }
}
