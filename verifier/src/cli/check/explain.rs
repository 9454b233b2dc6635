//! `portcullis check-config --explain`: why a policy decides on a request as it does.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::time::UNIX_EPOCH;

use anyhow::{Context as _, anyhow, bail};
use clap::Args;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use portcullis_admission::budget::Allowance;
use portcullis_admission::pressure::Mode;
use portcullis_challenge::UnixMillis;
use portcullis_clearance::client::host_name;
use portcullis_clearance::clock::{Clock, SystemClock};
use portcullis_policy::explain::{Explanation, Tested, Tried};
use portcullis_policy::{Action, Facts, Policy, Signal, Signals};
use serde_json::{Value, json};

/// A request to explain the decision on.
#[derive(Debug, Args)]
pub(super) struct Request {
    /// Explain how the policy decides about a request: 'GET /login', '/login', or a whole URL.
    #[arg(long, value_name = "REQUEST")]
    pub(super) explain: Option<String>,
    /// The client's address.
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9)), requires = "explain")]
    from: IpAddr,
    /// A header of the request. Can be repeated.
    #[arg(long, value_name = "NAME: VALUE", requires = "explain")]
    header: Vec<String>,
    /// The host, where the request is not a whole URL. By default the first of `hosts`.
    #[arg(long, value_name = "HOST", requires = "explain")]
    host: Option<String>,
    /// The time of the request, such as 2026-01-01T08:00Z. By default now.
    #[arg(long, value_name = "TIME", requires = "explain")]
    at: Option<String>,
    /// Treat it as verified to come from this bot.
    #[arg(long, value_name = "NAME", requires = "explain")]
    bot: Option<String>,
    /// Raise this signal, besides those that the headers raise. Can be repeated.
    #[arg(long, value_name = "NAME", requires = "explain")]
    signal: Vec<String>,
    /// Print JSON.
    #[arg(long, requires = "explain")]
    json: bool,
}

/// A request that was read.
struct ParsedRequest {
    method: Method,
    target: String,
    host: String,
    headers: HeaderMap,
    signals: Signals,
    now: UnixMillis,
}

impl Request {
    /// How a policy decides about the request, for people or as JSON.
    pub(super) fn told(&self, policy: &Policy, file: &str, host: Option<&str>) -> anyhow::Result<String> {
        let asked = self.asked(self.explain.as_deref().unwrap_or_default(), host)?;
        let explanation = policy.explain(&Facts {
            method: &asked.method,
            target: &asked.target,
            host: &asked.host,
            headers: &asked.headers,
            address: self.from.to_canonical(),
            from_gateway: true,
            signals: asked.signals,
            bot: self.bot.as_deref(),
            now: asked.now,
        });
        if self.json {
            return Ok(format!("{:#}\n", as_json(&explanation, policy)));
        }
        let ParsedRequest { method, target, host, .. } = &asked;
        let mut text = format!("{method} {target} at {host}, from {}\n", self.from);
        for (name, value) in &asked.headers {
            let _ = writeln!(text, "  {name}: {}", String::from_utf8_lossy(value.as_bytes()));
        }
        let _ = writeln!(text, "\nRules of {file}");
        text.push_str(&in_words(&explanation, policy));
        Ok(text)
    }

    fn asked(&self, request: &str, host: Option<&str>) -> anyhow::Result<ParsedRequest> {
        let (method, target) = request.trim().split_once(' ').unwrap_or(("GET", request.trim()));
        let method: Method = method.parse().with_context(|| format!("{method:?} is not a method"))?;
        let uri: Uri = target.trim().parse().with_context(|| format!("{target:?} is neither a path nor a URL"))?;
        let target = uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
        if !target.starts_with('/') && target != "*" || uri.authority().is_some() && uri.scheme().is_none() {
            bail!("{request:?} is not a request; write one such as 'GET /login', or a whole URL");
        }
        let stated = uri.authority().map(|authority| authority.as_str()).or(self.host.as_deref());
        let host = stated.or(host).unwrap_or("localhost");
        let host = host_name(host).ok_or_else(|| anyhow!("{host:?} is not a host name"))?;
        let mut headers = HeaderMap::new();
        for header in &self.header {
            let (name, value) = header.split_once(':').with_context(|| format!("{header:?} is not 'Name: value'"))?;
            let name: HeaderName = name.trim().parse().with_context(|| format!("{name:?} is not a header name"))?;
            headers.append(name, HeaderValue::from_str(value.trim()).context("this is not a header value")?);
        }
        let secure = uri.scheme_str() != Some("http");
        let mut signals = Signals::in_headers(&headers, secure);
        for name in &self.signal {
            signals.raise(Signal::named(name).with_context(|| format!("{name:?} is not a signal"))?);
        }
        let now = self.at.as_deref().map_or_else(|| Ok(SystemClock::start().now()), time)?;
        Ok(ParsedRequest { method, target, host, headers, signals, now })
    }
}

