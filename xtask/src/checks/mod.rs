//! `cargo xtask test`: every check of the project, one part after the other, whatever becomes of the ones before.

mod bench;
mod counts;
mod deny;
mod docs;
mod parts;
mod rooms;
mod summary;

use anyhow::Result;

use crate::clock::Stopwatch;
use crate::progress::{self, say};
use crate::workspace::Workspace;
use crate::{dist, tools};
use bench::Bench;
use clap::ValueEnum;
pub(crate) use parts::Part;
use summary::{Outcome, Report};
use tools::{Missing, Need};

/// Runs the parts, all of them when none is named, and prints the summary. Tells whether all passed.
pub(crate) fn run(workspace: &Workspace, only: &[Part], long: bool) -> bool {
    let mut parts = if only.is_empty() { Part::value_variants().to_vec() } else { only.to_vec() };
    parts.sort();
    parts.dedup();
    let mut reports = Vec::new();
    match set_up(workspace, &parts) {
        Ok(missing) => reports.extend(parts.iter().map(|&part| run_part(workspace, part, long, &missing))),
        Err(error) => reports.push(set_up_failed(&error)),
    }
    println!();
    for report in &reports {
        println!("{report}");
    }
    let screenshots = workspace.target.join("screenshots");
    if parts.contains(&Part::Browser) && screenshots.exists() {
        println!("\nScreenshots are in {}", screenshots.display());
    }
    println!("\n{}", summary::spoken(summary::total(&reports)));
    reports.iter().all(|report| report.outcome == Outcome::Passed)
}

/// Prints the parts, what each checks, and what is installed for it.
pub(crate) fn list() {
    for part in Part::value_variants() {
        println!("{:<11}{}", part.name(), part.about());
        let needs: Vec<_> = part.needs().iter().map(|need| need.name()).collect();
        if !needs.is_empty() {
            println!("{:<11}  needs {}", "", needs.join(", "));
        }
    }
}

/// Installs what the parts need, and assembles the assets: they are compiled into the verifier. Gives the browsers and
/// gateways that cannot be had here.
fn set_up(workspace: &Workspace, parts: &[Part]) -> Result<Vec<Missing>> {
    let needs: Vec<_> = parts.iter().flat_map(|part| part.needs()).copied().collect();
    let missing = tools::set_up(workspace, &needs)?;
    if needs.contains(&Need::Assets) {
        dist::assemble(workspace)?;
    }
    Ok(missing)
}

fn set_up_failed(error: &anyhow::Error) -> Report {
    say(&format!("{error:#}"));
    Report {
        part: "set-up".to_owned(),
        outcome: Outcome::Failed,
        counts: counts::Counts::default(),
        elapsed: std::time::Duration::ZERO,
        note: "nothing was checked".to_owned(),
    }
}

fn run_part(workspace: &Workspace, part: Part, long: bool, missing: &[Missing]) -> Report {
    let name = part.name();
    let missing = missing.iter().filter(|one| part.needs().contains(&one.need));
    let mut bench = Bench::new(workspace, &name, long, missing.collect());
    let watch = Stopwatch::start();
    let ran = progress::showing(&format!("{name}: {}", part.about()), watch, || part.run(&mut bench));
    if let Err(error) = ran {
        bench.failures.push_str(&format!("{error:#}\n"));
    }
    if bench.failures.is_empty() && part.counts_tests() && bench.counts.total() == 0 {
        bench.failures.push_str("no test ran: a check that checks nothing is a failure\n");
    }
    let outcome = if bench.failures.is_empty() { Outcome::Passed } else { Outcome::Failed };
    if outcome == Outcome::Failed {
        let log = bench.log.display();
        say(&format!("\n{}\n{name} failed; all of it is in {log}\n", bench.failures.trim_end()));
        bench.note = format!("{} {log}", bench.note).trim().to_owned();
    }
    let report = Report { part: name, outcome, counts: bench.counts, elapsed: watch.elapsed(), note: bench.note };
    say(&report.to_string());
    report
}
