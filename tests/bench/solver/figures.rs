//! The figures, and what is made of them.

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};

use crate::plan::{CAP_FILE, SOLVERS, Side, Solver};

/// One figure.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub(crate) struct Row {
    /// Which solver.
    pub(crate) solver: String,
    /// In which browser; `native` for none.
    pub(crate) browser: String,
    /// How many workers or threads, together.
    pub(crate) workers: u64,
    /// Millions a second of what the solver's unit says.
    pub(crate) mhs: f64,
}

/// The browsers and numbers of workers that were measured, in that order.
pub(crate) fn columns(rows: &[Row]) -> Vec<(String, u64)> {
    let mut columns: Vec<_> = rows.iter().map(|row| (row.browser.clone(), row.workers)).collect();
    columns.dedup();
    columns
}

/// The rate of a solver in a column.
pub(crate) fn rate(rows: &[Row], solver: &str, column: &(String, u64)) -> Option<f64> {
    let there = |row: &&Row| row.solver == solver && (&row.browser, row.workers) == (&column.0, column.1);
    rows.iter().find(there).map(|row| row.mhs)
}

/// The solvers that were measured.
pub(crate) fn measured(rows: &[Row]) -> Vec<Solver> {
    let here = |solver: &Solver| rows.iter().any(|row| row.solver == solver.name);
    SOLVERS.into_iter().chain([CAP_FILE]).filter(here).collect()
}

/// The fastest solver of another page that counts as `ours` does.
pub(crate) fn best_peer(rows: &[Row], ours: Solver, column: &(String, u64)) -> Option<(Solver, f64)> {
    let peers = measured(rows).into_iter().filter(|solver| solver.side == Side::Peer && solver.unit == ours.unit);
    let rates = peers.filter_map(|solver| Some((solver, rate(rows, solver.name, column)?)));
    rates.max_by(|one, other| one.1.total_cmp(&other.1))
}

/// The fastest native search for puzzles of kind 1, on one core or on all, as `portcullis bench attacker` names them.
pub(crate) fn best_native(native: &[Row], one_core: bool) -> Option<f64> {
    let alike = |row: &&Row| (row.workers == 1) == one_core && !row.solver.ends_with("pbkdf2");
    native.iter().filter(alike).map(|row| row.mhs).max_by(f64::total_cmp)
}

/// The middle one, or the mean of the two in the middle.
pub(crate) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    Some(if values.len() % 2 == 1 { upper } else { (values[middle - 1] + upper) / 2.0 })
}

/// Makes sure that every solver has a figure above zero in every column.
///
/// # Errors
/// Names the first one that has none.
pub(crate) fn complete(rows: &[Row]) -> Result<()> {
    if rows.is_empty() {
        bail!("nothing was measured");
    }
    for column in columns(rows) {
        for solver in SOLVERS {
            match rate(rows, solver.name, &column) {
                Some(mhs) if mhs.is_finite() && mhs > 0.0 => {}
                other => bail!("{} in {} with {} workers: {other:?}", solver.name, column.0, column.1),
            }
        }
    }
    Ok(())
}

/// The rows as a JSON array, one a line.
///
/// # Errors
/// Never: numbers and names can be written.
pub(crate) fn json(rows: &[Row]) -> Result<String> {
    let lines = rows.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>()?;
    Ok(format!("[\n  {}\n]\n", lines.join(",\n  ")))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Every solver, in two browsers, at rates that follow from their order.
    pub(crate) fn rows() -> Vec<Row> {
        let mut rows = Vec::new();
        for browser in ["chromium", "firefox"] {
            for (place, solver) in SOLVERS.into_iter().enumerate() {
                let mhs = 16.0 / (place + 1) as f64;
                rows.push(Row { solver: solver.name.into(), browser: browser.into(), workers: 1, mhs });
            }
        }
        rows
    }

    #[test]
    fn the_median_is_the_middle_one() {
        assert_eq!(median(vec![9.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0, 2.0, 9.0]), Some(3.0));
        assert_eq!(median(Vec::new()), None);
    }

    #[test]
    fn a_missing_figure_is_noticed_and_so_is_a_zero() {
        complete(&rows()).unwrap();
        let mut one_less = rows();
        one_less.retain(|row| !(row.solver == "cap" && row.browser == "firefox"));
        assert!(complete(&one_less).unwrap_err().to_string().starts_with("cap in firefox"));
        let mut zero = rows();
        zero[0].mhs = 0.0;
        assert!(complete(&zero).is_err());
        assert!(complete(&[]).is_err());
    }

    #[test]
    fn the_best_peer_is_another_page_that_counts_alike() {
        let column = ("firefox".to_owned(), 1);
        let best = |name: &str| {
            let ours = SOLVERS.into_iter().find(|solver| solver.name == name).unwrap();
            best_peer(&rows(), ours, &column).unwrap().0.name
        };
        assert_eq!(best("portcullis-simd"), "cap");
        assert_eq!(best("portcullis-pbkdf2"), "altcha-pbkdf2");
    }

    #[test]
    fn the_best_native_search_is_of_the_same_puzzles_and_cores() {
        let row = |solver: &str, workers, mhs| Row { solver: solver.into(), browser: "native".into(), workers, mhs };
        let native = [
            row("native-lanes-16", 1, 70.0),
            row("native-lanes-16", 2, 130.0),
            row("native-sha2-block", 1, 45.0),
            row("native-pbkdf2", 1, 90.0),
        ];
        assert_eq!(best_native(&native, true), Some(70.0));
        assert_eq!(best_native(&native, false), Some(130.0));
        assert_eq!(best_native(&[], true), None);
    }

    #[test]
    fn the_figures_are_json_with_one_row_a_line() {
        let text = json(&rows()[..2]).unwrap();
        assert_eq!(text.lines().count(), 4);
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        let first =
            serde_json::json!({ "solver": "portcullis-simd", "browser": "chromium", "workers": 1, "mhs": 16.0 });
        assert_eq!(read[0], first);
    }
}
