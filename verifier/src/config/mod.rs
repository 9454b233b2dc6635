//! What an operator can set. Every key has a default that is safe; `origin` or `client_ip.trusted_proxies` must be set.
//!
//! `values` are the types a value is parsed into; `load` lays file, environment and flags over each other and says
//! where a refused value came from. `docs/configuration.md` is for readers.

mod admin;
mod load;
mod policy;
mod pressure;
mod standing;
mod values;

use std::net::SocketAddr;
use std::time::Duration;

use ipnet::IpNet;
pub use portcullis_admission::{Day, Mode, Scheduled, Setting, WeekTime};
use portcullis_clearance::keys::Algorithm;
use portcullis_clearance::verify::DEFAULT_CACHED;
use serde::Deserialize;

pub use admin::{AdminListen, AdminTerms};
pub use load::{ConfigError, Layers};
pub use policy::PolicyTerms;
pub use pressure::PressureTerms;
pub use standing::StandingTerms;
pub use values::{HostName, Origin};

use crate::budget::{Allowance, Budget};
use crate::control::ControlTerms;
use crate::ladder::Ladder;
use crate::network::PrefixLengths;
use crate::replay::{BYTES_PER_RECORD, DEFAULT_MEMORY};

/// The whole configuration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where clients or the gateway connect, HTTP/1.1 and HTTP/2 without TLS.
    pub listen: SocketAddr,
    /// The protected site, which admitted requests are passed on to. None where gateways ask and pass on themselves.
    pub origin: Option<Origin>,
    /// Hosts that are served, lower-case, without port. Empty: whatever host is asked for.
    pub hosts: Vec<HostName>,
    /// Who is challenged, and who decides on it.
    pub gate: Gate,
    /// What is asked of which request.
    pub policy: PolicyTerms,
    /// What pressure is held against.
    pub pressure: PressureTerms,
    /// Times in which the gate is lowered at least so far.
    pub schedule: Vec<Scheduled>,
    /// Where metrics are read and the mode is set.
    pub admin: AdminTerms,
    /// What a challenge asks for at the least.
    pub challenge: ChallengeTerms,
    /// What a solved challenge earns.
    pub clearance: ClearanceTerms,
    /// What returning visitors are known by.
    pub standing: StandingTerms,
    /// Whose forwarded headers are believed.
    pub client_ip: ClientIpRules,
    /// Responses for forms, and whose servers may ask about them.
    pub siteverify: SiteverifyTerms,
    /// Memory for redeemed solutions.
    pub replay: Replay,
    /// How long things may take.
    pub timeouts: Timeouts,
    /// How much there may be of things.
    pub limits: Limits,
    /// What is logged, and how.
    pub log: Log,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            // Loopback: exposing it is a decision.
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            origin: None,
            hosts: Vec::new(),
            gate: Gate::default(),
            policy: PolicyTerms::default(),
            pressure: PressureTerms::default(),
            schedule: Vec::new(),
            admin: AdminTerms::default(),
            challenge: ChallengeTerms::default(),
            clearance: ClearanceTerms::default(),
            standing: StandingTerms::default(),
            client_ip: ClientIpRules::default(),
            siteverify: SiteverifyTerms::default(),
            replay: Replay::default(),
            timeouts: Timeouts::default(),
            limits: Limits::default(),
            log: Log::default(),
        }
    }
}

/// `[gate]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Gate {
    /// `auto`, or the mode that is forced: `off`, `watch`, `challenge-new`, `challenge-all` or `queue`.
    pub mode: Setting,
    /// Everything passes, and only the log and the metrics say what would have been asked.
    pub dry_run: bool,
    /// For development: on loopback names over plain HTTP, a cookie without `__Host-` and `Secure`.
    pub insecure_loopback_cookie: bool,
}

/// `[challenge]`
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "values::RawChallengeTerms")]
pub struct ChallengeTerms(pub Ladder);

impl Default for ChallengeTerms {
    fn default() -> Self {
        // Constants within their ranges; a test parses them.
        Self::try_from(values::RawChallengeTerms::default()).expect("the default terms are in range")
    }
}

