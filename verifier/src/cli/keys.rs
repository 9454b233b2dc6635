//! `portcullis keys …`

use std::time::Duration;

use clap::Subcommand;
use portcullis::clock::{Clock, SystemClock};
use portcullis::keys::{KeyFolder, KeyRing, PUBLISH_LEAD, Phase};

use super::Configuration;

#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// Show every key: what it does now, how old it is, and its name in tokens (`kid`).
    List(Configuration),
    /// Make a next key. It is published at once and signs ten minutes later; tokens signed before stay good.
    ///
    /// A running verifier takes it up by itself. Files of keys retired long enough are removed.
    Rotate(Configuration),
}

pub(super) fn run(command: KeysCommand) -> anyhow::Result<()> {
    let clock = SystemClock::start();
    match command {
        KeysCommand::List(configuration) => {
            let folder = configuration.load()?.clearance.keys;
            match KeyFolder::at(&folder).existing()? {
                Some(ring) => print(&ring, &clock),
                None => println!("No keys in {} yet; `portcullis run` makes the first.", folder.display()),
            }
        }
        KeysCommand::Rotate(configuration) => {
            let ring = KeyFolder::at(configuration.load()?.clearance.keys).rotate(clock.now())?;
            print(&ring, &clock);
            println!("The next key signs in {}.", humantime::format_duration(PUBLISH_LEAD));
        }
    }
    Ok(())
}

fn print(ring: &KeyRing, clock: &SystemClock) {
    let now = clock.now();
    println!("{:<9} {:<16} kid", "does", "age");
    for (key, phase) in ring.phases(now) {
        let does = match phase {
            Phase::Next => "next",
            Phase::Current => "signs",
            Phase::Previous => "verifies",
            Phase::Retired => "retired",
        };
        let age = Duration::from_secs(now.0.saturating_sub(key.created_at().0) / 1000);
        println!("{does:<9} {:<16} {}", humantime::format_duration(age).to_string(), key.kid());
    }
}
