//! The command line.

mod admin;
mod bench;
mod check;
mod configuration;
mod describe;
mod http;
#[cfg(feature = "import")]
mod import;
mod keys;
mod mode;
mod output;
mod run;
mod solve;
#[cfg(feature = "top")]
mod top;

use clap::{Parser, Subcommand};

use configuration::Configuration;

/// Challenges visitors while a site is under attack, and admits those who did the work.
///
/// Portcullis stands in front of a site as a reverse proxy. Normally every request passes. When the site comes under
/// pressure the gate lowers itself, or you lower it with `portcullis mode`. Each browser then does a short proof of work
/// before it is let through.
#[derive(Debug, Parser)]
#[command(name = "portcullis", version, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the gate.
    ///
    /// SIGTERM or Ctrl-C stops it, after the requests in flight are finished. SIGHUP reads the configuration again.
    #[command(after_help = run::EXAMPLES)]
    Run(Configuration),
    /// Show how far the gate is lowered and why, or set it, while the service runs
    ///
    ///   auto           the pressure decides
    ///   off            everything passes
    ///   watch          only networks that stand out are challenged
    ///   challenge-new  only new visitors are challenged
    ///   challenge-all  only visitors with a clearance token pass
    ///   queue          the same, and they pass in turn, at the rate the site can take
    ///
    /// A mode holds until it is set again, until the time given by --for is over, or until the service restarts. To
    /// set it permanently, use gate.mode in the configuration. Any user may look; only the service's user may set it.
    #[command(verbatim_doc_comment)]
    Mode(mode::ModeCommand),
    /// Watch the gate live: mode, strain, requests, difficulty, rules and the busiest networks.
    #[cfg(feature = "top")]
    Top(top::Top),
    /// Check the configuration or a policy, sum it up, or explain how it decides about a request.
    CheckConfig(Box<check::CheckConfig>),
    /// Turn another program's policy, or a robots.txt, into a policy for Portcullis.
    ///
    /// What cannot be carried over is listed on standard error, and is a comment at its place in the policy.
    #[cfg(feature = "import")]
    #[command(subcommand, after_help = import::EXAMPLES)]
    Import(import::ImportCommand),
    /// List, rotate or import the keys that sign clearance tokens, or write their public halves.
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Do the work of a challenge, for apps, monitoring probes and tests
    ///
    /// Given the address of a site, it gets a challenge there, solves it, redeems it, and prints the cookie that admits
    /// this machine. Given a file, or `-` for standard input, it prints what to post to /.portcullis/redeem; the file
    /// holds a challenge, or the JSON of /.portcullis/challenge. Progress goes to standard error.
    #[command(verbatim_doc_comment)]
    Solve(solve::Solve),
    /// Measure what this machine could do to a gate.
    #[command(subcommand)]
    Bench(bench::BenchCommand),
}

/// Does what the command line asks.
pub(crate) fn run(arguments: Arguments) -> anyhow::Result<()> {
    match arguments.command {
        Command::Run(configuration) => run::run(configuration),
        Command::Mode(command) => mode::run(command),
        #[cfg(feature = "top")]
        Command::Top(arguments) => top::run(arguments),
        Command::CheckConfig(command) => check::run(*command),
        #[cfg(feature = "import")]
        Command::Import(command) => import::run(command),
        Command::Keys(command) => keys::run(command),
        Command::Solve(arguments) => Ok(solve::run(arguments)?),
        Command::Bench(command) => bench::run(command),
    }
}

/// The program's exit status after an error.
pub(crate) fn exit_status(error: &anyhow::Error) -> u8 {
    error.downcast_ref::<solve::SolveError>().map_or(1, solve::SolveError::exit_status)
}

const EXAMPLES: &str = "\
Examples:
  portcullis check-config --config /etc/portcullis/portcullis.toml
  portcullis check-config --explain 'GET /login' --from 203.0.113.9    # what the policy decides, and why
  portcullis import anubis botPolicies.yaml --data anubis/data --output policy.toml
  portcullis run --config /etc/portcullis/portcullis.toml
  portcullis mode                                              # how far the gate is lowered, and why
  sudo -u portcullis portcullis mode challenge-all --for 2h    # lower the gate now
  portcullis top                                               # watch it
  PORTCULLIS_GATE__MODE=off portcullis run --set origin=http://127.0.0.1:3000
  portcullis keys list --config /etc/portcullis/portcullis.toml
  portcullis solve https://login.example    # prints the cookie that admits this machine

Every configuration key is explained in docs/configuration.md.";
