//! `portcullis check-config`

mod explain;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use portcullis_challenge::Difficulty;
use portcullis_config::Config;
use portcullis_issuer::challenges::ladder::Solver;
use portcullis_policy::{Level, Policy};

use super::configuration::Configuration;
use super::output;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct CheckConfig {
    #[command(flatten)]
    configuration: Configuration,
    /// Check this policy alone, without a configuration.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["config", "set"])]
    policy: Option<PathBuf>,
    #[command(flatten)]
    request: explain::Request,
}

/// Checks the configuration or a policy, or explains how the policy decides about a request.
pub(super) fn run(command: CheckConfig) -> anyhow::Result<()> {
    let CheckConfig { configuration, policy: file, request } = command;
    let config = match &file {
        Some(_) => None,
        None if request.explain.is_some() => Some(configuration.load_installed()?),
        None => Some(configuration.load()?),
    };
    let file = config.as_ref().map_or(file.as_deref(), |config| config.policy.file.as_deref());
    let policy = Policy::read(file)?;
    let text = match (&request.explain, &config) {
        (Some(_), config) => {
            let host = config.as_ref().and_then(|config| config.hosts.first()).map(|host| host.as_str());
            request.told(&policy, &shown(file), host)?
        }
        (None, Some(config)) => told(config, &policy),
        (None, None) => format!("The policy is good.\n  {:<11}{}\n", "policy", comes_to(&policy, file)),
    };
    Ok(output::print(&text)?)
}

/// A configuration, summed up.
fn told(config: &Config, policy: &Policy) -> String {
    let mut text = String::from("The configuration is good.\n");
    // Writing to a string cannot fail.
    for (name, value) in lines(config, policy) {
        let _ = writeln!(text, "  {name:<11}{value}");
    }
    for warning in warnings(config) {
        let _ = writeln!(text, "Warning: {}.", warning.text);
    }
    text
}

fn shown(file: Option<&Path>) -> String {
    file.map_or_else(|| "the default policy".to_owned(), |file| file.display().to_string())
}

/// How many rules, levels and thresholds a policy has.
fn comes_to(policy: &Policy, file: Option<&Path>) -> String {
    let count = |count: usize, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
    let levels = Level::up_to(policy.highest()).count();
    let [rules, levels, thresholds] =
        [count(policy.rules().len(), "rule"), count(levels, "level"), count(policy.thresholds().len(), "threshold")];
    format!("{rules}, {levels} and {thresholds} in {}", shown(file))
}

/// Something that is allowed, and probably a mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Warning {
    /// Its name in the log.
    pub(super) event: &'static str,
    /// What is wrong, and what to do.
    pub(super) text: &'static str,
}

/// What is probably a mistake.
pub(super) fn warnings(config: &Config) -> Vec<Warning> {
    let is_asked = config.origin.is_none();
    let found = [(config.is_blind(), BLIND), (is_asked && config.pressure.turn > LONGEST_TURN, TOO_LATE)];
    found.into_iter().filter_map(|(is_so, warning)| is_so.then_some(warning)).collect()
}

fn lines(config: &Config, policy: &Policy) -> Vec<(&'static str, String)> {
    let origin =
        config.origin.as_ref().map_or_else(|| "none: gateways ask and pass on".to_owned(), ToString::to_string);
    let terms = config.challenge.0.terms(Solver::Simd, true);
    let attempts = Difficulty::of(terms.threshold, terms.shares).map_or(0, Difficulty::attempts);
    let (shares, lifetime) = (terms.shares.count(), terms.lifetime.millis() / 1000);
    let (algorithm, keys) = (config.clearance.algorithm.name(), config.clearance.keys.display());
    let dry_run = if config.gate.dry_run { ", dry run: everything passes" } else { "" };
    let mut lines = vec![
        ("listen", config.listen.to_string()),
        ("origin", origin),
        ("mode", format!("{}{dry_run}", config.gate.mode)),
        ("pressure", pressure(config)),
    ];
    if !config.schedule.is_empty() {
        lines.push(("schedule", format!("{} times, in UTC", config.schedule.len())));
    }
    lines.push(("policy", comes_to(policy, config.policy.file.as_deref())));
    lines.push(("admin", config.admin.listen.to_string()));
    lines.push(("challenge", format!("{shares} shares, {attempts} expected attempts, good for {lifetime} s")));
    lines.push(("clearance", format!("{} s, {algorithm} keys in {keys}", config.clearance.lifetime.as_secs())));
    lines.push(("standing", standing(config)));
    let (requests, refill) = (config.clearance.requests, humantime::format_duration(config.clearance.refill));
    lines.push(("budget", format!("{requests} requests per token at once, one more every {refill}")));
    if let Some(secrets) = &config.siteverify.secrets {
        lines.push(("siteverify", format!("secrets in {}", secrets.display())));
    }
    lines
}

