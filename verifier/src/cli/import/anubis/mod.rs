//! `portcullis import anubis`

mod cel;
mod conditions;
mod go_regex;
mod source;
mod thresholds;

use std::collections::{BTreeSet, HashSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use portcullis_policy::Policy;

use self::conditions::{Converted, Databases, VerifiedBot, convert};
use self::source::{Challenge, Entry, Item, Read, Threshold};
use super::imported::{Imported, Output};
use super::written::{comment, list, name, quoted, rule};

#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(in crate::cli) struct Anubis {
    /// The policy of Anubis, in YAML or JSON.
    file: PathBuf,
    /// The folder `data` of the source tree of Anubis, for imports that begin with (data)/.
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Challenge at all times, as Anubis does. Without this, only while the gate is lowered.
    #[arg(long)]
    always: bool,
    /// A MaxMind database of autonomous systems, for rules with `asns`; a path beside the policy.
    #[arg(long, value_name = "FILE")]
    asn_database: Option<String>,
    /// A MaxMind database of countries, for rules with `geoip`; a path beside the policy.
    #[arg(long, value_name = "FILE")]
    country_database: Option<String>,
    #[command(flatten)]
    pub(super) output: Output,
}

/// Makes a policy from one of Anubis.
pub(super) fn import(arguments: &Anubis) -> anyhow::Result<Imported> {
    let read = source::read(&arguments.file, arguments.data.as_deref())?;
    let shown = arguments.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let rungs = Rungs::of(&read);
    let mut writer = Writer {
        rules: String::new(),
        bots: String::new(),
        names: HashSet::new(),
        missed: Vec::new(),
        notes: Vec::new(),
        databases: Databases { asn: arguments.asn_database.is_some(), country: arguments.country_database.is_some() },
        always: arguments.always,
        rungs: &rungs,
        may_weigh: false,
    };
    for item in &read.items {
        writer.item(item);
    }
    let thresholds = writer.thresholds(&read.thresholds);
    writer.others(&read);
    writer.general(&read);

    let mut text = comment(&format!("Made of {shown} by `portcullis import anubis`. Where it decides otherwise:"));
    for note in &writer.notes {
        text.push_str(&comment(&format!("- {note}")));
    }
    for (key, file) in [("asn_database", &arguments.asn_database), ("country_database", &arguments.country_database)] {
        if let Some(file) = file {
            let _ = writeln!(text, "\n{key} = {}", quoted(file));
        }
    }
    for part in [rungs.written(), thresholds, writer.bots, writer.rules] {
        text.push_str(&part);
    }
    Ok(Imported { text, missed: writer.missed, notes: writer.notes })
}

struct Writer<'a> {
    rules: String,
    bots: String,
    names: HashSet<String>,
    missed: Vec<String>,
    notes: Vec<String>,
    databases: Databases,
    always: bool,
    rungs: &'a Rungs,
    /// Whether an earlier rule may have added weight.
    may_weigh: bool,
}

