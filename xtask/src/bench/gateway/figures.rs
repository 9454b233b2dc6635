//! What was measured: read from where it was left, and checked to be complete.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// All figures of a run.
#[derive(Debug, Default)]
pub(super) struct Figures {
    pub(super) in_process: Vec<Function>,
    pub(super) loopback: Vec<Load>,
    pub(super) recipes: Vec<Latency>,
}

/// What one call takes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) ns: f64,
}

/// Requests a second on one core, and the microseconds of a processor that each takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Load {
    pub(super) name: String,
    pub(super) per_s: f64,
    pub(super) cpu_us: f64,
    pub(super) beside: Vec<Beside>,
}

/// The same of another server, and ours over it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Beside {
    pub(super) name: String,
    pub(super) per_s: f64,
    pub(super) cpu_us: f64,
    pub(super) rate_ratio: f64,
    pub(super) cpu_ratio: f64,
}

/// How long a request with a good token takes behind a gateway: with us, and without.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Latency {
    pub(super) name: String,
    pub(super) p50_us: f64,
    pub(super) p99_us: f64,
    pub(super) plain_p50_us: f64,
    pub(super) plain_p99_us: f64,
}

impl Figures {
    /// All rows, one after another.
    pub(super) fn json(&self) -> Value {
        let functions = self.in_process.iter().map(|row| json!(row));
        let loads = self.loopback.iter().map(|row| json!(row));
        functions.chain(loads).chain(self.recipes.iter().map(|row| json!(row))).collect()
    }
}

/// Reads what criterion left in `folder`.
///
/// # Errors
/// When a figure is missing or makes no sense.
pub(super) fn functions(folder: &Path) -> Result<Vec<Function>> {
    let read = |name: &&str| {
        let estimates: Value = read(&folder.join(name).join("new/estimates.json"))?;
        let ns = estimates["median"]["point_estimate"].as_f64();
        Ok(Function { name: (*name).to_owned(), ns: sensible(ns, name)? })
    };
    FUNCTIONS.iter().map(read).collect()
}

/// Reads what the program with the load left in `file`.
///
/// # Errors
/// As [`functions`].
pub(super) fn loads(file: &Path, wanted: &[String]) -> Result<Vec<Load>> {
    let rows: Vec<Load> = read(file)?;
    for row in &rows {
        let beside = row.beside.iter().flat_map(|one| [one.per_s, one.cpu_us, one.rate_ratio, one.cpu_ratio]);
        for figure in beside.chain([row.per_s, row.cpu_us]) {
            sensible(Some(figure), &row.name)?;
        }
    }
    let wanted: Vec<_> = wanted.iter().map(String::as_str).collect();
    expect(if wanted.is_empty() { &LOADS } else { &wanted }, |name| {
        rows.iter().any(|row| row.name == name && !row.beside.is_empty())
    })?;
    Ok(rows)
}

/// Reads what the tests of the recipes left in `folder`: one row a recipe at least for each of `gateways`.
///
/// # Errors
/// As [`functions`].
pub(super) fn latencies(folder: &Path, gateways: &[&str]) -> Result<Vec<Latency>> {
    let entries = fs::read_dir(folder).with_context(|| format!("could not read {}", folder.display()))?;
    let mut rows = entries.map(|entry| read(&entry?.path())).collect::<Result<Vec<Latency>>>()?;
    rows.sort_by(|one, other| one.name.cmp(&other.name));
    for row in &rows {
        sensible([row.p50_us, row.p99_us, row.plain_p50_us, row.plain_p99_us].into_iter().reduce(f64::min), &row.name)?;
    }
    expect(gateways, |gateway| rows.iter().any(|row| row.name.starts_with(&format!("{gateway}-"))))?;
    Ok(rows)
}

fn expect(names: &[&str], is_there: impl Fn(&str) -> bool) -> Result<()> {
    match names.iter().find(|name| !is_there(name)) {
        Some(name) => bail!("{name} was not measured"),
        None => Ok(()),
    }
}

fn sensible(figure: Option<f64>, name: &str) -> Result<f64> {
    figure.filter(|figure| figure.is_finite() && *figure > 0.0).with_context(|| format!("no figure of {name}"))
}

fn read<T: DeserializeOwned>(file: &Path) -> Result<T> {
    let text = fs::read_to_string(file).with_context(|| format!("could not read {}", file.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is not as expected", file.display()))
}

const FUNCTIONS: [&str; 15] = [
    "issue",
    "junk",
    "redeem-hs256",
    "redeem-eddsa",
    "redeem-es256",
    "decide-cached",
    "decide-hs256",
    "decide-eddsa",
    "decide-es256",
    "judge",
    "policy-default",
    "policy-10",
    "policy-1000",
    "policy-expression",
    "pressure-step",
];
const LOADS: [&str; 12] = [
    "authorize",
    "page",
    "redeem-hs256",
    "redeem-es256",
    "proxied-get",
    "proxied-post",
    "authorize-new-connection",
    "page-new-connection",
    "redeem-hs256-new-connection",
    "redeem-es256-new-connection",
    "proxied-get-new-connection",
    "proxied-post-new-connection",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_or_senseless_figure_is_noticed() {
        let names = LOADS.map(str::to_owned);
        assert!(expect(&LOADS, |name| names.iter().any(|other| other == name)).is_ok());
        assert!(expect(&LOADS, |name| name != "page").unwrap_err().to_string().contains("page"));
        for senseless in [None, Some(0.0), Some(f64::NAN)] {
            assert!(sensible(senseless, "issue").unwrap_err().to_string().contains("issue"));
        }
    }
}
