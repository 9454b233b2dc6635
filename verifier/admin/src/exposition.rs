//! All metrics as Prometheus reads them: text format 0.0.4.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, prometheus_text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;

use portcullis_admission::control::SetBy;
use portcullis_admission::pressure::{Mode, Report, Setting};
use portcullis_gate::Verifier;
use portcullis_gate::observe::{Count, Tally};

/// The text, and its content type.
pub(crate) fn exposition(verifier: &Verifier) -> (String, &'static str) {
    let mut registry = Registry::with_prefix("portcullis");
    let mut families = funnel(verifier);
    families.extend(gate(verifier));
    families.extend(pressure(verifier, &verifier.pressure().report()));
    families.extend(stores(verifier));
    registry.register_collector(Box::new(Families(families)));
    let solve_seconds = verifier.events.metrics.solve_seconds.clone();
    registry.register_collector(Box::new(RuleCounts {
        name: "rule_decisions",
        help: "Requests decided by a rule of the policy, by rule",
        counts: verifier.rules.counts(),
    }));
    registry.register_collector(Box::new(RuleCounts {
        name: "expression_failures",
        help: "Requests on which an expression of a rule failed, by rule",
        counts: verifier.policy().expression_failures().map(|(rule, count)| (rule.to_owned(), count)).collect(),
    }));
    registry.register("solve_seconds", "From issuing a challenge to redeeming its solution, in seconds", solve_seconds);
    let bots = Bots::default();
    for (bot, proof, count) in verifier.bots.seen() {
        bots.get_or_create(&[("bot", bot), ("proof", proof.to_owned())]).inc_by(count);
    }
    registry.register("bots", "Requests verified to come from a bot, by what proved it", bots);
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = prometheus_text::encode(&mut text, &registry);
    (text, prometheus_text::CONTENT_TYPE)
}

