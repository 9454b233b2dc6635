//! Why a policy decides on a request as it does: every rule that was tried, and what it looked at.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use portcullis_admission::WeekTime;

use crate::condition::{Condition, HeaderTest, spellings};
use crate::databases::matcher_data;
use crate::facts::Facts;
use crate::policy::{Decision, Policy};
use crate::rule::{Action, Challenged, Rule, WeightThreshold};
use crate::target::Target;

/// How a policy came to its decision on a request.
#[derive(Debug)]
pub struct Explanation<'p> {
    /// The rules that were tried, in order. The rules after them were not.
    pub tried: Vec<Tried<'p>>,
    /// The threshold that the weight reaches, if it reaches one.
    pub threshold: Option<WeightThreshold>,
    /// The decision.
    pub decision: Decision<'p>,
}

/// A rule that was tried.
#[derive(Debug)]
pub struct Tried<'p> {
    /// The rule.
    pub rule: &'p Rule,
    /// Its conditions, up to the first that does not hold.
    pub conditions: Vec<Tested>,
    /// The weight after it.
    pub weight: i32,
}

/// A condition that was compared with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tested {
    /// Its key in the policy, with the header's name if it is about one.
    pub key: String,
    /// Whether it holds.
    pub holds: bool,
    /// What it asks for; if there are several, one suffices.
    pub wants: Vec<String>,
    /// What the request has, in each reading of it. Empty: nothing.
    pub has: Vec<String>,
}

impl Tried<'_> {
    /// Whether the rule holds.
    pub fn holds(&self) -> bool {
        self.conditions.iter().all(|condition| condition.holds)
    }

    /// The weight before it.
    #[cfg(test)]
    fn before(&self) -> i32 {
        match self.rule.action {
            Action::Weigh(more) if self.holds() => self.weight - more,
            _ => self.weight,
        }
    }
}

