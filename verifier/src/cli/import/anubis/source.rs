//! Policies of Anubis as they are written, in YAML or JSON, with what they import.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A whole policy.
#[derive(Debug, Deserialize)]
pub(super) struct Policy {
    #[serde(default)]
    bots: Vec<Entry>,
    #[serde(default)]
    pub(super) thresholds: Vec<Threshold>,
}

/// A rule, or an import of several.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Entry {
    pub(super) import: Option<String>,
    pub(super) name: String,
    pub(super) action: String,
    pub(super) user_agent_regex: Option<String>,
    pub(super) path_regex: Option<String>,
    pub(super) headers_regex: BTreeMap<String, String>,
    pub(super) remote_addresses: Vec<String>,
    pub(super) expression: Option<Expression>,
    pub(super) challenge: Option<Challenge>,
    pub(super) weight: Option<Weight>,
    pub(super) geoip: Option<Countries>,
    pub(super) asns: Option<Systems>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Expression {
    One(String),
    Lists {
        #[serde(default)]
        all: Vec<String>,
        #[serde(default)]
        any: Vec<String>,
    },
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Challenge {
    pub(super) algorithm: String,
    pub(super) difficulty: u32,
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Weight {
    pub(super) adjust: i64,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Countries {
    pub(super) countries: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Systems {
    #[serde(rename = "match")]
    pub(super) numbers: Vec<u32>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Threshold {
    pub(super) name: String,
    pub(super) action: String,
    pub(super) expression: Expression,
    pub(super) challenge: Option<Challenge>,
}

/// What stands in a policy, in order, with its imports in their place.
#[derive(Debug)]
pub(super) enum Item {
    Rule(Box<Entry>),
    /// From here on, rules come from this import.
    Imported(String),
    /// Something that is not carried over, and why.
    Missed(String),
}

/// A policy that was read, with all that it imports.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) items: Vec<Item>,
    pub(super) thresholds: Vec<Threshold>,
    /// Its other sections, by name.
    pub(super) others: BTreeMap<String, Value>,
}

impl Threshold {
    /// The one that Anubis has if none is written.
    fn default_one() -> Self {
        Self {
            name: "legacy-anubis-behaviour".to_owned(),
            action: "CHALLENGE".to_owned(),
            expression: Expression::One("weight > 0".to_owned()),
            challenge: None,
        }
    }
}

impl Expression {
    /// As one expression.
    pub(super) fn text(&self) -> String {
        let joined = |parts: &[String], by: &str| match parts {
            [one] => one.trim().to_owned(),
            parts => parts.iter().map(|part| format!("({})", part.trim())).collect::<Vec<_>>().join(by),
        };
        match self {
            Self::One(text) => text.trim().to_owned(),
            Self::Lists { all, any } if any.is_empty() => joined(all, " && "),
            Self::Lists { any, .. } => joined(any, " || "),
        }
    }
}

/// Reads a policy and what it imports; `(data)/…` from the folder `data`.
pub(super) fn read(file: &Path, data: Option<&Path>) -> anyhow::Result<Read> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let policy: Policy = parse(&text, file)?;
    let whole: Value = parse(&text, file)?;
    let mut items = Vec::new();
    let reader = Reader { data, folder: file.parent().unwrap_or(Path::new("")) };
    let written = whole.get("bots").and_then(Value::as_array).cloned().unwrap_or_default();
    reader.entries(policy.bots, &written, 0, &mut items)?;
    let mut others: BTreeMap<_, _> =
        whole.as_object().into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect();
    others.remove("bots");
    others.remove("thresholds");
    let mut thresholds = policy.thresholds;
    if thresholds.is_empty() {
        thresholds.push(Threshold::default_one());
    }
    Ok(Read { items, thresholds, others })
}

struct Reader<'a> {
    data: Option<&'a Path>,
    folder: &'a Path,
}

impl Reader<'_> {
    fn entries(
        &self,
        entries: Vec<Entry>,
        written: &[Value],
        depth: usize,
        items: &mut Vec<Item>,
    ) -> anyhow::Result<()> {
        for (index, entry) in entries.into_iter().enumerate() {
            let unknown: Vec<_> = written
                .get(index)
                .and_then(Value::as_object)
                .into_iter()
                .flatten()
                .map(|(key, _)| key.as_str())
                .filter(|key| !KNOWN.contains(key))
                .collect();
            match &entry.import {
                Some(import) if entry.name.is_empty() => self.import(import, depth, items)?,
                Some(import) => {
                    bail!("rule {:?} also imports {import:?}; a policy may not do both at once", entry.name)
                }
                None if unknown.is_empty() => items.push(Item::Rule(Box::new(entry))),
                None => items.push(Item::Missed(format!(
                    "rule {:?} ({}): it has {}, which is not supported",
                    entry.name,
                    entry.action,
                    unknown.join(" and ")
                ))),
            }
        }
        Ok(())
    }

    fn import(&self, import: &str, depth: usize, items: &mut Vec<Item>) -> anyhow::Result<()> {
        let path = match (import.strip_prefix("(data)/"), self.data) {
            (Some(below), Some(data)) => data.join(below),
            (Some(_), None) => {
                items.push(Item::Missed(format!(
                    "import {import:?}: name the folder `data` of the source tree of Anubis with --data"
                )));
                return Ok(());
            }
            (None, _) => self.beside(import),
        };
        if import.contains(['*', '?', '[', '{']) {
            items.push(Item::Missed(format!("import {import:?}: import the files it stands for one by one")));
            return Ok(());
        }
        if depth >= MOST_DEPTH {
            bail!("{import:?}: imports are nested more than {MOST_DEPTH} deep");
        }
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("import {import:?}: cannot read {}", path.display()))?;
        items.push(Item::Imported(import.to_owned()));
        let entries: Vec<Vec<Entry>> = parse_all(&text, &path)?;
        let written: Vec<Vec<Value>> = parse_all(&text, &path)?;
        self.entries(entries.concat(), &written.concat(), depth + 1, items)
    }

    /// Imports are relative to the working folder of Anubis; here, to that of the policy, if it is not there.
    fn beside(&self, import: &str) -> PathBuf {
        let beside = self.folder.join(import);
        if beside.exists() { beside } else { PathBuf::from(import) }
    }
}

fn parse<T: DeserializeOwned>(text: &str, file: &Path) -> anyhow::Result<T> {
    serde_saphyr::from_str(text).map_err(|error| anyhow::anyhow!("{}: {error}", file.display()))
}

fn parse_all<T: DeserializeOwned>(text: &str, file: &Path) -> anyhow::Result<Vec<T>> {
    serde_saphyr::from_multiple(text).map_err(|error| anyhow::anyhow!("{}: {error}", file.display()))
}

/// The keys of a rule that are looked at here.
const KNOWN: [&str; 11] = [
    "name",
    "action",
    "user_agent_regex",
    "path_regex",
    "headers_regex",
    "remote_addresses",
    "expression",
    "challenge",
    "weight",
    "geoip",
    "asns",
];
const MOST_DEPTH: usize = 16;