/// Counted by names that the operator wrote.
type Bots = prometheus_client::metrics::family::Family<[(&'static str, String); 2], Counter>;

/// How requests, challenges and solutions went.
fn funnel(verifier: &Verifier) -> Vec<Family> {
    let metrics = &verifier.events.metrics;
    vec![
        Family::tally("requests", "Requests for the origin, by verdict", &metrics.requests),
        Family::tally(
            "would_have",
            "Requests that passed only because of a dry run, by the verdict otherwise",
            &metrics.would_have,
        ),
        Family::count("pages", "Pages served that ask for work or patience", &metrics.pages),
        Family::count("challenges", "Challenges issued", &metrics.challenges),
        Family::tally("solutions", "Verified solutions, by kind of puzzle", &metrics.solutions),
        Family::tally("redeemed", "What verified solutions were redeemed for", &metrics.redeemed),
        Family::tally("refused", "Submissions and questions refused, by code", &metrics.refused),
        Family::tally("signals", "Signs of automation in requests and submissions, by signal", &metrics.signals),
        Family::tally("siteverify", "Answers to the servers of forms, by code", &metrics.siteverify),
        Family::counters(
            "bot_lookups",
            "Addresses looked up because their client claims to be a bot, by outcome",
            "outcome",
            verifier.bots.lookups(),
        ),
        Family::count("origin_failures", "Admitted requests that the origin did not answer", &metrics.origin_failed),
    ]
}

/// How far the gate is lowered, and what set it.
fn gate(verifier: &Verifier) -> Vec<Family> {
    let (stance, steering) = (verifier.pressure().stance(), verifier.steering());
    let is = |it: bool| f64::from(u8::from(it));
    let settings = std::iter::once(Setting::Auto).chain(Mode::ALL.map(Setting::Forced));
    let name = |setting| match setting {
        Setting::Auto => "auto",
        Setting::Forced(mode) => mode.name(),
    };
    vec![
        Family::gauges(
            "mode",
            "1 for the current mode",
            "mode",
            Mode::ALL.iter().map(|mode| (mode.name(), is(*mode == stance.mode))),
        ),
        Family::gauges(
            "setting",
            "1 for the current setting: auto, or the forced mode",
            "setting",
            settings.map(|setting| (name(setting), is(setting == steering.setting))),
        ),
        Family::gauges(
            "set_by",
            "1 for the source of the setting",
            "by",
            [SetBy::Configuration, SetBy::Operator].map(|by| (by.name(), is(by == steering.by))),
        ),
        Family::gauge(
            "schedule_level",
            "The least mode by the schedule, 0 for off to 4 for queue",
            steering.least as u8 as f64,
        ),
        Family::gauge(
            "dry_run",
            "1 in a dry run: everything passes, and verdicts are only reported",
            is(verifier.control.is_dry_run()),
        ),
        Family::gauge(
            "difficulty_attempts",
            "The least number of attempts that anybody is asked for",
            verifier.challenges.least_difficulty(),
        ),
        Family::gauge("token_budget_ratio", "The part of its budget that a token has", stance.budget),
    ]
}

/// The pressure on the site, as of the last second.
fn pressure(verifier: &Verifier, report: &Report) -> Vec<Family> {
    let (sample, survey) = (&report.sample, &report.survey);
    let returning = if sample.asked() > 0.0 { sample.asked_returning / sample.asked() } else { 0.0 };
    let rate = report.stance.rate;
    vec![
        Family::gauge(
            "strain",
            "The load on the origin, divided by what it is meant to take; 1 is too much",
            report.strain,
        ),
        Family::gauge(
            "capacity_rate",
            "Requests a second that the origin can take, as stated or learnt; 0 while unknown",
            report.capacity,
        ),
        Family::gauge("usual_rate", "Requests a second on ordinary days", report.usual),
        Family::gauges(
            "asked_rate",
            "Requests a second for the origin, by what their clients show",
            "shown",
            [("nothing", sample.asked_new), ("standing", sample.asked_returning), ("clearance", sample.asked_cleared)],
        ),
        Family::gauge("returning_ratio", "The part of requests that comes from returning clients", returning),
        Family::gauge("passed_rate", "Requests a second that went on to the origin", sample.passed),
        Family::gauges(
            "answered_rate",
            "Answers of the origin a second",
            "result",
            [("well", sample.answered), ("failed", sample.failed)],
        ),
        Family::gauge(
            "origin_latency_seconds",
            "The time within which 95 % of the origin's answers begin",
            sample.latency.as_secs_f64(),
        ),
        Family::gauge(
            "origin_in_flight",
            "Requests that the origin has not begun to answer",
            f64::from(sample.in_flight),
        ),
        Family::gauge("issued_rate", "Challenges issued a second", sample.issued),
        Family::gauge("solved_rate", "Verified solutions a second", sample.solved),
        Family::gauges(
            "networks",
            "Networks that ask for something, that stand out, and that are asked for more work",
            "state",
            [("active", survey.active), ("conspicuous", survey.conspicuous), ("pressed", survey.pressed)]
                .map(|(state, count)| (state, count as f64)),
        ),
        Family::gauge("queue_waiting", "Requests that wait for their turn", verifier.queue.waiting() as f64),
        Family::gauge(
            "queue_rate",
            "Reads a second that the queue gives the origin; 0 without a queue",
            if rate.is_finite() { rate } else { 0.0 },
        ),
    ]
}

/// What is in memory.
fn stores(verifier: &Verifier) -> Vec<Family> {
    let ((budgets, most_budgets), tokens) = (verifier.admission.ledger.fill(), verifier.tokens.remembered());
    let stores = [
        ("replay", verifier.claims.held(), verifier.claims.capacity()),
        ("budgets", budgets, most_budgets),
        ("tokens", tokens.held, tokens.capacity),
    ];
    vec![
        Family::gauges(
            "store_entries",
            "Entries held: redeemed solutions, budgets in use, verified tokens",
            "store",
            stores.map(|(store, held, _)| (store, held as f64)),
        ),
        Family::gauges(
            "store_capacity",
            "The most entries that are held",
            "store",
            stores.map(|(store, _, capacity)| (store, capacity as f64)),
        ),
        Family::counters(
            "token_lookups",
            "Clearance tokens shown, by whether their signature had to be checked",
            "result",
            [("hit", tokens.hits), ("miss", tokens.misses)],
        ),
        Family::gauges("build_info", "1; the version of this program", "version", [(env!("CARGO_PKG_VERSION"), 1.0)]),
    ]
}

/// Metrics of one name.
#[derive(Debug)]
struct Family {
    name: &'static str,
    help: &'static str,
    /// The name of the label, if there is one.
    label: Option<&'static str>,
    values: Values,
}

#[derive(Debug)]
enum Values {
    Counters(Vec<(&'static str, u64)>),
    Gauges(Vec<(&'static str, f64)>),
}

impl Family {
    fn count(name: &'static str, help: &'static str, count: &Count) -> Self {
        Self { name, help, label: None, values: Values::Counters(vec![("", count.value())]) }
    }

    fn tally<const N: usize>(name: &'static str, help: &'static str, tally: &Tally<N>) -> Self {
        Self::counters(name, help, tally.label, tally.values())
    }

    fn counters(
        name: &'static str,
        help: &'static str,
        label: &'static str,
        values: impl IntoIterator<Item = (&'static str, u64)>,
    ) -> Self {
        Self { name, help, label: Some(label), values: Values::Counters(values.into_iter().collect()) }
    }

    fn gauge(name: &'static str, help: &'static str, value: f64) -> Self {
        Self { name, help, label: None, values: Values::Gauges(vec![("", value)]) }
    }

    fn gauges(
        name: &'static str,
        help: &'static str,
        label: &'static str,
        values: impl IntoIterator<Item = (&'static str, f64)>,
    ) -> Self {
        Self { name, help, label: Some(label), values: Values::Gauges(values.into_iter().collect()) }
    }

    fn encode(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let kind = match self.values {
            Values::Counters(_) => MetricType::Counter,
            Values::Gauges(_) => MetricType::Gauge,
        };
        let mut metric = encoder.encode_descriptor(self.name, self.help, None, kind)?;
        let labels = |value: &'static str| self.label.map(|label| (label, value)).into_iter().collect::<Vec<_>>();
        match &self.values {
            Values::Counters(values) => values.iter().try_for_each(|(label, value)| {
                metric.encode_family(&labels(label))?.encode_counter::<[(&str, &str); 0], _, u64>(value, None)
            }),
            Values::Gauges(values) => {
                values.iter().try_for_each(|(label, value)| metric.encode_family(&labels(label))?.encode_gauge(value))
            }
        }
    }
}

/// A count for each of the operator's rules. There are as many names as the policy has rules.
#[derive(Debug)]
struct RuleCounts {
    name: &'static str,
    help: &'static str,
    counts: Vec<(String, u64)>,
}

impl Collector for RuleCounts {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut metric = encoder.encode_descriptor(self.name, self.help, None, MetricType::Counter)?;
        self.counts.iter().try_for_each(|(rule, count)| {
            metric.encode_family(&[("rule", rule.as_str())])?.encode_counter::<[(&str, &str); 0], _, u64>(count, None)
        })
    }
}

#[derive(Debug)]
struct Families(Vec<Family>);

impl Collector for Families {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|family| family.encode(&mut encoder))
    }
}