impl Policy {
    /// Decides on a request, and says why. Tries one rule after the other: for operators, and for one request at a
    /// time.
    pub fn explain(&self, facts: &Facts<'_>) -> Explanation<'_> {
        let mut tried = Vec::new();
        let mut weight = 0_i32;
        let mut decided = None;
        for rule in &self.rules {
            let conditions = tested(rule, facts, weight);
            let holds = conditions.iter().all(|condition| condition.holds);
            match rule.action {
                Action::Weigh(more) if holds => weight = weight.saturating_add(more),
                action if holds => decided = Some((action, rule.name.as_str())),
                _ => {}
            }
            tried.push(Tried { rule, conditions, weight });
            if decided.is_some() {
                break;
            }
        }
        let (action, rule) = decided.unzip();
        let decision = self.decided(action.unwrap_or(Action::Challenge(Challenged::default())), rule, weight);
        Explanation { tried, threshold: self.reached(weight), decision }
    }
}

/// A rule's conditions, up to the first that does not hold.
fn tested(rule: &Rule, facts: &Facts<'_>, weight: i32) -> Vec<Tested> {
    let mut conditions = Vec::new();
    for condition in &rule.conditions {
        let holds = condition.holds(facts, rule.readings(), weight);
        conditions.push(Tested { key: key(condition), holds, wants: wants(condition), has: has(condition, facts) });
        if !holds {
            break;
        }
    }
    conditions
}

fn key(condition: &Condition) -> String {
    match condition {
        Condition::Header(name, _) => format!("header {name}"),
        other => other.key().to_owned(),
    }
}

/// What a condition asks for, as the policy writes it.
fn wants(condition: &Condition) -> Vec<String> {
    fn each<T: ToString>(values: &[T]) -> Vec<String> {
        values.iter().map(ToString::to_string).collect()
    }
    match condition {
        Condition::Method(methods) => each(methods),
        Condition::Host(hosts) => each(hosts),
        Condition::Path(patterns) => each(patterns),
        Condition::PathRegex(patterns) | Condition::UserAgent(patterns) | Condition::Ja4(_, patterns) => each(patterns),
        Condition::Header(_, HeaderTest::Present) => vec!["true".to_owned()],
        Condition::Header(_, HeaderTest::Absent) => vec!["false".to_owned()],
        Condition::Header(_, HeaderTest::Has(pattern)) => vec![pattern.to_string()],
        Condition::Network(networks) => each(networks),
        Condition::Signal(signals) => signals.iter().map(|signal| signal.name().to_owned()).collect(),
        Condition::Bot(names) => names.clone(),
        Condition::Asn(_, numbers) => each(numbers),
        Condition::Country(_, countries) => each(countries),
        Condition::Time(times) => each(times),
        Condition::Expression(expression) => vec![expression.text().to_owned()],
    }
}

/// What a request has that a condition is about.
fn has(condition: &Condition, facts: &Facts<'_>) -> Vec<String> {
    match condition {
        Condition::Method(_) => spellings(facts.method).iter().map(ToString::to_string).collect(),
        Condition::Host(_) => vec![facts.host.to_owned()],
        Condition::Path(_) | Condition::PathRegex(_) => {
            let mut readings: Vec<_> = Target::of(facts.target).readings().map(ToOwned::to_owned).collect();
            readings.dedup();
            readings
        }
        Condition::UserAgent(_) => values(facts.headers, &header::USER_AGENT),
        Condition::Header(name, _) => values(facts.headers, name),
        Condition::Ja4(name, _) => matcher_data::ja4(name, facts).map(shown).collect(),
        Condition::Network(_) => vec![facts.address.to_string()],
        Condition::Signal(_) => facts.signals.iter().map(|signal| signal.name().to_owned()).collect(),
        Condition::Bot(_) => facts.bot.map(ToOwned::to_owned).into_iter().collect(),
        Condition::Asn(systems, _) => {
            systems.system(facts.address).map(|system| system.to_string()).into_iter().collect()
        }
        Condition::Country(countries, _) => {
            countries.country(facts.address).map(|country| country.to_string()).into_iter().collect()
        }
        Condition::Time(_) => vec![WeekTime::shown(facts.now)],
        // It may look at anything.
        Condition::Expression(_) => Vec::new(),
    }
}

fn values(headers: &HeaderMap, name: &HeaderName) -> Vec<String> {
    headers.get_all(name).iter().map(shown).collect()
}

fn shown(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use http::Method;
    use portcullis_challenge::UnixMillis;
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    use super::*;
    use crate::reading::PolicyError;
    use crate::signals::Signals;

    fn policy(text: &str) -> Result<Policy, PolicyError> {
        Policy::parse(text, Path::new("test.toml"))
    }

    fn facts<'a>(method: &'a Method, target: &'a str, headers: &'a HeaderMap, address: [u8; 4]) -> Facts<'a> {
        Facts {
            method,
            target,
            host: "login.example",
            headers,
            address: address.into(),
            from_gateway: true,
            signals: Signals::in_headers(headers, true),
            bot: None,
            now: UnixMillis(1_793_577_600_000),
        }
    }

    #[test]
    fn the_first_condition_that_fails_is_told_with_what_the_request_had() {
        let policy = policy(
            "[[rule]]\nname = \"static\"\naction = \"allow\"\nmethod = [\"GET\"]\npath = [\"/static/*\"]\nnetwork = [\"10.0.0.0/8\"]\n\
             [[rule]]\nname = \"odd\"\naction = \"weigh\"\nweight = 7\nheader = { x-odd = \"yes\" }\n\
             [[threshold]]\nweight = 5\naction = \"deny\"",
        )
        .unwrap();
        let mut headers = HeaderMap::new();
        headers.append("x-odd", HeaderValue::from_static("yes"));
        headers.append("x-odd", HeaderValue::from_static("no"));
        let told = policy.explain(&facts(&Method::GET, "/static/../Login?a", &headers, [203, 0, 113, 9]));
        let conditions = &told.tried[0].conditions;
        assert_eq!(conditions.len(), 2, "the condition after the one that fails is not looked at");
        assert!(conditions[0].holds && !told.tried[0].holds());
        assert_eq!(conditions[1].wants, ["/static/*"]);
        assert_eq!(conditions[1].has, ["/static/../Login", "/login"]);
        assert_eq!((told.tried[1].holds(), told.tried[1].weight), (true, 7));
        assert_eq!(told.tried[1].conditions[0].has, ["yes", "no"]);
        assert_eq!(told.threshold.map(|threshold| threshold.weight), Some(5));
        assert_eq!((told.decision.action, told.decision.rule), (Action::Deny, None));
    }

    /// One rule in TOML, of random conditions.
    fn rule() -> impl Strategy<Value = String> {
        let action = prop_oneof![
            Just("action = \"allow\""),
            Just("action = \"deny\""),
            Just("action = \"challenge\""),
            Just("action = \"challenge\"\nlevel = 2\nfail = \"open\""),
            Just("action = \"weigh\"\nweight = 6"),
            Just("action = \"weigh\"\nweight = 6"),
            Just("action = \"weigh\"\nweight = -4"),
        ];
        let conditions = prop::sample::subsequence(CONDITIONS.to_vec(), 0..4);
        (action, conditions).prop_map(|(action, conditions)| format!("{action}\n{}\n", conditions.join("\n")))
    }

    const CONDITIONS: [&str; 9] = [
        "method = [\"GET\"]",
        "path = [\"/a/*\", \"*.css\"]",
        "path_regex = [\"^/a\"]",
        "user_agent = [\"bot\", \"^$\"]",
        "header = { x-odd = \"1\" }",
        "network = [\"203.0.113.0/25\"]",
        "signal = [\"no-user-agent\"]",
        "time = [{ days = [\"mon\"], from = \"08:00\", to = \"18:00\" }]",
        "expression = 'weight > 5 || \"X-Odd\" in headers'",
    ];

    proptest! {
        // The same cases on every run.
        #![proptest_config(ProptestConfig {
            rng_seed: RngSeed::Fixed(0x6578),
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        #[test]
        fn what_is_explained_is_what_is_decided(
            rules in prop::collection::vec(rule(), 0..12),
            get in any::<bool>(),
            target in prop::sample::select(vec!["/", "/a", "/a/../b", "/A/x.css", "/b;.css", "//a%2fb"]),
            agents in prop::collection::vec(prop::sample::select(vec!["", "bot", "browser"]), 0..3),
            odd in prop::collection::vec(prop::sample::select(vec!["0", "1"]), 0..3),
            last in any::<u8>(),
        ) {
            let rules = rules.iter().enumerate().map(|(index, rule)| format!("[[rule]]\nname = \"r{index}\"\n{rule}"));
            let policy = policy(&format!("{THRESHOLDS}{}", rules.collect::<String>())).unwrap();
            let mut headers = HeaderMap::new();
            let agents = agents.iter().map(|agent| (header::USER_AGENT, HeaderValue::from_static(agent)));
            let odd = odd.iter().map(|value| (HeaderName::from_static("x-odd"), HeaderValue::from_static(value)));
            agents.chain(odd).for_each(|(name, value)| _ = headers.append(name, value));
            let method = if get { Method::GET } else { Method::POST };
            let facts = facts(&method, target, &headers, [203, 0, 113, last]);
            let told = policy.explain(&facts);
            prop_assert_eq!(told.decision, policy.decide(&facts));
            let last = told.tried.iter().rev().find(|tried| tried.holds() && !matches!(tried.rule.action, Action::Weigh(_)));
            prop_assert_eq!(told.decision.rule, last.map(|tried| tried.rule.name.as_str()));
            prop_assert!(told.tried.iter().all(|tried| tried.holds() == tried.rule.holds(&facts, tried.before())));
        }
    }

    const THRESHOLDS: &str = "[[level]]\nlevel = 2\ndifficulty = 2.0\n\
        [[threshold]]\nweight = -4\naction = \"allow\"\n\
        [[threshold]]\nweight = 0\naction = \"challenge\"\n\
        [[threshold]]\nweight = 6\naction = \"challenge\"\nlevel = 2\n\
        [[threshold]]\nweight = 12\naction = \"deny\"\n";
}