impl Writer<'_> {
    fn item(&mut self, item: &Item) {
        match item {
            Item::Imported(import) => {
                self.rules.push('\n');
                self.rules.push_str(&comment(&format!("From {import}")));
            }
            Item::Missed(what) => self.miss(what),
            Item::Rule(entry) => match self
                .action(entry)
                .and_then(|action| convert(entry, self.databases).map(|converted| (action, converted)))
            {
                Ok((action, converted)) => self.rule(entry, &action, &converted),
                Err(reason) => self.miss_rule(entry, &reason),
            },
        }
    }

    fn rule(&mut self, entry: &Entry, action: &str, converted: &Converted) {
        if let Err(reason) = self.readable(action, converted) {
            return self.miss_rule(entry, &reason);
        }
        self.may_weigh |= entry.action == "WEIGH";
        for conditions in &converted.rules {
            let name = name(&entry.name, &mut self.names);
            self.rules.push('\n');
            if name != entry.name {
                self.rules.push_str(&comment(&format!("In Anubis: {}", entry.name)));
            }
            let mut conditions = conditions.clone();
            if let Some(VerifiedBot { user_agents, domains }) = &converted.bot {
                let _ = write!(self.bots, "\n[[bot]]\nname = {}\n", quoted(&name));
                list(&mut self.bots, "user_agent", user_agents);
                list(&mut self.bots, "dns", domains);
                // A rule of Anubis has no condition of this kind.
                let _ = conditions.add(super::written::Condition::List("bot", vec![name.clone()]));
                self.note(format!(
                    "{name} is looked up in DNS while its first requests are already answered: until that is done, it is not recognised"
                ));
            }
            self.rules.push_str(&rule(&name, action, &conditions));
        }
    }

    /// Whether the rules can be read, by themselves. Whatever needs a file is checked when the policy is complete.
    fn readable(&self, action: &str, converted: &Converted) -> Result<(), String> {
        for conditions in converted.rules.iter().filter(|conditions| !conditions.need_a_database()) {
            let text = format!("{}{}", self.rungs.written(), rule("rule", action, conditions));
            let read = Policy::parse(&text, Path::new("policy.toml"));
            read.map_err(|unusable| unusable.problem().trim_start_matches("rule \"rule\": ").to_owned())?;
        }
        Ok(())
    }

    /// The lines of a rule's action.
    fn action(&mut self, entry: &Entry) -> Result<String, String> {
        Ok(match entry.action.as_str() {
            "ALLOW" => "action = \"allow\"".to_owned(),
            "DENY" => "action = \"deny\"".to_owned(),
            "WEIGH" => match entry.weight.map_or(DEFAULT_WEIGHT, |weight| weight.adjust) {
                0 => return Err("it adds no weight".to_owned()),
                weight if (-MOST_WEIGHT..=MOST_WEIGHT).contains(&weight) => {
                    format!("action = \"weigh\"\nweight = {weight}")
                }
                weight => return Err(format!("a weight of {weight} is more than {MOST_WEIGHT}")),
            },
            "CHALLENGE" => {
                if self.may_weigh {
                    self.note(
                        "a rule that challenges sets a minimum here: if the weight at that point reaches a threshold that asks for more, \
                         more is asked for"
                            .to_owned(),
                    );
                }
                self.challenge(entry.challenge.as_ref())
            }
            "DEBUG_BENCHMARK" => return Err("there is no page for benchmarks".to_owned()),
            other => return Err(format!("{other:?} is not an action")),
        })
    }

    fn challenge(&self, challenge: Option<&Challenge>) -> String {
        let mut text = format!("action = \"challenge\"\nlevel = {}", self.rungs.level(challenge));
        if self.always {
            text.push_str("\nalways = true");
        }
        text
    }

    fn thresholds(&mut self, thresholds: &[Threshold]) -> String {
        let (carried, missed): (Vec<_>, Vec<_>) = thresholds
            .iter()
            .cloned()
            .partition(|threshold| matches!(threshold.action.as_str(), "ALLOW" | "DENY" | "CHALLENGE"));
        for threshold in missed {
            self.missed.push(format!(
                "threshold {:?}: a threshold cannot have the action {:?} here",
                threshold.name, threshold.action
            ));
        }
        let (ranges, unread) = thresholds::ranges(&carried);
        for unread in unread {
            self.missed.push(format!("threshold {unread:?}: its expression is not of the weight alone"));
        }
        let mut text = String::new();
        for range in ranges {
            let threshold = range.threshold.map(|index| &carried[index]);
            let name = threshold.map_or("no threshold: Anubis lets these pass", |threshold| threshold.name.as_str());
            let action = match threshold {
                Some(threshold) if threshold.action == "CHALLENGE" => self.challenge(threshold.challenge.as_ref()),
                Some(threshold) if threshold.action == "DENY" => "action = \"deny\"".to_owned(),
                _ => "action = \"allow\"".to_owned(),
            };
            let _ = write!(text, "\n{}[[threshold]]\nweight = {}\n{action}\n", comment(name), range.weight);
        }
        text
    }

    /// The sections of a policy that are about something else.
    fn others(&mut self, read: &Read) {
        for (key, value) in &read.others {
            let enabled = value.get("enabled").and_then(serde_json::Value::as_bool);
            let reason = match key.as_str() {
                "dnsbl" if value == &serde_json::Value::Bool(false) => continue,
                "openGraph" if enabled != Some(true) => continue,
                "honeypot" if enabled == Some(false) => continue,
                "dnsbl" => "blocklists in DNS are not supported; keep a list in a `network_file`",
                "honeypot" => "there are no traps for crawlers",
                "status_codes" => "challenges and refusals always have status 403",
                "openGraph" => "no part of a page is shown before the challenge is solved",
                "store" | "metrics" | "logging" | "impressum" | "dns_ttl" => {
                    "not part of a policy; see docs/configuration.md"
                }
                _ => "not supported",
            };
            self.missed.push(format!("{key}: {reason}"));
        }
    }

    /// What differs in every policy.
    fn general(&mut self, read: &Read) {
        if !self.always {
            self.notes.insert(
                0,
                "challenges are given only while the gate is lowered; with --always at all times".to_owned(),
            );
        }
        let entries =
            || read.items.iter().filter_map(|item| if let Item::Rule(entry) = item { Some(entry) } else { None });
        if entries().any(|entry| entry.path_regex.is_some()) {
            self.note(
                "paths are compared without regard to case, and in every spelling that an origin may read as the same; a rule that \
                 allows has to hold for all of them, so \"/a/../b\" is not below \"/a/\", nor is \"/a/\" alone"
                    .to_owned(),
            );
        }
        if entries().any(|entry| entry.user_agent_regex.is_some() || !entry.headers_regex.is_empty()) {
            self.note(
                "every value of a repeated header counts, not only the first; a rule that allows has to hold for all of them"
                    .to_owned(),
            );
        }
        if !self.missed.is_empty() {
            self.note(
                "rules marked as not carried over decide nothing; the requests they let pass meet the rules after them"
                    .to_owned(),
            );
        }
    }

    fn note(&mut self, note: String) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    fn miss(&mut self, what: &str) {
        self.rules.push('\n');
        self.rules.push_str(&comment(&format!("Not carried over: {what}")));
        self.missed.push(what.to_owned());
    }

    fn miss_rule(&mut self, entry: &Entry, reason: &str) {
        self.miss(&format!("rule {:?} ({}): {reason}", entry.name, entry.action));
        if let Some(expression) = &entry.expression {
            self.rules.push_str(&comment(&format!("Its expression: {}", expression.text())));
        }
    }
}