/// `[clearance]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClearanceTerms {
    /// How long a token is good, from one minute to 24 hours.
    #[serde(deserialize_with = "values::token_lifetime")]
    pub lifetime: Duration,
    /// The folder of the signature keys.
    pub keys: std::path::PathBuf,
    /// What new keys sign with. Another than before takes effect as a rotation does.
    pub algorithm: Algorithm,
    /// How old the newest key gets before a next one is made.
    #[serde(deserialize_with = "values::rotation")]
    pub rotate_every: Duration,
    /// This installation's name in tokens.
    pub issuer: String,
    /// The work of a top-up, as a share of a challenge's, and the share of its budget that a token gets back for it.
    #[serde(deserialize_with = "values::top_up_share")]
    pub top_up_share: f64,
    /// How often a token can be topped up.
    pub top_ups: u8,
    /// How many requests a token admits at once, where no rule says otherwise.
    #[serde(deserialize_with = "values::requests")]
    pub requests: u32,
    /// How often it admits one more.
    #[serde(deserialize_with = "values::refill")]
    pub refill: Duration,
    /// Leading bits of an IPv4 address a token is bound to.
    #[serde(deserialize_with = "values::prefix_v4")]
    pub network_prefix_v4: u8,
    /// Leading bits of an IPv6 address a token is bound to.
    #[serde(deserialize_with = "values::prefix_v6")]
    pub network_prefix_v6: u8,
}

impl ClearanceTerms {
    /// What a token is bound to.
    pub fn prefix_lengths(&self) -> PrefixLengths {
        PrefixLengths { v4: self.network_prefix_v4, v6: self.network_prefix_v6 }
    }

    /// What a token admits of all that no rule has a budget for.
    pub fn budget(&self) -> Budget {
        Budget::of_a_token(Allowance { requests: self.requests, refill: self.refill })
    }
}

impl Default for ClearanceTerms {
    fn default() -> Self {
        let lengths = PrefixLengths::default();
        Self {
            // A login and what follows it, without being worth stealing.
            lifetime: Duration::from_secs(15 * 60),
            keys: "/var/lib/portcullis/keys".into(),
            algorithm: Algorithm::default(),
            // Often enough that rotation is nothing special.
            rotate_every: Duration::from_secs(30 * 24 * 60 * 60),
            issuer: "portcullis".to_owned(),
            top_up_share: 0.125,
            // By then a token has cost as much again.
            top_ups: 8,
            // Pages with what is on them, as fast as anybody reads.
            requests: 600,
            refill: Duration::from_secs(1),
            network_prefix_v4: lengths.v4,
            network_prefix_v6: lengths.v6,
        }
    }
}

/// `[client_ip]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClientIpRules {
    /// Gateways in front: only their forwarded headers are read. Empty: the peer is the client.
    #[serde(deserialize_with = "values::networks")]
    pub trusted_proxies: Vec<IpNet>,
    /// A MaxMind DB file that names each address's autonomous system. None: IPv6 networks are grouped by their /32.
    pub asn_database: Option<std::path::PathBuf>,
}

/// `[siteverify]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SiteverifyTerms {
    /// The file of the secrets that servers show, one a line. None: there are no responses.
    pub secrets: Option<std::path::PathBuf>,
    /// What the client's address, as its server tells it, is held against.
    pub remoteip: RemoteIp,
}

/// What becomes of `remoteip` in a question of siteverify.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RemoteIp {
    /// It must be in the network the work was done from: work cannot be done elsewhere and handed over.
    #[default]
    Match,
    /// Nothing: for servers that see a gateway's address and not their client's.
    Ignore,
}

/// `[replay]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Replay {
    /// The most redeemed solutions remembered at once. Full means 503, never forgetting.
    #[serde(deserialize_with = "values::capacity")]
    pub capacity: usize,
}

impl Default for Replay {
    fn default() -> Self {
        Self { capacity: DEFAULT_MEMORY / BYTES_PER_RECORD }
    }
}