/// Reads `2026-01-01T08:00Z`, with seconds or without.
fn time(text: &str) -> anyhow::Result<UnixMillis> {
    let bare = text.trim_end_matches('Z');
    let whole = if bare.len() == "2026-01-01T08:00".len() { format!("{bare}:00Z") } else { format!("{bare}Z") };
    let time = humantime::parse_rfc3339_weak(&whole)
        .with_context(|| format!("--at {text:?} is not a time; write one such as 2026-01-01T08:00Z, in UTC"))?;
    let since = time.duration_since(UNIX_EPOCH).context("--at: the time is before 1970")?;
    Ok(UnixMillis(u64::try_from(since.as_millis()).context("--at: the time is too far in the future")?))
}

fn in_words(explanation: &Explanation<'_>, policy: &Policy) -> String {
    let mut text = String::new();
    let rules = policy.rules();
    let digits = rules.len().to_string().len();
    let names = explanation.tried.iter().map(|tried| tried.rule.name.len()).max().unwrap_or(0);
    let actions: Vec<String> = explanation.tried.iter().map(|tried| action(tried.rule.action)).collect();
    let wide = actions.iter().map(String::len).max().unwrap_or(0);
    for (index, (tried, action)) in explanation.tried.iter().zip(&actions).enumerate() {
        let (number, name, said) = (index + 1, &tried.rule.name, outcome(tried));
        let _ = writeln!(text, "  {number:>digits$}  {name:<names$}  {action:<wide$}  {said}");
    }
    match rules.len() - explanation.tried.len() {
        0 => {}
        1 => drop(writeln!(text, "  The last rule is not tried: this one has decided.")),
        left => drop(writeln!(text, "  The other {left} rules are not tried: this one has decided.")),
    }
    let decision = explanation.decision;
    let counts = decision.rule.is_none() || matches!(decision.action, Action::Challenge(_));
    let reached = match explanation.threshold {
        _ if !counts => "does not count, because a rule has decided".to_owned(),
        Some(threshold) => {
            format!("reaches the threshold {}: {}", threshold.weight, action(threshold.action))
        }
        None => "reaches no threshold".to_owned(),
    };
    let by =
        decision.rule.map_or_else(|| "by its weight: no rule decided".to_owned(), |rule| format!("by rule {rule}"));
    let _ = writeln!(text, "\nWeight    {}, {reached}", decision.weight);
    let _ = writeln!(text, "Decision  {}, {by}\n\nWhat it means in each mode", action(decision.action));
    for mode in Mode::ALL {
        let _ = writeln!(text, "  {:<13}  {}", mode.name(), meaning(decision.action, mode));
    }
    text
}

/// Why a rule holds, or which condition of it does not.
fn outcome(tried: &Tried<'_>) -> String {
    let Some(last) = tried.conditions.last() else { return holds(tried, "it matches every request".to_owned()) };
    if last.holds {
        let all: Vec<_> = tried.conditions.iter().map(|tested| format!("{} {}", tested.key, had(tested))).collect();
        return holds(tried, all.join(", "));
    }
    match last.key.as_str() {
        EXPRESSION => format!("no: {EXPRESSION} does not hold: {}", last.wants.concat()),
        key => format!("no: {key} {}, not {}", had(last), some_of(&last.wants, " or ")),
    }
}

fn holds(tried: &Tried<'_>, why: String) -> String {
    match tried.rule.action {
        Action::Weigh(_) => format!("holds, the weight is now {}: {why}", tried.weight),
        _ => format!("holds: {why}"),
    }
}

fn had(tested: &Tested) -> String {
    match tested.has.as_slice() {
        [] if tested.key == EXPRESSION => "holds".to_owned(),
        [] if KNOWN_OR_NOT.contains(&tested.key.as_str()) => "is none".to_owned(),
        [] => "is absent".to_owned(),
        readings => format!("is {}", some_of(readings, " and ")),
    }
}

