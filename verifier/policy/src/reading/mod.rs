//! A policy as it is written, in TOML, and what is wrong with it.

mod bots;
mod lists;
mod raw;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use http::{HeaderName, Method};
use ipnet::IpNet;
use portcullis_admission::{Allowance, Budget, WeekTime};
use portcullis_clearance::Level;

use self::raw::{RawAction, RawBudget, RawFail, RawLevel, RawPolicy, RawRule, RawThreshold};
use crate::bot::Bot;
use crate::condition::{Condition, HeaderTest, HostPattern};
use crate::databases::matcher_data::MatcherData;
use crate::databases::mmdb::Country;
use crate::expression::Expression;
use crate::index::Index;
use crate::level::LevelTerms;
use crate::policy::Policy;
use crate::rule::{Action, Challenged, LONGEST_REFILL, MOST_ALLOWED, Rule, WeightThreshold};
use crate::signals::Signal;
use crate::target::PathPattern;
use crate::values::{each, is_kebab, list, patterns, regex};

/// A policy that is refused: where, what, and the fix.
#[derive(Debug, thiserror::Error)]
#[error("{file}:{line}: {problem}", file = .file.display())]
pub struct PolicyError {
    file: PathBuf,
    line: usize,
    problem: String,
}

impl PolicyError {
    /// What is wrong, and the fix.
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

impl Policy {
    /// Reads the policy in a file, and the files that it names, which are looked for beside it. Without a path, the
    /// [default](Self::DEFAULT).
    ///
    /// # Errors
    ///
    /// [`PolicyError`], with file, line and fix.
    pub fn read(path: Option<&Path>) -> Result<Self, PolicyError> {
        let Some(path) = path else { return parse(Self::DEFAULT, Path::new("default-policy.toml")) };
        let text = std::fs::read_to_string(path).map_err(|error| PolicyError {
            file: path.to_owned(),
            line: 1,
            problem: format!("cannot read the policy: {error}"),
        })?;
        let mut policy = parse(&text, path)?;
        policy.sources.push(path.to_owned());
        Ok(policy)
    }

