//! Runs the scenarios, and prints, writes and draws what comes of them. `cargo xtask simulate` builds and starts it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Parser;
use portcullis_simulation::{Row, Scenario, plot, report, run};

/// Attacks a simulated site, in virtual time, through the verifier's own policy
#[derive(Parser)]
#[command(verbatim_doc_comment)]
struct Arguments {
    /// Only this scenario; can be given several times
    #[arg(long, value_name = "NAME")]
    scenario: Vec<String>,
    /// List the scenarios, and what happens in each
    #[arg(long)]
    list: bool,
    /// Print every second of each scenario too
    #[arg(long)]
    seconds: bool,
    /// Write the figures to this file, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Draw the pictures and write the tables into the manual in this folder
    #[arg(long, value_name = "FOLDER")]
    plots: Option<PathBuf>,
    /// Other people, other arrivals, other luck: the manual is about 0
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if arguments.list {
        for scenario in Scenario::all() {
            println!("{:<16} {}", scenario.name, scenario.about);
        }
        return Ok(());
    }
    let scenarios = chosen(&arguments.scenario)?;
    let mut rows = Vec::new();
    for (index, scenario) in scenarios.iter().enumerate() {
        eprintln!("{} of {}: {}, {}", index + 1, scenarios.len(), scenario.name, scenario.about);
        let (with, without) = (run(scenario, true, arguments.seed), run(scenario, false, arguments.seed));
        if arguments.seconds {
            println!("{}\n{}", scenario.name, report::seconds(&with));
        }
        rows.push(Row::of(scenario, &with, &without));
        if let Some(folder) = arguments.plots.as_deref().filter(|_| PICTURES.contains(&scenario.name)) {
            write(&folder.join(format!("attack/{}.svg", scenario.name)), &plot::of(scenario, &with, &without))?;
        }
    }
    println!("{}\n{}", report::text(&rows), report::legend());
    if let Some(file) = &arguments.json {
        write(file, &(serde_json::to_string_pretty(&report::json(&rows))? + "\n"))?;
    }
    match &arguments.plots {
        Some(folder) if arguments.scenario.is_empty() && arguments.seed == 0 => write_tables(folder, &rows),
        _ => Ok(()),
    }
}

fn chosen(names: &[String]) -> Result<Vec<Scenario>> {
    if let Some(unknown) = names.iter().find(|name| Scenario::named(name).is_none()) {
        let known: Vec<_> = Scenario::all().iter().map(|scenario| scenario.name).collect();
        bail!("no scenario is called {unknown:?}; there are {}", known.join(", "));
    }
    let is_chosen = |scenario: &Scenario| names.is_empty() || names.iter().any(|name| name == scenario.name);
    Ok(Scenario::all().into_iter().filter(is_chosen).collect())
}

fn write_tables(folder: &Path, rows: &[Row]) -> Result<()> {
    let file = folder.join("attack-report.md");
    let manual = fs::read_to_string(&file).with_context(|| format!("could not read {}", file.display()))?;
    match report::in_manual(&manual, rows, &Scenario::all()) {
        Ok(written) => write(&file, &written),
        Err(group) => bail!("{} has no place for the table {:?}", file.display(), group.name()),
    }
}

fn write(file: &Path, text: &str) -> Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).with_context(|| format!("could not make {}", folder.display()))?;
    }
    fs::write(file, text).with_context(|| format!("could not write {}", file.display()))
}

/// Scenarios that the manual shows.
const PICTURES: [&str; 4] = ["gpu-16", "gpus-100", "botnet-10000", "pulsed"];
