//! `portcullis bench …`: what this machine can do, for operators.

mod attacker;
mod browser;
mod machine;
mod methods;
mod report;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(super) enum BenchCommand {
    /// Solve as fast as this machine can, as an attacker would
    ///
    /// Measures every way of searching that this program has, on one core and on all, and shows what the default
    /// challenge costs an attacker with this machine. With the figures of a browser, it shows how far ahead of the browser
    /// that is: the smaller the ratio, the less a private solver gains.
    #[command(verbatim_doc_comment, after_help = attacker::HELP)]
    Attacker(attacker::Attacker),
}

pub(super) fn run(command: BenchCommand) -> anyhow::Result<()> {
    match command {
        BenchCommand::Attacker(arguments) => attacker::run(&arguments),
    }
}
