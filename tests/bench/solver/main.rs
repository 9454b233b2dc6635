//! Measures the page's solvers beside those that other pages publish, in real browsers, and prints a table.
//!
//! `cargo xtask bench solver` installs and builds what this needs, and starts it. [`server`] gives the browser the page
//! in `page/`, our artefacts and the others' packages; [`driver`] starts browsers; [`plan`] says who is measured when;
//! the rest prints.

mod chart;
mod driver;
mod figures;
mod machine;
mod plan;
mod server;
mod table;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;

use driver::Browser;
use figures::Row;
use machine::Setting;
use plan::Plan;
use server::Server;

#[derive(Parser)]
struct Arguments {
    /// Take seconds: the figures mean nothing, but every one is there
    #[arg(long)]
    quick: bool,
    /// Write the figures to this file
    #[arg(long)]
    json: Option<PathBuf>,
    /// Draw a chart into this file
    #[arg(long)]
    svg: Option<PathBuf>,
    /// The browsers
    #[arg(long, value_delimiter = ',', required = true)]
    browser: Vec<Browser>,
    /// Another build of Cap's solver
    #[arg(long)]
    cap_wasm: Option<PathBuf>,
    /// What was typed, for the table
    #[arg(long, default_value = "bench-solver")]
    command: String,
    /// What `portcullis bench attacker --json` wrote
    #[arg(long)]
    native: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<()> {
    let server = Server::start(arguments.cap_wasm.as_deref()).await?;
    let plan = Plan::new(arguments.quick, arguments.cap_wasm.is_some());
    let native = arguments.native.as_deref().map_or(Ok(Vec::new()), read_native)?;
    let mut rows = Vec::new();
    let mut setting = Setting::of_this_machine(arguments.command);
    for browser in arguments.browser {
        let session = driver::Session::open(browser, server.url()).await?;
        setting.browsers.push(session.version.clone());
        let measured = plan.measure(&session).await;
        // Closed before anything is made of the result: a failed run leaves no browser behind.
        session.close().await;
        rows.extend(measured?);
    }
    figures::complete(&rows)?;
    println!("{}", table::of(&setting, &rows, &native));
    if let Some(file) = arguments.json {
        write(&file, &figures::json(&[&rows[..], &native].concat())?)?;
    }
    if let Some(file) = arguments.svg {
        write(&file, &chart::of(&setting, &rows))?;
    }
    Ok(())
}

fn read_native(file: &Path) -> Result<Vec<Row>> {
    let text = fs::read_to_string(file).with_context(|| format!("could not read {}", file.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} does not hold figures", file.display()))
}

fn write(file: &Path, text: &str) -> Result<()> {
    fs::write(file, text).with_context(|| format!("could not write {}", file.display()))
}
