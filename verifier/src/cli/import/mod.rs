//! `portcullis import …`: other programs' policies, converted.

mod anubis;
mod imported;
mod robots;
mod written;

use anyhow::{Context as _, bail};
use clap::Subcommand;
use portcullis_policy::Policy;

use super::output;

#[derive(Debug, Subcommand)]
pub(super) enum ImportCommand {
    /// Convert a policy of Anubis (botPolicies.yaml), with the files it imports.
    Anubis(anubis::Anubis),
    /// Convert a robots.txt (RFC 9309): what it asks of named crawlers is then enforced.
    Robots(robots::Robots),
}

pub(super) fn run(command: ImportCommand) -> anyhow::Result<()> {
    let (imported, output) = match command {
        ImportCommand::Anubis(arguments) => (anubis::import(&arguments)?, arguments.output),
        ImportCommand::Robots(arguments) => (robots::import(&arguments)?, arguments.output),
    };
    for note in &imported.notes {
        eprintln!("Differs: {note}.");
    }
    for missed in &imported.missed {
        eprintln!("Not carried over: {missed}.");
    }
    let Some(file) = output.output else { return Ok(output::print(&imported.text)?) };
    if file.exists() && !output.force {
        bail!("{} exists already; --force overwrites it", file.display());
    }
    std::fs::write(&file, &imported.text).with_context(|| format!("cannot write {}", file.display()))?;
    let policy =
        Policy::read(Some(&file)).context("the policy was written, but it needs a change before it can be used")?;
    eprintln!(
        "{} rules are in {}. See what they do: portcullis check-config --policy {} --explain /",
        policy.rules().len(),
        file.display(),
        file.display()
    );
    Ok(())
}

pub(super) const EXAMPLES: &str = "\
Examples:
  portcullis import anubis botPolicies.yaml --data anubis/data --output policy.toml
  portcullis import robots /srv/www/robots.txt --output policy.toml
  portcullis check-config --policy policy.toml --explain /login    # see what it does";