    /// Reads a policy that stands, or is to stand, in a file.
    ///
    /// # Errors
    ///
    /// [`PolicyError`], with file, line and fix.
    pub fn parse(text: &str, file: &Path) -> Result<Self, PolicyError> {
        parse(text, file)
    }
}

/// Reads a text that stands, or is said to stand, in a file.
fn parse(text: &str, file: &Path) -> Result<Policy, PolicyError> {
    let refuse = |start: usize, problem: String| {
        let line = text[..start.min(text.len())].matches('\n').count() + 1;
        PolicyError { file: file.to_owned(), line, problem }
    };
    let raw: RawPolicy = toml::from_str(text)
        .map_err(|error| refuse(error.span().map_or(0, |span| span.start), error.message().to_owned()))?;
    let at = |start: usize| move |problem: String| refuse(start, problem);

    let ja4_header = raw.ja4_header.as_deref().map(header_name).transpose().map_err(at(0))?;
    let mut levels = vec![LevelTerms::default()];
    for level in raw.level {
        let terms = level_terms(level.get_ref(), &levels).map_err(at(level.span().start))?;
        levels.push(terms);
    }
    let folder = file.parent().unwrap_or(Path::new(""));
    let mut sources = Vec::new();
    let databases = [raw.asn_database.as_ref(), raw.country_database.as_ref()];
    let data = MatcherData::read(folder, databases, ja4_header.clone(), &mut sources).map_err(at(0))?;
    let dns_resolver = raw.dns_resolver.as_deref().map(bots::resolver).transpose().map_err(at(0))?;
    let bots = bots::read_all(raw.bot, folder, &mut sources).map_err(|(start, problem)| refuse(start, problem))?;
    let reader = Reader { folder, levels: levels.len(), data, bots: &bots };
    let mut names = HashSet::new();
    let mut rules = Vec::new();
    for rule in raw.rule {
        let start = rule.span().start;
        let rule = rule.into_inner();
        let name = rule.name.clone();
        let rule =
            reader.rule(rule, &mut sources).map_err(|problem| refuse(start, format!("rule {name:?}: {problem}")))?;
        if !names.insert(name.clone()) {
            return Err(refuse(start, format!("two rules are called {name:?}; give each its own name")));
        }
        rules.push(rule);
    }
    if rules.len() > MOST_RULES {
        return Err(refuse(0, format!("{} rules are too many; write at most {MOST_RULES}", rules.len())));
    }
    let conditions = rules.iter().flat_map(|rule| &rule.conditions);
    let expressions = conditions.filter(|condition| matches!(condition, Condition::Expression(_))).count();
    if expressions > MOST_EXPRESSIONS {
        let instead = "and typed matchers for the rest: those are looked up all at once";
        return Err(refuse(
            0,
            format!("{expressions} expressions are too many; write at most {MOST_EXPRESSIONS}, {instead}"),
        ));
    }
    let mut thresholds = Vec::new();
    for threshold in raw.threshold {
        let start = threshold.span().start;
        thresholds.push(reader.threshold(threshold.into_inner()).map_err(at(start))?);
    }
    thresholds.sort_by_key(|threshold| threshold.weight);
    if let Some(two) =
        thresholds.array_windows().find(|[one, other]: &&[WeightThreshold; 2]| one.weight == other.weight)
    {
        return Err(refuse(0, format!("two thresholds begin at weight {}; keep one", two[0].weight)));
    }
    Ok(Policy { index: Index::new(&rules), rules, thresholds, levels, ja4_header, bots, dns_resolver, sources })
}

/// Which settings of an action are written, in a rule of this name.
struct Written<'a> {
    name: &'a str,
    action: RawAction,
    level: Option<u8>,
    always: Option<bool>,
    fail: Option<RawFail>,
    weight: Option<i32>,
    budget: Option<RawBudget>,
}

/// The keys of a rule that need more than the request.
struct Beside {
    asn: Option<Vec<u32>>,
    country: Option<Vec<String>>,
    time: Option<Vec<WeekTime>>,
    expression: Option<String>,
}

/// What rules are checked against.
struct Reader<'a> {
    folder: &'a Path,
    levels: usize,
    data: MatcherData,
    bots: &'a [Bot],
}

