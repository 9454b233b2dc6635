//! The status of the gate, as JSON: what `portcullis mode` and `portcullis top` show.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use portcullis_admission::control::SetBy;
use portcullis_admission::pressure::{Mode, Report, Setting, Source};
use portcullis_gate::Verifier;

/// All of it. Durations are in seconds, rates per second.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Status {
    /// The version of the program.
    pub version: String,
    /// How far the gate is lowered.
    pub gate: GateStatus,
    /// The pressure on the site.
    pub pressure: PressureStatus,
    /// The busiest networks.
    pub networks: NetworksStatus,
    /// The rules that decide most, the first one first.
    pub rules: Vec<RuleStatus>,
    /// What is in memory.
    pub stores: Vec<Store>,
    /// What has been counted since the start.
    pub totals: Totals,
}

/// How far the gate is lowered, and what set it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GateStatus {
    /// How far it is lowered.
    pub mode: Mode,
    /// For how long it has been so.
    pub mode_for: f64,
    /// What was set: `auto`, or a mode.
    pub setting: Setting,
    /// The source of the setting.
    pub set_by: SetBy,
    /// How long ago it was set.
    pub set_for: f64,
    /// For how much longer it holds, if it ends by itself.
    pub remaining: Option<f64>,
    /// What the configuration says.
    pub configured: Setting,
    /// The least mode by the schedule.
    pub least: Mode,
    /// Whether this is a dry run: everything passes, and verdicts are only reported.
    pub dry_run: bool,
    /// The least number of attempts that anybody is asked for.
    pub difficulty: f64,
    /// The part of its budget that a token has.
    pub token_budget: f64,
    /// The part of its usual lifetime that a new token gets.
    pub token_lifetime: f64,
}

/// The pressure on the site, in the last second.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PressureStatus {
    /// The load on the origin, divided by what it is meant to take; 1 is too much.
    pub strain: f64,
    /// Requests that the origin can take; 0 while that is unknown.
    pub capacity: f64,
    /// Requests on ordinary days.
    pub usual: f64,
    /// Requests whose clients show nothing.
    pub asked_new: f64,
    /// Requests whose clients show a standing token.
    pub asked_returning: f64,
    /// Requests whose clients show a clearance token.
    pub asked_cleared: f64,
    /// Requests that went on.
    pub passed: f64,
    /// Requests that the origin answered without an error.
    pub answered: f64,
    /// Requests that it answered with an error, or not at all.
    pub failed: f64,
    /// The time within which 95 % of its answers begin.
    pub latency: f64,
    /// Requests that it has not begun to answer.
    pub in_flight: u32,
    /// Challenges issued.
    pub issued: f64,
    /// Solutions verified.
    pub solved: f64,
    /// Requests sent away because their turn did not come.
    pub overloaded: f64,
    /// Requests that wait for their turn.
    pub waiting: usize,
    /// Reads that the queue gives the origin; none without a queue.
    pub queue_rate: Option<f64>,
}

/// All networks together, and those that ask for most.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NetworksStatus {
    /// Those that ask for something.
    pub active: usize,
    /// Those that stand out.
    pub conspicuous: usize,
    /// Those that are asked for more work.
    pub pressed: usize,
    /// Those that ask for most, the first one first.
    pub top: Vec<Network>,
}

/// One network, or a group of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Network {
    /// A prefix such as `203.0.113.0/24`, or the number of an autonomous system such as `AS64500`.
    pub source: String,
    /// Requests.
    pub asked: f64,
    /// Verified solutions.
    pub solved: f64,
    /// How many times the work of others it is asked for.
    pub times: f64,
}

/// One rule of the policy.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RuleStatus {
    /// Its name, or `no-rule` for what the weight decides.
    pub name: String,
    /// Requests that it decides on.
    pub decided: f64,
}

/// One store.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Store {
    /// `replay`, `budgets` or `tokens`.
    pub name: String,
    /// Entries held.
    pub held: usize,
    /// The most entries that are held.
    pub capacity: usize,
}

