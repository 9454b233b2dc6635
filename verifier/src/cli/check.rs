//! `portcullis check-config`

use portcullis::Config;
use portcullis::ladder::Solver;
use portcullis_challenge::Difficulty;

/// Says what a configuration comes to.
pub(super) fn print(config: &Config) {
    println!("The configuration is good.");
    for (name, value) in lines(config) {
        println!("  {name:<11}{value}");
    }
    if config.is_blind() {
        println!("Warning: {BLIND}.");
    }
}

fn lines(config: &Config) -> Vec<(&'static str, String)> {
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
    lines.push(("admin", config.admin.listen.to_string()));
    lines.push(("challenge", format!("{shares} shares, {attempts} expected attempts, good for {lifetime} s")));
    lines.push(("clearance", format!("{} s, {algorithm} keys in {keys}", config.clearance.lifetime.as_secs())));
    lines.extend(config.budgets.iter().map(|class| {
        let (requests, refill) = (class.allowance.requests, humantime::format_duration(class.allowance.refill));
        ("budget", format!("{}: {requests} requests at once, one more every {refill}", class.name))
    }));
    if let Some(secrets) = &config.siteverify.secrets {
        lines.push(("siteverify", format!("secrets in {}", secrets.display())));
    }
    lines
}

fn pressure(config: &Config) -> String {
    let terms = &config.pressure;
    let requests = match (terms.requests, &config.origin) {
        (Some(requests), _) => format!("{requests} requests/s"),
        (None, Some(_)) => "as many requests/s as the origin is seen to bear".to_owned(),
        (None, None) => "requests/s not stated".to_owned(),
    };
    if config.origin.is_none() {
        return requests;
    }
    let latency = humantime::format_duration(terms.latency);
    format!("{requests}, 95 % of answers within {latency}, {} % errors", terms.errors * 100.0)
}

/// What is wrong with a setting of `auto` that sees nothing.
pub(super) const BLIND: &str = "gate.mode is \"auto\", but there is no origin to watch and pressure.requests is not set, so the \
                                gate never lowers itself; set pressure.requests to what the site bears";