impl Reader<'_> {
    fn rule(&self, raw: RawRule, sources: &mut Vec<PathBuf>) -> Result<Rule, String> {
        if !is_kebab(&raw.name) {
            return Err("this is not a name; write one such as \"login-posts\"".to_owned());
        }
        let RawRule { name, action, level, always, fail, weight, budget, .. } = raw;
        let action = self.action(Written { name: &name, action, level, always, fail, weight, budget })?;
        let mut conditions = Vec::new();
        if let Some(methods) = list("method", raw.method)? {
            conditions.push(Condition::Method(each("method", &methods, "POST", |name| {
                Method::from_bytes(name.as_bytes()).ok().filter(|_| !name.bytes().any(|byte| byte.is_ascii_lowercase()))
            })?));
        }
        if let Some(hosts) = list("host", raw.host)? {
            conditions.push(Condition::Host(each(
                "host",
                &hosts,
                "login.example\" or \"*.example",
                HostPattern::parse,
            )?));
        }
        if let Some(paths) = list("path", raw.path)? {
            let example = "/login\", \"/account/*\" or \"*.css";
            conditions.push(Condition::Path(each("path", &paths, example, PathPattern::parse)?));
        }
        let networks_are_named = raw.network.is_some() || raw.network_file.is_some();
        let networks = lists::named(self.folder, raw.network, raw.network_file, sources)?;
        // An empty file names nobody, not everybody.
        if networks_are_named {
            conditions.push(Condition::Network(IpNet::aggregate(&networks)));
        }
        if let Some(signals) = list("signal", raw.signal)? {
            let example = Signal::ALL[0].name();
            let signals = each("signal", &signals, example, Signal::named)?;
            conditions.push(Condition::Signal(signals.into_iter().collect()));
        }
        if let Some(bots) = list("bot", raw.bot)? {
            if let Some(unknown) = bots.iter().find(|name| self.bots.iter().all(|bot| bot.name != **name)) {
                return Err(format!("bot: there is no bot {unknown:?}; write it as [[bot]], with what proves it"));
            }
            conditions.push(Condition::Bot(bots));
        }
        if let Some(ja4) = list("ja4", raw.ja4)? {
            let header = self
                .data
                .ja4_header
                .clone()
                .ok_or("ja4 needs `ja4_header`, the header that your gateway states it in")?;
            conditions.push(Condition::Ja4(header, patterns("ja4", &ja4, false)?));
        }
        if let Some(headers) = raw.header {
            for (name, test) in headers {
                conditions.push(Condition::Header(header_name(&name)?, header_test(&name, test)?));
            }
        }
        if let Some(patterns_in_path) = list("path_regex", raw.path_regex)? {
            conditions.push(Condition::PathRegex(patterns("path_regex", &patterns_in_path, true)?));
        }
        if let Some(agents) = list("user_agent", raw.user_agent)? {
            conditions.push(Condition::UserAgent(patterns("user_agent", &agents, false)?));
        }
        let beside = Beside { asn: raw.asn, country: raw.country, time: raw.time, expression: raw.expression };
        conditions.extend(self.conditions_beside(beside)?);
        Ok(Rule { name, action, conditions })
    }

    /// The conditions that need more than the request.
    fn conditions_beside(&self, raw: Beside) -> Result<Vec<Condition>, String> {
        let data = &self.data;
        let mut conditions = Vec::new();
        if let Some(numbers) = list("asn", raw.asn)? {
            let systems = data.systems.clone().ok_or("asn needs `asn_database`, such as \"GeoLite2-ASN.mmdb\"")?;
            conditions.push(Condition::Asn(systems, numbers));
        }
        if let Some(codes) = list("country", raw.country)? {
            let countries =
                data.countries.clone().ok_or("country needs `country_database`, such as \"GeoLite2-Country.mmdb\"")?;
            conditions.push(Condition::Country(countries, each("country", &codes, "DE", Country::new)?));
        }
        if let Some(times) = list("time", raw.time)? {
            conditions.push(Condition::Time(times));
        }
        if let Some(text) = raw.expression {
            let expression = Expression::new(&text, data).map_err(|problem| format!("expression: {problem}"))?;
            conditions.push(Condition::Expression(Box::new(expression)));
        }
        Ok(conditions)
    }

    fn threshold(&self, raw: RawThreshold) -> Result<WeightThreshold, String> {
        let RawThreshold { weight, action, level, always, fail } = raw;
        match self.action(Written { name: "", action, level, always, fail, weight: None, budget: None })? {
            Action::Weigh(_) => Err("a threshold allows, denies or challenges".to_owned()),
            action => Ok(WeightThreshold { weight, action }),
        }
    }

    fn action(&self, written: Written<'_>) -> Result<Action, String> {
        let Written { name, action, level, always, fail, weight, budget } = written;
        let challenges = action == RawAction::Challenge;
        for (key, is_written, belongs) in [
            ("level", level.is_some(), challenges),
            ("always", always.is_some(), challenges),
            ("fail", fail.is_some(), challenges),
            ("weight", weight.is_some(), action == RawAction::Weigh),
            ("budget", budget.is_some(), challenges || action == RawAction::Allow),
        ] {
            if is_written && !belongs {
                return Err(format!("`{key}` says nothing beside this action; remove it"));
            }
        }
        Ok(match action {
            RawAction::Allow => Action::Allow(budget.map(allowance).transpose()?),
            RawAction::Deny => Action::Deny,
            RawAction::Weigh => match weight {
                Some(weight) if (-MOST_WEIGHT..=MOST_WEIGHT).contains(&weight) && weight != 0 => Action::Weigh(weight),
                _ => return Err(format!("`weigh` needs a weight; write `weight = 5`, at most {MOST_WEIGHT}")),
            },
            RawAction::Challenge => {
                let number = level.unwrap_or(1);
                let level = Level::new(number).filter(|level| level.index() < self.levels).ok_or_else(|| {
                    format!("there is no level {number}; write it as [[level]], or choose one of 1 to {}", self.levels)
                })?;
                let budget = budget.map(allowance).transpose()?.map(|allowance| Budget::of_a_rule(name, allowance));
                let fail_open = fail == Some(RawFail::Open);
                Action::Challenge(Challenged { level, always: always.unwrap_or(false), fail_open, budget })
            }
        })
    }
}

