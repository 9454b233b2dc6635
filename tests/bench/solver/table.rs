//! The table that is printed.

use std::fmt::Write as _;

use crate::figures::{Row, best_native, best_peer, columns, measured, rate};
use crate::machine::Setting;
use crate::plan::{Solver, Unit};

/// Machine, versions, command, figures and ratios.
/// `native` is empty where the native solver was not measured.
pub(crate) fn of(setting: &Setting, rows: &[Row], native: &[Row]) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "{name:<10}{value}");
    };
    line("machine", &setting.machine);
    line("browsers", &setting.browsers.join(", "));
    for (place, packages) in setting.packages.chunks(4).enumerate() {
        line(if place == 0 { "solvers" } else { "" }, &packages.join(", "));
    }
    line("command", &setting.command);
    for (unit, title) in UNITS {
        let _ = writeln!(text, "\n{}", heading(title, rows));
        for solver in measured(rows).into_iter().filter(|solver| solver.unit == unit) {
            let figures = columns(rows).iter().map(|column| cell(rate(rows, solver.name, column))).collect::<String>();
            let _ = writeln!(text, "{:<WIDE$}{figures}", solver.name);
        }
    }
    let _ = writeln!(text, "\n{}", heading("ratios within this run", rows));
    for ratio in ratios(rows, native) {
        let _ = writeln!(text, "{ratio}");
    }
    text
}

const UNITS: [(Unit, &str); 2] =
    [(Unit::Attempts, "million attempts a second"), (Unit::Compressions, "million compressions a second")];

/// The width of the first column, and of the others.
const WIDE: usize = 38;
const NARROW: usize = 14;

fn heading(title: &str, rows: &[Row]) -> String {
    let mut line = format!("{title:<WIDE$}");
    for (browser, workers) in columns(rows) {
        let _ = write!(line, "{:>NARROW$}", format!("{browser} ×{workers}"));
    }
    line
}

fn cell(figure: Option<f64>) -> String {
    let text = match figure {
        None => "–".to_owned(),
        Some(figure) if figure < 1.0 => format!("{figure:.3}"),
        Some(figure) => format!("{figure:.1}"),
    };
    format!("{text:>NARROW$}")
}

fn ratios(rows: &[Row], native: &[Row]) -> Vec<String> {
    let solvers = measured(rows);
    let named = |name: &str| solvers.iter().copied().find(|solver| solver.name == name);
    let mut lines = Vec::new();
    for ours in ["portcullis-simd", "portcullis-pbkdf2"].into_iter().filter_map(named) {
        lines.push(against(rows, ours, "fastest other page", |column| Some(best_peer(rows, ours, column)?.1)));
    }
    let simd = named("portcullis-simd");
    lines.extend(simd.map(|simd| against(rows, simd, "sha2-simd128", |column| rate(rows, "sha2-simd128", column))));
    lines.extend(simd.map(|simd| {
        let name = |column| best_peer(rows, simd, &column).map_or("–", |(peer, _)| peer.name);
        let cells: String = columns(rows).into_iter().map(|column| format!("{:>NARROW$}", name(column))).collect();
        format!("{:<WIDE$}{cells}", "fastest other page in attempts")
    }));
    if let Some(simd) = simd.filter(|_| !native.is_empty()) {
        let of = |column: &(String, u64)| Some(best_native(native, column.1 == 1)? / rate(rows, simd.name, column)?);
        let cells: String = columns(rows).iter().map(|column| cell(of(column))).collect();
        lines.push(format!("{:<WIDE$}{cells}", "best native search : portcullis-simd"));
    }
    lines
}

fn against(rows: &[Row], ours: Solver, other: &str, divisor: impl Fn(&(String, u64)) -> Option<f64>) -> String {
    let ratio = |column: &(String, u64)| Some(rate(rows, ours.name, column)? / divisor(column)?);
    let cells: String = columns(rows).iter().map(|column| cell(ratio(column))).collect();
    format!("{:<WIDE$}{cells}", format!("{} : {other}", ours.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::tests::rows;

    fn setting() -> Setting {
        Setting {
            machine: "a processor, 2 cores".into(),
            browsers: vec!["Chromium 1".into(), "Firefox 2".into()],
            packages: (1..=6).map(|number| format!("package {number}")).collect(),
            command: "cargo xtask bench solver --quick".into(),
        }
    }

    #[test]
    fn the_table_has_all_figures_and_their_ratios() {
        let native = Row { solver: "native-lanes-16".into(), browser: "native".into(), workers: 1, mhs: 64.0 };
        let table = of(&setting(), &rows(), &[native]);
        let line = |start: &str| {
            let line = table.lines().find(|line| line.starts_with(start));
            line.unwrap_or_else(|| panic!("no {start} in\n{table}")).split_whitespace().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(line("million attempts"), "million attempts a second chromium ×1 firefox ×1");
        assert_eq!(line("portcullis-simd "), "portcullis-simd 16.0 16.0");
        assert_eq!(line("portcullis-simd : fastest"), "portcullis-simd : fastest other page 5.0 5.0");
        assert_eq!(line("portcullis-simd : sha2"), "portcullis-simd : sha2-simd128 4.0 4.0");
        assert_eq!(line("fastest other"), "fastest other page in attempts cap cap");
        assert_eq!(line("best native"), "best native search : portcullis-simd 4.0 4.0");
        assert!(table.lines().all(|line| line.chars().count() <= 120), "{table}");
    }
}
