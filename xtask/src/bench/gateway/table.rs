//! The tables that are printed.

use std::fmt::Write as _;

use super::figures::{Figures, Function, Latency, Load};

/// The figures, for people. What was not measured has no table.
pub(super) fn of(found: &Figures) -> String {
    let mut text = String::new();
    let mut line = |line: &str| {
        let _ = writeln!(text, "{line}");
    };
    if !found.in_process.is_empty() {
        line(&format!("\n{:<32}{:>12}", "in process, one call", "µs"));
    }
    for Function { name, ns } in &found.in_process {
        line(&format!("{name:<32}{:>12.2}", ns / 1e3));
    }
    if !found.loopback.is_empty() {
        line(&format!("\n{:<32}{:>12}{:>16}", "over loopback, one core", "a second", "× nginx 204"));
    }
    for Load { name, per_s, ratio_to_nginx_204 } in &found.loopback {
        line(&format!("{name:<32}{per_s:>12.0}{ratio_to_nginx_204:>16.2}"));
    }
    if !found.recipes.is_empty() {
        let columns =
            ["p50", "without us", "added", "p99", "without us", "added"].map(|column| format!("{column:>12}"));
        line(&format!("\n{:<28}{}", "behind a gateway, µs", columns.concat()));
    }
    for Latency { name, p50_us, p99_us, plain_p50_us, plain_p99_us } in &found.recipes {
        let figures = [*p50_us, *plain_p50_us, p50_us - plain_p50_us, *p99_us, *plain_p99_us, p99_us - plain_p99_us];
        line(&format!("{name:<28}{}", figures.map(|figure| format!("{figure:>12.0}")).concat()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_is_in_the_tables() {
        let name = || "x".to_owned();
        let found = Figures {
            in_process: vec![Function { name: name(), ns: 1234.0 }],
            loopback: vec![Load { name: name(), per_s: 50_000.4, ratio_to_nginx_204: 0.5 }],
            recipes: vec![Latency {
                name: name(),
                p50_us: 300.0,
                p99_us: 500.0,
                plain_p50_us: 210.0,
                plain_p99_us: 600.0,
            }],
        };
        let text = of(&found);
        let rows: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("x ")).map(str::split_whitespace).collect();
        let rows: Vec<Vec<&str>> = rows.into_iter().map(Iterator::collect).collect();
        assert_eq!(rows, [vec!["1.23"], vec!["50000", "0.50"], vec!["300", "210", "90", "500", "600", "-100"]]);
        assert_eq!(of(&Figures::default()), "");
    }
}