/// The terms of the next level.
fn level_terms(raw: &RawLevel, before: &[LevelTerms]) -> Result<LevelTerms, String> {
    let next = before.len() + 1;
    if usize::from(raw.level) != next || Level::new(raw.level).is_none() {
        let last = Level::LAST;
        return Err(format!(
            "level = {}: levels are written in order, from 2 to {last}, and the next is {next}",
            raw.level
        ));
    }
    let least = before.last().map_or(1.0, |terms| terms.difficulty);
    if !(least..=MOST_DIFFICULTY).contains(&raw.difficulty) {
        return Err(format!(
            "difficulty = {} is out of range; write {least} to {MOST_DIFFICULTY}, as a multiple of level 1's: a higher level costs no less",
            raw.difficulty
        ));
    }
    let lifetime = raw.lifetime.as_deref().map(|text| duration("lifetime", text, SHORTEST_LIFETIME, LONGEST_LIFETIME));
    Ok(LevelTerms { difficulty: raw.difficulty, lifetime: lifetime.transpose()?, binding: raw.binding })
}

fn allowance(raw: RawBudget) -> Result<Allowance, String> {
    if !(1..=MOST_ALLOWED).contains(&raw.requests) {
        return Err(format!("budget: requests = {} is out of range; write 1 to {MOST_ALLOWED}", raw.requests));
    }
    let refill = duration("budget: refill", &raw.refill, Duration::from_millis(1), LONGEST_REFILL)?;
    Ok(Allowance { requests: raw.requests, refill })
}

fn duration(key: &str, text: &str, least: Duration, most: Duration) -> Result<Duration, String> {
    let parsed = humantime::parse_duration(text).ok().filter(|duration| (least..=most).contains(duration));
    parsed.ok_or_else(|| {
        let [least, most] = [least, most].map(humantime::format_duration);
        format!("{key} = {text:?} is out of range; write a duration from \"{least}\" to \"{most}\"")
    })
}

fn header_name(text: &str) -> Result<HeaderName, String> {
    HeaderName::from_bytes(text.as_bytes()).map_err(|_| format!("{text:?} is not the name of a header"))
}

fn header_test(name: &str, test: toml::Value) -> Result<HeaderTest, String> {
    match test {
        toml::Value::Boolean(true) => Ok(HeaderTest::Present),
        toml::Value::Boolean(false) => Ok(HeaderTest::Absent),
        toml::Value::String(pattern) => Ok(HeaderTest::Has(regex("header", &pattern, false)?)),
        _ => Err(format!("header: {name} is true (it is there), false (it is not), or a regular expression")),
    }
}

/// Several times what a large site writes.
const MOST_RULES: usize = 10_000;
/// Each is evaluated by itself, in a few microseconds, and ten times as many for the longest possible header: so a
/// request takes a few milliseconds at worst.
const MOST_EXPRESSIONS: usize = 256;
/// More than any threshold needs, and far from an overflow when added up.
const MOST_WEIGHT: i32 = 1000;
const MOST_DIFFICULTY: f64 = 1000.0;
/// As for `clearance.lifetime`.
const SHORTEST_LIFETIME: Duration = Duration::from_secs(60);
const LONGEST_LIFETIME: Duration = portcullis_clearance::token::MAX_LIFETIME;
