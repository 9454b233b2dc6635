//! `cargo xtask test`: every check of the project, in two lanes side by side, whatever becomes of other parts.

mod bench;
mod compiled;
mod counts;
mod deny;
mod docs;
mod parts;
mod rooms;
mod summary;

use std::panic::resume_unwind;
use std::thread;

use anyhow::Result;

use crate::build::{self, Profile};
use crate::clock::Stopwatch;
use crate::progress::{self, say};
use crate::tools::Missing;
use crate::workspace::Workspace;
use bench::Bench;
use clap::ValueEnum;
use compiled::Compiled;
use parts::Lane;
pub(crate) use parts::Part;
use summary::{Outcome, Report};

/// Runs the parts, all of them when none is named, and prints the summary. Tells whether all passed.
pub(crate) fn run(workspace: &Workspace, only: &[Part], long: bool) -> bool {
    let mut parts = if only.is_empty() { Part::value_variants().to_vec() } else { only.to_vec() };
    parts.sort();
    parts.dedup();
    let reports = match set_up(workspace, &parts) {
        Ok(missing) => {
            run_parts(&parts, &Setting { workspace, long, missing, compiled: Compiled::new(workspace, &parts) })
        }
        Err(error) => vec![set_up_failed(&error)],
    };
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
    build::set_up(workspace, &needs, Profile::Dev)
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

/// What all parts have in common.
struct Setting<'a> {
    workspace: &'a Workspace,
    long: bool,
    missing: Vec<Missing>,
    compiled: Compiled<'a>,
}

/// Runs the parts, lane by lane. The reports are in the order of the parts.
fn run_parts(parts: &[Part], setting: &Setting<'_>) -> Vec<Report> {
    let run_lane = |lane| -> Vec<_> {
        let parts = parts.iter().filter(|part| part.lane() == lane);
        parts.map(|&part| (part, run_part(part, setting))).collect()
    };
    let mut reports = thread::scope(|scope| {
        let waiting = scope.spawn(|| run_lane(Lane::Waiting));
        let compiling = run_lane(Lane::Compiling);
        [compiling, waiting.join().unwrap_or_else(|panic| resume_unwind(panic))].concat()
    });
    reports.extend(run_lane(Lane::Alone));
    reports.sort_by_key(|(part, _)| *part);
    reports.into_iter().map(|(_, report)| report).collect()
}

fn run_part(part: Part, setting: &Setting<'_>) -> Report {
    let name = part.name();
    let missing = setting.missing.iter().filter(|one| part.needs().contains(&one.need));
    let mut bench = Bench::new(setting.workspace, &setting.compiled, &name, setting.long, missing.collect());
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