/// The difficulties that a policy asks for, the lowest first. Each becomes a level with twice the work of the one before:
/// work in Anubis and work here cannot be compared more exactly.
struct Rungs(Vec<(u32, String)>);

impl Rungs {
    fn of(read: &Read) -> Self {
        let rules = read.items.iter().filter_map(|item| match item {
            Item::Rule(entry) if entry.action == "CHALLENGE" => Some(entry.challenge.as_ref()),
            _ => None,
        });
        let thresholds = read.thresholds.iter().filter(|threshold| threshold.action == "CHALLENGE");
        let asked: BTreeSet<_> =
            rules.chain(thresholds.map(|threshold| threshold.challenge.as_ref())).map(rung).collect();
        Self(asked.into_iter().map(|digits| (digits, work(digits))).collect())
    }

    fn level(&self, challenge: Option<&Challenge>) -> usize {
        let digits = rung(challenge);
        let place = self.0.iter().position(|(known, _)| *known == digits).unwrap_or(0);
        (place + 1).min(MOST_LEVELS)
    }

    fn written(&self) -> String {
        let mut text = String::new();
        let levels = self.0.len().min(MOST_LEVELS);
        for level in 2..=levels {
            // The last level stands for everything above it.
            let last = if level == levels { self.0.len() } else { level };
            let works: Vec<_> = self.0[level - 1..last].iter().map(|(_, work)| work.as_str()).collect();
            let _ = write!(
                text,
                "\n{}[[level]]\nlevel = {level}\ndifficulty = {}.0\n",
                comment(&format!("In Anubis: {}", works.join("; "))),
                1 << (level - 1)
            );
        }
        text
    }
}

/// The difficulty in Anubis, in hexadecimal digits; 0 if it asks for no work.
fn rung(challenge: Option<&Challenge>) -> u32 {
    match challenge {
        None => DEFAULT_DIFFICULTY,
        Some(challenge) if matches!(challenge.algorithm.as_str(), "metarefresh" | "preact") => 0,
        Some(challenge) => challenge.difficulty,
    }
}

fn work(digits: u32) -> String {
    match 16_u64.checked_pow(digits) {
        _ if digits == 0 => "no work".to_owned(),
        Some(attempts) => format!("difficulty {digits}, {attempts} attempts"),
        None => format!("difficulty {digits}, more than can be done"),
    }
}

/// What Anubis adds if a rule does not say.
const DEFAULT_WEIGHT: i64 = 5;
const DEFAULT_DIFFICULTY: u32 = 4;
const MOST_WEIGHT: i64 = 1000;
const MOST_LEVELS: usize = 4;

const HELP: &str = "\
Examples:
  portcullis import anubis botPolicies.yaml --data anubis/data --output policy.toml
  portcullis import anubis botPolicies.yaml --always --country-database GeoLite2-Country.mmdb > policy.toml
  portcullis check-config --policy policy.toml --explain /login --header 'User-Agent: Mozilla/5.0'

Rules keep their order, names and weights. Thresholds are converted, each from a weight on. The lowest difficulty that is
asked for becomes level 1, and each higher one a level with twice the difficulty of the one before; adjust `difficulty` as you
like. Simple expressions become typed matchers, others `expression`; a confirmed reverse DNS name becomes a [[bot]]. A rule
with a condition that cannot be carried over is left out whole, because without the condition it would match other requests.";