/// What has been counted since the start.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Totals {
    /// Requests for the origin.
    pub requests: u64,
    /// Those that went on.
    pub admitted: u64,
    /// Those that met the gate.
    pub challenged: u64,
    /// Those whose token was used up.
    pub over_budget: u64,
    /// Those whose turn did not come.
    pub overloaded: u64,
    /// Verified solutions.
    pub solved: u64,
    /// Submissions refused.
    pub refused: u64,
}

impl Status {
    /// The status as it is now.
    pub(super) fn of(verifier: &Verifier) -> Self {
        let report = verifier.pressure().report();
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            gate: gate(verifier),
            pressure: pressure(verifier, &report),
            networks: networks(&report),
            rules: verifier.rules.busiest().into_iter().map(rule).collect(),
            stores: stores(verifier),
            totals: totals(verifier),
        }
    }
}

fn gate(verifier: &Verifier) -> GateStatus {
    let (stance, steering) = (verifier.pressure().stance(), verifier.steering());
    GateStatus {
        mode: stance.mode,
        mode_for: whole_seconds(steering.mode_for),
        setting: steering.setting,
        set_by: steering.by,
        set_for: whole_seconds(steering.set_for),
        remaining: steering.remaining.map(whole_seconds),
        configured: steering.configured,
        least: steering.least,
        dry_run: verifier.control.is_dry_run(),
        difficulty: verifier.challenges.least_difficulty().round(),
        token_budget: stance.budget,
        token_lifetime: stance.lifetime,
    }
}

fn pressure(verifier: &Verifier, report: &Report) -> PressureStatus {
    let sample = &report.sample;
    PressureStatus {
        strain: rounded(report.strain),
        capacity: rounded(report.capacity),
        usual: rounded(report.usual),
        asked_new: rounded(sample.asked_new),
        asked_returning: rounded(sample.asked_returning),
        asked_cleared: rounded(sample.asked_cleared),
        passed: rounded(sample.passed),
        answered: rounded(sample.answered),
        failed: rounded(sample.failed),
        latency: sample.latency.as_secs_f64(),
        in_flight: sample.in_flight,
        issued: rounded(sample.issued),
        solved: rounded(sample.solved),
        overloaded: rounded(sample.overloaded),
        waiting: verifier.queue.waiting(),
        queue_rate: report.stance.rate.is_finite().then(|| rounded(report.stance.rate)),
    }
}

fn networks(report: &Report) -> NetworksStatus {
    let survey = &report.survey;
    let top = survey.top.iter().map(|seen| Network {
        source: match seen.source {
            Source::Network(prefix) => prefix.to_string(),
            Source::Group(number) => format!("AS{number}"),
        },
        asked: rounded(seen.asked),
        solved: rounded(seen.solved),
        times: rounded(seen.bits.exp2()),
    });
    NetworksStatus {
        active: survey.active,
        conspicuous: survey.conspicuous,
        pressed: survey.pressed,
        top: top.collect(),
    }
}

fn rule((name, rate): (String, f64)) -> RuleStatus {
    RuleStatus { name, decided: rounded(rate) }
}

fn stores(verifier: &Verifier) -> Vec<Store> {
    let ((budgets, most_budgets), tokens) = (verifier.admission.ledger.fill(), verifier.tokens.remembered());
    let stores = [
        ("replay", verifier.claims.held(), verifier.claims.capacity()),
        ("budgets", budgets, most_budgets),
        ("tokens", tokens.held, tokens.capacity),
    ];
    stores.map(|(name, held, capacity)| Store { name: name.to_owned(), held, capacity }).into()
}

fn totals(verifier: &Verifier) -> Totals {
    let metrics = &verifier.events.metrics;
    Totals {
        requests: metrics.requests.total(),
        admitted: metrics.requests.value("admit"),
        challenged: metrics.requests.value("challenge"),
        over_budget: metrics.requests.value("budget"),
        overloaded: metrics.requests.value("overload"),
        solved: metrics.solutions.total(),
        refused: metrics.refused.total(),
    }
}

fn whole_seconds(duration: Duration) -> f64 {
    duration.as_secs_f64().round()
}

/// To two decimals: nobody reads more, and JSON has no infinities.
fn rounded(value: f64) -> f64 {
    if value.is_finite() { (value * 100.0).round() / 100.0 } else { 0.0 }
}