fn pressure(config: &Config) -> String {
    let terms = &config.pressure;
    let requests = match (terms.requests, &config.origin) {
        (Some(requests), _) => format!("{requests} requests/s"),
        (None, Some(_)) => "as many requests/s as the origin turns out to take".to_owned(),
        (None, None) => "requests/s not stated".to_owned(),
    };
    if config.origin.is_none() {
        return requests;
    }
    let latency = humantime::format_duration(terms.latency);
    format!("{requests}, 95 % of answers within {latency}, {} % errors", terms.errors * 100.0)
}

fn standing(config: &Config) -> String {
    let terms = &config.standing;
    if !terms.enabled {
        return "off: returning visitors are not recognised".to_owned();
    }
    let [lifetime, age, refill] = [terms.lifetime, terms.age, terms.refill].map(humantime::format_duration);
    let requests = terms.requests;
    format!("{lifetime}, counts once known for {age}, {requests} requests at once, one more every {refill}")
}

const EXAMPLES: &str = "\
Examples:
  portcullis check-config --config portcullis.toml
  portcullis check-config --policy policy.toml
  portcullis check-config --explain 'POST /login' --from 198.51.100.7    # of the installed service
  portcullis check-config --policy policy.toml --explain https://git.example/a.git/info/refs --header 'User-Agent: git/2.47'
  portcullis check-config --policy policy.toml --explain /admin --at 2026-01-01T03:00Z --json

--explain sends nothing. It shows rule by rule what holds and why, the weight, and what the decision means in each mode. The
request is treated as one that comes through a listed gateway over TLS, unless its URL begins with http://. The client has no
clearance token, and its network no history: only what the options state is known of it.";

/// How long a request behind a gateway may wait for its turn: the recipes give the verifier two seconds.
const LONGEST_TURN: Duration = Duration::from_millis(1500);

/// A setting of `auto` without anything to decide by.
const BLIND: Warning = Warning {
    event: "blind",
    text: "gate.mode is \"auto\", but there is no origin to watch and pressure.requests is not set, so the gate never lowers \
           itself; set pressure.requests to what the site can take",
};
/// A verdict that comes after the gateway has given up.
const TOO_LATE: Warning = Warning {
    event: "turn-too-long",
    text: "pressure.turn is more than \"1500ms\", but there is no origin, so gateways ask, and they wait two seconds for a verdict; \
           in mode queue they would treat this verifier as dead",
};

#[cfg(test)]
mod tests {
    use portcullis_config::Layers;

    use super::*;

    fn config(settings: &[&str]) -> Config {
        let behind_a_gateway = ["client_ip.trusted_proxies=[\"127.0.0.1\"]", "pressure.requests=100"];
        let set = behind_a_gateway.iter().chain(settings).map(|setting| (*setting).to_owned()).collect();
        Layers::read(None, std::iter::empty(), set).unwrap().parse().unwrap()
    }

    fn default() -> Policy {
        Policy::read(None).unwrap()
    }

    #[test]
    fn a_turn_longer_than_gateways_wait_is_warned_of_where_gateways_ask() {
        assert_eq!(warnings(&config(&[])), []);
        let long = "pressure.turn=1501ms";
        assert_eq!(warnings(&config(&[long])), [TOO_LATE]);
        assert!(told(&config(&[long]), &default()).ends_with(&format!("Warning: {}.\n", TOO_LATE.text)));
        assert_eq!(warnings(&config(&[long, "origin=http://127.0.0.1:3000"])), []);
    }

    #[test]
    fn the_terms_of_standing_tokens_are_told() {
        let terms = "  standing   30days, counts once known for 1h, 60 requests at once, one more every 10s\n";
        let told_of = |settings: &[&str]| told(&config(settings), &default());
        assert!(told_of(&[]).contains(terms), "{}", told_of(&[]));
        assert!(told_of(&["standing.enabled=false"]).contains("  standing   off"));
    }
}
