//! The command line.

mod bench;
mod keys;
mod public;
mod run;
mod solve;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use portcullis::Config;
use portcullis::config::Layers;
use portcullis::ladder::Solver;

/// Challenges visitors while a site is under attack, and admits those who did the work.
///
/// Portcullis stands in front of a site as a reverse proxy. With `gate.mode = "challenge"` each browser does a short
/// proof of work before it is let through; with "off" everything passes.
#[derive(Debug, Parser)]
#[command(name = "portcullis", version, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the gate until SIGTERM or Ctrl-C, then finish the requests in flight.
    Run(Configuration),
    /// Read the configuration as `run` would, and say what it comes to.
    CheckConfig(Configuration),
    /// List, rotate or import the keys that sign clearance tokens, or write their public halves.
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Do the work of a challenge, for apps, monitoring probes and tests.
    ///
    /// Given the address of a site, gets a challenge there, solves it, redeems it, and prints the cookie that admits this
    /// machine. Given a file, or `-` for standard input, prints what to post to /.portcullis/redeem; the file holds a
    /// challenge, or the JSON of /.portcullis/challenge. Progress goes to standard error.
    #[command(verbatim_doc_comment)]
    Solve(solve::Solve),
    /// Measure what this machine could do to a gate.
    #[command(subcommand)]
    Bench(bench::BenchCommand),
}

/// Where the configuration comes from: flags win over environment, environment over the file.
#[derive(Debug, Args)]
struct Configuration {
    /// The TOML file. Without one, everything comes from environment and flags.
    #[arg(long, short, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Set one key, such as `gate.mode=challenge` or `log.level=debug`. May be repeated.
    #[arg(long = "set", value_name = "SECTION.KEY=VALUE")]
    set: Vec<String>,
}

impl Configuration {
    fn load(&self) -> anyhow::Result<Config> {
        let environment =
            std::env::vars_os().filter_map(|(name, value)| name.into_string().ok().zip(value.into_string().ok()));
        Ok(Layers::read(self.config.as_deref(), environment, self.set.clone())?.parse()?)
    }
}

/// Does what the command line asks.
pub(crate) fn run(arguments: Arguments) -> anyhow::Result<()> {
    match arguments.command {
        Command::Run(configuration) => run::run(configuration.load()?),
        Command::CheckConfig(configuration) => check(&configuration.load()?),
        Command::Keys(command) => keys::run(command),
        Command::Solve(arguments) => Ok(solve::run(arguments)?),
        Command::Bench(command) => bench::run(command),
    }
}

/// The program's exit status after an error.
pub(crate) fn exit_status(error: &anyhow::Error) -> u8 {
    error.downcast_ref::<solve::Unsolved>().map_or(1, solve::Unsolved::exit_status)
}

fn check(config: &Config) -> anyhow::Result<()> {
    let origin =
        config.origin.as_ref().map_or_else(|| "none: gateways ask and pass on".to_owned(), ToString::to_string);
    let terms = config.challenge.0.terms(Solver::Simd, true);
    println!("The configuration is good.");
    println!("  listen     {}", config.listen);
    println!("  origin     {origin}");
    println!("  mode       {}", config.gate.mode);
    println!(
        "  challenge  {} shares, {} expected attempts, good for {} s",
        terms.shares.count(),
        portcullis_challenge::Difficulty::of(terms.threshold, terms.shares)
            .map_or(0, portcullis_challenge::Difficulty::attempts),
        terms.lifetime.millis() / 1000
    );
    let (algorithm, keys) = (config.clearance.algorithm.name(), config.clearance.keys.display());
    println!("  clearance  {} s, {algorithm} keys in {keys}", config.clearance.lifetime.as_secs());
    for class in &config.budgets {
        let (requests, refill) = (class.allowance.requests, humantime::format_duration(class.allowance.refill));
        println!("  budget     {}: {requests} requests at once, one more every {refill}", class.name);
    }
    if let Some(secrets) = &config.siteverify.secrets {
        println!("  siteverify secrets in {}", secrets.display());
    }
    Ok(())
}

const EXAMPLES: &str = "\
Examples:
  portcullis check-config --config /etc/portcullis.toml
  portcullis run --config /etc/portcullis.toml
  portcullis run --config /etc/portcullis.toml --set gate.mode=challenge    # lower the gate now
  PORTCULLIS_GATE__MODE=challenge portcullis run --set origin=http://127.0.0.1:3000
  portcullis keys list --config /etc/portcullis.toml
  portcullis solve https://login.example    # prints the cookie that admits this machine

Every key is explained in docs/configuration.md.";
