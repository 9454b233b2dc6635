//! What criterion measured, and the figures made from it.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

/// One way to search.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    /// Its name.
    pub(super) name: String,
    /// Millions of compressions a second, on one core.
    pub(super) mhs: f64,
    /// How many of the first way's it does in the same time.
    pub(super) ratio: f64,
    /// Cycles of the processor that a compression takes.
    pub(super) cycles: f64,
}

/// Reads what criterion left in `folder`: the reference first, then from slow to fast.
///
/// # Errors
/// When a figure that must be there is missing or makes no sense.
pub(super) fn read(folder: &Path) -> Result<Vec<Row>> {
    let mut measured = Vec::new();
    let entries = fs::read_dir(folder).with_context(|| format!("criterion left nothing in {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if path.join("new").is_dir() {
            measured.push((name, nanoseconds(&path.join("new"))?));
        }
    }
    rows(&measured)
}

/// How long one compression took, or one step of the clock.
fn nanoseconds(folder: &Path) -> Result<f64> {
    let read = |name: &str| -> Result<Value> {
        let file = folder.join(name);
        let text = fs::read_to_string(&file).with_context(|| format!("could not read {}", file.display()))?;
        Ok(serde_json::from_str(&text)?)
    };
    let (estimates, benchmark) = (read("estimates.json")?, read("benchmark.json")?);
    let time = estimates["median"]["point_estimate"].as_f64();
    let elements = benchmark["throughput"]["Elements"].as_f64();
    let each =
        time.zip(elements).map(|(time, elements)| time / elements).filter(|each| each.is_finite() && *each > 0.0);
    each.with_context(|| format!("no time in {}", folder.display()))
}

fn rows(measured: &[(String, f64)]) -> Result<Vec<Row>> {
    let time = |wanted: &str| measured.iter().find(|(name, _)| name == wanted).map(|(_, time)| *time);
    for name in EXPECTED {
        if time(name).is_none() {
            bail!("{name} was not measured");
        }
    }
    let (Some(reference), Some(cycle)) = (time(REFERENCE), time(CLOCK)) else { bail!("nothing to compare with") };
    let ways = measured.iter().filter(|(name, _)| name != CLOCK);
    let mut rows: Vec<Row> = ways
        .map(|(name, time)| Row { name: name.clone(), mhs: 1e3 / time, ratio: reference / time, cycles: time / cycle })
        .collect();
    rows.sort_by(|one, other| {
        (one.name != REFERENCE, one.mhs)
            .partial_cmp(&(other.name != REFERENCE, other.mhs))
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    Ok(rows)
}

/// The rows, for people. The clock follows from any of them.
pub(super) fn table(rows: &[Row]) -> String {
    let mut text = format!("\n{:<24}{:>14}{:>14}{:>18}\n", "one core", "million/s", "× reference", "cycles each");
    for Row { name, mhs, ratio, cycles } in rows {
        let _ = writeln!(text, "{name:<24}{mhs:>14.2}{ratio:>14.2}{cycles:>18.1}");
    }
    if let Some(row) = rows.first() {
        let _ = writeln!(
            text,
            "\nThe processor ran at {:.2} GHz, by a chain of dependent additions.",
            row.mhs * row.cycles / 1e3
        );
    }
    text
}

/// The rows, in the form in which the browsers' figures are kept.
pub(super) fn json(rows: &[Row]) -> Value {
    let row = |Row { name, mhs, cycles, .. }: &Row| json!({ "solver": name, "browser": "native", "workers": 1, "mhs": mhs, "cycles": cycles });
    rows.iter().map(row).collect()
}

const REFERENCE: &str = "native-reference";
const CLOCK: &str = "clock";
/// On every machine.
const EXPECTED: [&str; 8] = [
    REFERENCE,
    CLOCK,
    "native-lanes-1",
    "native-lanes-4",
    "native-lanes-8",
    "native-lanes-16",
    "native-sha2-digest",
    "native-pbkdf2",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn measured() -> Vec<(String, f64)> {
        let time = |name: &str| match name {
            CLOCK => 0.25,
            REFERENCE => 500.0,
            "native-lanes-16" => 12.5,
            _ => 100.0,
        };
        EXPECTED.iter().map(|name| ((*name).to_owned(), time(name))).collect()
    }

    #[test]
    fn rates_ratios_and_cycles_follow_from_the_times_of_one_run() {
        let rows = rows(&measured()).unwrap();
        assert_eq!(rows.len(), EXPECTED.len() - 1);
        let first = Row { name: REFERENCE.to_owned(), mhs: 2.0, ratio: 1.0, cycles: 2000.0 };
        let last = Row { name: "native-lanes-16".to_owned(), mhs: 80.0, ratio: 40.0, cycles: 50.0 };
        assert_eq!((&rows[0], &rows[rows.len() - 1]), (&first, &last));
        assert!(table(&rows).contains("at 4.00 GHz"), "{}", table(&rows));
        assert_eq!(json(&rows)[0]["mhs"], 2.0);
    }

    #[test]
    fn a_missing_figure_is_noticed() {
        for name in EXPECTED {
            let mut less = measured();
            less.retain(|(other, _)| other != name);
            assert!(rows(&less).unwrap_err().to_string().contains(name));
        }
    }
}