/// A few of several values, each in quotes and cut to fit a line.
fn some_of(values: &[String], join: &str) -> String {
    // A pattern may go over several lines, and this is a line.
    let in_a_line = values.iter().map(|value| match value.contains('\n') {
        true => value.lines().map(str::trim).collect::<Vec<_>>().join(" "),
        false => value.clone(),
    });
    let shown = in_a_line.take(MOST_VALUES).map(|value| match value.as_str() {
        "true" => "present".to_owned(),
        "false" => "absent".to_owned(),
        text if text.chars().count() > MOST_LETTERS => {
            format!("\"{}…\"", text.chars().take(MOST_LETTERS).collect::<String>())
        }
        text => format!("\"{text}\""),
    });
    let shown = shown.collect::<Vec<_>>().join(join);
    match values.len().saturating_sub(MOST_VALUES) {
        0 => shown,
        more => format!("{shown}{join}one of {more} more"),
    }
}

/// An action, as a policy says it.
fn action(action: Action) -> String {
    match action {
        Action::Allow(None) => "allow".to_owned(),
        Action::Allow(Some(allowance)) => format!("allow {}", at_once(allowance, "")),
        Action::Deny => "deny".to_owned(),
        Action::Weigh(weight) => format!("weigh {weight:+}"),
        Action::Challenge(terms) => {
            let always = if terms.always { ", always" } else { "" };
            let open = if terms.fail_open { ", fail open" } else { "" };
            let budget = terms.budget.map(|budget| format!(", {}", at_once(budget.allowance(), " a token")));
            format!("challenge at level {}{always}{open}{}", terms.level, budget.unwrap_or_default())
        }
    }
}

fn at_once(allowance: Allowance, whose: &str) -> String {
    format!("{}{whose}, then one every {}", allowance.requests, humantime::format_duration(allowance.refill))
}

/// What a decision means in a mode.
fn meaning(action: Action, mode: Mode) -> String {
    match (action, mode) {
        (Action::Deny, _) => "refused".to_owned(),
        (Action::Allow(None), _) | (Action::Allow(Some(_)), Mode::Off) | (Action::Weigh(_), _) => "passes".to_owned(),
        (Action::Allow(Some(allowance)), _) => {
            let (requests, refill) = (allowance.requests, humantime::format_duration(allowance.refill));
            format!(
                "passes: at most {requests} requests per network at once, one more every {refill}; the rest is challenged at level 1"
            )
        }
        (Action::Challenge(terms), _) if terms.always && mode < Mode::Queue => {
            format!("passes with a token of level {}, which takes work", terms.level)
        }
        (Action::Challenge(_), Mode::Off) => "passes".to_owned(),
        (Action::Challenge(terms), Mode::Watch) => {
            format!("passes; from a network that stands out, with a token of level {}", terms.level)
        }
        (Action::Challenge(terms), Mode::ChallengeNew) => {
            format!("passes with a token of level {}, or with a standing token", terms.level)
        }
        (Action::Challenge(terms), Mode::ChallengeAll) => format!("passes with a token of level {}", terms.level),
        (Action::Challenge(terms), Mode::Queue) => {
            format!("passes when its turn comes, with a token of level {}", terms.level)
        }
    }
}

fn as_json(explanation: &Explanation<'_>, policy: &Policy) -> Value {
    let condition =
        |tested: &Tested| json!({ "key": tested.key, "holds": tested.holds, "wants": tested.wants, "has": tested.has });
    let rule = |tried: &Tried<'_>| {
        json!({
            "name": tried.rule.name,
            "action": action(tried.rule.action),
            "holds": tried.holds(),
            "weight": tried.weight,
            "conditions": tried.conditions.iter().map(condition).collect::<Vec<_>>(),
        })
    };
    let rules: Vec<_> = explanation.tried.iter().map(rule).collect();
    let Explanation { threshold, decision, tried } = explanation;
    let modes: serde_json::Map<_, _> =
        Mode::ALL.into_iter().map(|mode| (mode.name().to_owned(), meaning(decision.action, mode).into())).collect();
    json!({
        "rules": rules,
        "not_tried": policy.rules().len() - tried.len(),
        "weight": decision.weight,
        "threshold": threshold.map(|threshold| {
            json!({ "weight": threshold.weight, "action": action(threshold.action) })
        }),
        "decision": { "action": action(decision.action), "rule": decision.rule },
        "modes": modes,
    })
}

const EXPRESSION: &str = "expression";
/// Facts that are not in a header of the request: such a key "is none" where a header "is absent".
const KNOWN_OR_NOT: [&str; 4] = ["signal", "bot", "asn", "country"];
/// What fits on a line.
const MOST_VALUES: usize = 3;
const MOST_LETTERS: usize = 60;
