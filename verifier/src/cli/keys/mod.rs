//! `portcullis keys …`

mod public;

use std::path::PathBuf;
use std::time::Duration;

use clap::Subcommand;
use portcullis_clearance::clock::{Clock, SystemClock};
use portcullis_issuer::keys::{KeyFolder, KeyRing, PUBLISH_LEAD, Phase};

use super::configuration::Configuration;
use super::output;

#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// List every key: what it does now, how old it is, and its name in tokens (`kid`).
    List(Configuration),
    /// Make a new key. It is published at once and signs ten minutes later; older tokens stay valid.
    ///
    /// A running verifier picks it up by itself. The files of keys that retired long ago are removed.
    Rotate(Configuration),
    /// Import a key made elsewhere as the next one: a P-256 or Ed25519 private key in PKCS#8 PEM, mode 0600.
    ///
    /// To make one: `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem`
    Import {
        /// The PEM file.
        file: PathBuf,
        #[command(flatten)]
        configuration: Configuration,
    },
    /// Write the public keys for HAProxy's `jwt_verify`: 1.pem to 3.pem, newest first, and keys.map, which names them.
    ///
    /// Run it every five minutes, and reload HAProxy when it says that the keys have changed.
    Public(public::Public),
}

pub(super) fn run(command: KeysCommand) -> anyhow::Result<()> {
    let clock = SystemClock::start();
    match command {
        KeysCommand::List(configuration) => {
            let folder = configuration.load()?.clearance.keys;
            match KeyFolder::at(&folder).existing()? {
                Some(ring) => output::print(&table(&ring, &clock))?,
                None => {
                    let none = format!("No keys in {} yet; `portcullis run` makes the first.\n", folder.display());
                    output::print(&none)?;
                }
            }
        }
        KeysCommand::Rotate(configuration) => {
            let terms = configuration.load()?.clearance;
            output::print(&next(&KeyFolder::at(terms.keys).rotate(terms.algorithm, clock.now())?, &clock))?;
        }
        KeysCommand::Import { file, configuration } => {
            let terms = configuration.load()?.clearance;
            output::print(&next(&KeyFolder::at(terms.keys).import(&file, terms.algorithm, clock.now())?, &clock))?;
        }
        KeysCommand::Public(arguments) => public::run(arguments)?,
    }
    Ok(())
}

/// A key ring with a new key, and when that key signs.
fn next(ring: &KeyRing, clock: &SystemClock) -> String {
    let signs = match ring.phases(clock.now()).last() {
        Some((_, Phase::Next)) => format!("The next key signs in {}.", humantime::format_duration(PUBLISH_LEAD)),
        _ => "The first key signs at once.".to_owned(),
    };
    format!("{}{signs}\n", table(ring, clock))
}

fn table(ring: &KeyRing, clock: &SystemClock) -> String {
    let now = clock.now();
    let line = |does, algorithm, age: &str, kid: &str| format!("{does:<9} {algorithm:<10} {age:<16} {kid}\n");
    let keys = ring.phases(now).map(|(key, phase)| {
        let does = match phase {
            Phase::Next => "next",
            Phase::Current => "signs",
            Phase::Previous => "verifies",
            Phase::Retired => "retired",
        };
        let age = Duration::from_secs(now.0.saturating_sub(key.created_at().0) / 1000);
        let (algorithm, age) = (key.algorithm().name(), humantime::format_duration(age).to_string());
        line(does, algorithm, &age, key.kid())
    });
    line("does", "algorithm", "age", "kid") + &keys.collect::<String>()
}
