//! The tables that are printed.

use std::fmt::Write as _;

use super::figures::{Beside, Figures, Function, Latency, Load};

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
        let columns = ["a second", "CPU µs"].map(|column| format!("{column:>10}")).concat();
        line(&format!(
            "\n{:<30}{columns}  {:<17}{columns}{:>9}{:>9}",
            "over loopback, one core", "beside", "× rate", "× CPU"
        ));
    }
    for Load { name, per_s, cpu_us, beside } in &found.loopback {
        let ours = format!("{name:<30}{per_s:>10.0}{cpu_us:>10.2}");
        for (place, Beside { name, per_s, cpu_us, rate_ratio, cpu_ratio }) in beside.iter().enumerate() {
            // Written once, however many it stands beside.
            let ours = if place == 0 { &ours } else { "" };
            line(&format!("{ours:<50}  {name:<17}{per_s:>10.0}{cpu_us:>10.2}{rate_ratio:>9.2}{cpu_ratio:>9.2}"));
        }
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
        let beside = |name: &str| Beside {
            name: name.to_owned(),
            per_s: 100_000.0,
            cpu_us: 9.999,
            rate_ratio: 0.5,
            cpu_ratio: 2.0,
        };
        let found = Figures {
            in_process: vec![Function { name: name(), ns: 1234.0 }],
            loopback: vec![Load {
                name: name(),
                per_s: 50_000.4,
                cpu_us: 20.0,
                beside: vec![beside("y"), beside("z")],
            }],
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
        let loopback = vec!["50000", "20.00", "y", "100000", "10.00", "0.50", "2.00"];
        assert_eq!(rows, [vec!["1.23"], loopback, vec!["300", "210", "90", "500", "600", "-100"]]);
        let other = text.lines().find_map(|line| line.trim_start().strip_prefix("z ")).unwrap();
        assert_eq!(other.split_whitespace().collect::<Vec<_>>(), ["100000", "10.00", "0.50", "2.00"]);
        assert_eq!(of(&Figures::default()), "");
    }
}
