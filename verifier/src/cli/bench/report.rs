//! What is printed: the figures, and what they mean for an operator.

use std::fmt;

use portcullis_challenge::Difficulty;
use portcullis_config::Config;
use portcullis_issuer::challenges::ladder::Solver;

use super::browser::Row;
use super::machine;
use super::methods::{For, Method};

/// What one way of searching reached, in millions of compressions a second.
#[derive(Clone, Copy, Debug)]
pub(super) struct Figure {
    /// The way.
    pub(super) method: Method,
    /// On one core.
    pub(super) one: f64,
    /// On all.
    pub(super) all: f64,
}

/// Everything that was measured.
#[derive(Debug)]
pub(super) struct Report {
    /// Every way of searching.
    pub(super) figures: Vec<Figure>,
    /// How many threads are all.
    pub(super) threads: usize,
    /// Our solver on one worker of each browser.
    pub(super) browsers: Vec<Row>,
}

impl Report {
    /// The figures, in the form in which those of browsers are kept.
    pub(super) fn rows(&self) -> Vec<Row> {
        let row = |figure: &Figure, workers, mhs| Row {
            solver: figure.method.name(),
            browser: "native".to_owned(),
            workers,
            mhs,
        };
        let of = |figure: &Figure| [row(figure, 1, figure.one), row(figure, self.threads, figure.all)];
        self.figures.iter().flat_map(of).collect()
    }

    /// The fastest on one core of those that search puzzles of a kind.
    fn best(&self, kind: For) -> Option<&Figure> {
        let of_kind = self.figures.iter().filter(|figure| figure.method.kind() == kind);
        of_kind.max_by(|one, other| one.one.total_cmp(&other.one))
    }

    fn figures(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "\n{:<WIDE$}{:>NARROW$}{:>NARROW$}",
            "million a second",
            "one core",
            format!("{} threads", self.threads)
        )?;
        let best = self.best(For::Sha256).map(|figure| figure.method.name());
        for figure in &self.figures {
            let mark = if Some(figure.method.name()) == best { "  best" } else { "" };
            writeln!(f, "{:<WIDE$}{:>NARROW$.2}{:>NARROW$.2}{mark}", figure.method.title(), figure.one, figure.all)?;
        }
        Ok(())
    }

    fn ratios(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f)?;
        let Some(best) = self.best(For::Sha256) else { return Ok(()) };
        for row in &self.browsers {
            let ratio = best.one / row.mhs;
            writeln!(f, "{} on one worker: {:.2}; the best here is {ratio:.2} times that", row.browser, row.mhs)?;
        }
        if self.browsers.is_empty() {
            writeln!(
                f,
                "How far ahead of a browser that is: `cargo xtask bench solver --json FILE` measures browsers on this"
            )?;
            writeln!(f, "machine; then name the file with --browser.")?;
        }
        Ok(())
    }

    fn meaning(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ladder = Config::default().challenge.0;
        writeln!(
            f,
            "\n{:<WIDE$}{:>NARROW$}{:>NARROW$}",
            "challenge by default, asked for as", "core seconds", "a second, all"
        )?;
        for (name, solver) in [("simd", Solver::Simd), ("scalar", Solver::Scalar), ("pbkdf2", Solver::Pbkdf2)] {
            let terms = ladder.terms(solver, true);
            let kind = if solver == Solver::Pbkdf2 { For::Pbkdf2 } else { For::Sha256 };
            let attempts = Difficulty::of(terms.threshold, terms.shares).map_or(0, Difficulty::attempts);
            let work = f64::from(attempts) * terms.kind.compressions() as f64 / 1e6;
            if let Some(best) = self.best(kind) {
                writeln!(f, "{name:<WIDE$}{:>NARROW$.3}{:>NARROW$.1}", work / best.one, best.all / work)?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let extensions = machine::extensions();
        let names = |wanted: fn(&machine::Extension) -> bool| {
            let names: Vec<_> = extensions.iter().filter(|it| wanted(it)).map(|it| it.name).collect();
            if names.is_empty() { "nothing special".to_owned() } else { names.join(", ") }
        };
        writeln!(f, "machine    {}, which has {}", machine::name(), names(|it| it.there))?;
        writeln!(f, "program    portcullis {}, compiled for {}", env!("CARGO_PKG_VERSION"), names(|it| it.built))?;
        if extensions.iter().any(|it| it.there && !it.built && it.name != "sha" && it.name != "sha2") {
            writeln!(f, "           (this processor can do more: see `portcullis bench attacker --help`)")?;
        }
        self.figures(f)?;
        self.ratios(f)?;
        self.meaning(f)
    }
}

/// The width of the first column, and of the others.
const WIDE: usize = 36;
const NARROW: usize = 14;

#[cfg(test)]
mod tests {
    use super::*;

    fn report(browsers: Vec<Row>) -> Report {
        let figures = Method::all().into_iter().zip(1..).map(|(method, place)| Figure {
            method,
            one: 100.0 / f64::from(place),
            all: 200.0 / f64::from(place),
        });
        Report { figures: figures.collect(), threads: 2, browsers }
    }

    fn line(report: &Report, start: &str) -> String {
        let text = report.to_string();
        let line = text.lines().find(|line| line.starts_with(start));
        line.unwrap_or_else(|| panic!("no {start} in\n{text}")).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_ratio_is_of_the_best_on_one_core_to_each_browser() {
        let row =
            |browser: &str, mhs| Row { solver: "portcullis-simd".into(), browser: browser.into(), workers: 1, mhs };
        let with = report(vec![row("chromium", 20.0), row("firefox", 12.5)]);
        assert_eq!(line(&with, "chromium"), "chromium on one worker: 20.00; the best here is 5.00 times that");
        assert_eq!(line(&with, "firefox"), "firefox on one worker: 12.50; the best here is 8.00 times that");
        assert!(report(Vec::new()).to_string().contains("cargo xtask bench solver --json FILE"));
    }

    #[test]
    fn the_best_is_marked_and_the_cost_of_a_challenge_follows_from_it() {
        let report = report(Vec::new());
        assert_eq!(line(&report, "portable"), "portable, 1 lane 100.00 200.00 best");
        assert_eq!(report.to_string().matches("best\n").count(), 1);
        // A million and a half attempts at 100 million a second.
        assert_eq!(line(&report, "simd"), "simd 0.015 133.3");
        assert!(report.to_string().lines().all(|line| line.chars().count() <= 120));
    }

    #[test]
    fn every_figure_is_a_row_for_one_and_for_all() {
        let rows = report(Vec::new()).rows();
        assert_eq!(rows.len(), 2 * Method::all().len());
        assert_eq!((rows[1].workers, rows[1].mhs, rows[1].browser.as_str()), (2, 200.0, "native"));
    }
}