/// `[timeouts]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Timeouts {
    /// For a client to send a request's head.
    #[serde(deserialize_with = "values::timeout")]
    pub request_head: Duration,
    /// Between two pieces of a body, either way.
    #[serde(deserialize_with = "values::timeout")]
    pub body_idle: Duration,
    /// To connect to the origin.
    #[serde(deserialize_with = "values::timeout")]
    pub origin_connect: Duration,
    /// For the origin to begin its response.
    #[serde(deserialize_with = "values::timeout")]
    pub origin_response: Duration,
    /// For requests in flight when the verifier is told to stop.
    #[serde(deserialize_with = "values::timeout")]
    pub shutdown: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            request_head: Duration::from_secs(10),
            body_idle: Duration::from_secs(60),
            origin_connect: Duration::from_secs(5),
            origin_response: Duration::from_secs(60),
            shutdown: Duration::from_secs(30),
        }
    }
}

/// `[limits]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Client connections at once; more wait to be accepted.
    #[serde(deserialize_with = "values::capacity")]
    pub connections: usize,
    /// Verified tokens remembered, at about 500 bytes each, so that a token costs its signature once.
    #[serde(deserialize_with = "values::capacity")]
    pub cached_tokens: usize,
    /// Budgets in use at once, at about 40 bytes each. Full means 429 for tokens not counted yet, but for what fails open.
    #[serde(deserialize_with = "values::capacity")]
    pub budgets: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: 10_000, cached_tokens: DEFAULT_CACHED, budgets: 1_000_000 }
    }
}

/// `[log]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// `text` or `json`.
    pub format: LogFormat,
    /// `error`, `warn`, `info` or `debug`.
    pub level: LogLevel,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Which log lines there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogLevel {
    /// Only what failed.
    Error,
    /// And what an operator should look at.
    Warn,
    /// And challenges, solutions and refusals, the first few a second of each.
    #[default]
    Info,
    /// And admissions.
    Debug,
}

impl Config {
    /// What it says of the mode.
    pub fn control_terms(&self) -> ControlTerms {
        ControlTerms { setting: self.gate.mode, schedule: self.schedule.clone(), dry_run: self.gate.dry_run }
    }

    /// Whether the gate can lower itself: something must tell that the site is pressed.
    pub fn is_blind(&self) -> bool {
        self.gate.mode == Setting::Auto && self.origin.is_none() && self.pressure.requests.is_none()
    }

    /// What no single value shows to be wrong: the key to blame, and what to do.
    fn contradiction(&self) -> Option<(&'static str, String)> {
        if self.origin.is_none() && self.client_ip.trusted_proxies.is_empty() {
            let problem = "there is no origin; set it to the protected site, such as \"http://127.0.0.1:3000\", or, where a gateway \
                           asks this verifier and passes requests on itself, list the gateway in client_ip.trusted_proxies";
            return Some(("origin", problem.to_owned()));
        }
        if self.origin.as_ref().is_some_and(|origin| origin.authority().as_str() == self.listen.to_string()) {
            return Some((
                "origin",
                "the origin is the verifier's own `listen` address; it would call itself".to_owned(),
            ));
        }
        if self.gate.insecure_loopback_cookie && !self.listen.ip().is_loopback() {
            let problem = format!(
                "a cookie without `Secure` is for development on loopback, and `listen` is {}; remove it, or listen on 127.0.0.1",
                self.listen
            );
            return Some(("gate.insecure_loopback_cookie", problem));
        }
        if let Some(address) = self.admin.listen.address() {
            if !address.ip().is_loopback() && !self.admin.insecure_public {
                let problem = format!(
                    "whoever reaches {address} would read which networks press; write \"127.0.0.1:{}\", or set \
                     admin.insecure_public = true where a firewall lets only your monitoring reach it",
                    address.port()
                );
                return Some(("admin.listen", problem));
            }
            if address == self.listen && address.port() != 0 {
                return Some((
                    "admin.listen",
                    format!("{address} is the verifier's own `listen` address; write another port"),
                ));
            }
        }
        if self.clearance.issuer.is_empty() || self.clearance.issuer.len() > 100 {
            return Some(("clearance.issuer", "the issuer needs 1 to 100 characters".to_owned()));
        }
        None
    }
}
