//! How even the time to solve is: solves simulated with the real search, and those of a browser, compared with their law.
//!
//! `cargo xtask bench distribution` lets a browser visit, and starts this with the times it took.

mod plot;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Parser;
use portcullis_tests::solve_times::{Erlang, Sample, simulated};
use serde::Serialize;

#[derive(Parser)]
struct Arguments {
    /// The milliseconds that each visit worked, as a JSON array
    #[arg(long)]
    real: PathBuf,
    /// Simulate a few solves
    #[arg(long)]
    quick: bool,
    /// Write the figures to this file
    #[arg(long)]
    json: Option<PathBuf>,
    /// Draw the distribution into this file
    #[arg(long)]
    svg: Option<PathBuf>,
}

/// One sample, beside its law.
#[derive(Serialize)]
struct Row {
    sample: &'static str,
    shares: u8,
    solves: usize,
    p50: f64,
    p95: f64,
    p99: f64,
    p99_over_p50: f64,
    law_p99_over_p50: f64,
    distance: f64,
    critical_distance: f64,
}

impl Row {
    fn of(name: &'static str, shares: u8, sample: &Sample) -> Self {
        let law = Erlang::of(shares.into());
        Self {
            sample: name,
            shares,
            solves: sample.times().len(),
            p50: sample.quantile(0.5),
            p95: sample.quantile(0.95),
            p99: sample.quantile(0.99),
            p99_over_p50: sample.quantile(0.99) / sample.quantile(0.5),
            law_p99_over_p50: law.quantile(0.99) / law.quantile(0.5),
            distance: sample.distance(law),
            critical_distance: sample.critical_distance(),
        }
    }
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let real = read(&arguments.real)?;
    let mean = real.iter().sum::<f64>() / real.len() as f64;
    let real = Sample::over_their_mean(real);
    let solves = if arguments.quick { 100 } else { 2_000 };
    let samples: Vec<_> =
        [1, 16, 32, 64].into_iter().map(|shares| (shares, simulated(solves, shares, ATTEMPTS, SEED))).collect();
    let mut rows: Vec<_> = samples.iter().map(|(shares, sample)| Row::of("simulated", *shares, sample)).collect();
    rows.push(Row::of("Chromium", SHARES, &real));
    print(&rows, mean, arguments.quick);
    if let Some(file) = arguments.json {
        write(&file, &(serde_json::to_string_pretty(&rows)? + "\n"))?;
    }
    if let Some(file) = arguments.svg {
        let simulated = samples.iter().find(|(shares, _)| *shares == SHARES).context("32 shares are simulated")?;
        write(&file, &plot::of(&simulated.1, &real))?;
    }
    Ok(())
}

fn read(file: &Path) -> Result<Vec<f64>> {
    let text = fs::read_to_string(file).with_context(|| format!("could not read {}", file.display()))?;
    let times: Vec<f64> = serde_json::from_str(&text)?;
    if times.len() < 2 || !times.iter().all(|time| *time > 0.0) {
        bail!("{} has no times of visits", file.display());
    }
    Ok(times)
}

fn print(rows: &[Row], mean: f64, quick: bool) {
    let quick = if quick { " --quick" } else { "" };
    println!("program    portcullis {}", env!("CARGO_PKG_VERSION"));
    println!("command    cargo xtask bench distribution{quick}");
    println!("times are divided by their mean; Chromium's is {mean:.0} ms on this machine\n");
    println!(
        "{:<11}{:>7}{:>8}{:>8}{:>8}{:>8}{:>9}{:>10}{:>10}{:>10}",
        "sample", "shares", "solves", "p50", "p95", "p99", "p99/p50", "expected", "distance", "critical"
    );
    for row in rows {
        println!(
            "{:<11}{:>7}{:>8}{:>8.3}{:>8.3}{:>8.3}{:>9.2}{:>10.2}{:>10.4}{:>10.4}",
            row.sample,
            row.shares,
            row.solves,
            row.p50,
            row.p95,
            row.p99,
            row.p99_over_p50,
            row.law_p99_over_p50,
            row.distance,
            row.critical_distance
        );
    }
    println!(
        "\nThe distance is that of Kolmogorov and Smirnov from Gamma(shares). One sample in a hundred exceeds the critical"
    );
    println!("one by chance.");
}

fn write(file: &Path, text: &str) -> Result<()> {
    fs::write(file, text).with_context(|| format!("could not write {}", file.display()))
}

/// What the verifier asks for by default.
const SHARES: u8 = 32;
/// Attempts a share, in the mean: enough for whole attempts to look like time.
const ATTEMPTS: u32 = 256;
/// Any; figures are the same in every run.
const SEED: u64 = 1;
