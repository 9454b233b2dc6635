//! `portcullis solve`: the work of a challenge, done natively, for apps, monitoring probes and tests.
//!
//! `address` and `source` read what the command line points at, `connection` speaks to a verifier, `search` does the
//! work on all cores, `progress` shows how far it is, and `unsolved` says why there is nothing to print.

mod address;
mod connection;
mod error;
mod progress;
mod search;
mod source;

use std::io::IsTerminal as _;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use clap::Args;
use portcullis_challenge::{SOLUTION_TEXT_MAX_LEN, Solution};
use portcullis_clearance::clock::{Clock, SystemClock};

use super::output;
use connection::{Connection, Wanted};
pub(crate) use error::SolveError;
use progress::Progress;
use source::{Offer, Source};

#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(super) struct Solve {
    /// The address of a site, a file, or `-` for standard input.
    #[arg(value_name = "WHERE")]
    source: Source,
    /// How many threads search [default: one for each core].
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Print only the result and errors.
    #[arg(long, short)]
    quiet: bool,
    /// Ask the site for the work of this kind of browser [default: the site's choice].
    #[arg(long, value_name = "NAME", value_parser = ["simd", "scalar", "pbkdf2", "js"])]
    solver: Option<String>,
    /// The level of clearance to earn, 1 to 4, where the site asks for more than usual. Higher levels take longer.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=4))]
    level: Option<u8>,
    /// Trust only the certificates in this PEM file.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
}

pub(super) fn run(arguments: Solve) -> Result<(), SolveError> {
    let clock = SystemClock::start();
    let work = Work {
        threads: arguments.threads.or_else(|| thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN),
        quiet: arguments.quiet,
        clock: &clock,
    };
    let line = match &arguments.source {
        Source::Site(site) => {
            let connection = Connection::to(site.clone(), arguments.ca.as_deref())?;
            work.redeemed(&connection, arguments.solver.as_deref(), arguments.level)?
        }
        local => {
            if arguments.solver.is_some() || arguments.level.is_some() || arguments.ca.is_some() {
                return Err(SolveError::Arguments("`--solver`, `--level` and `--ca` need the address of a site"));
            }
            work.submission(&local.read(&clock)?)?
        }
    };
    Ok(output::print(&format!("{line}\n"))?)
}

/// How the work is done.
struct Work<'a> {
    threads: NonZeroUsize,
    quiet: bool,
    clock: &'a dyn Clock,
}

impl Work<'_> {
    /// Does it for a site, and returns the cookie. If the site asks for a higher level, does that too.
    fn redeemed(&self, site: &Connection, solver: Option<&str>, level: Option<u8>) -> Result<String, SolveError> {
        let mut level = level;
        loop {
            let offer = site.challenge(Wanted { solver, level }, self.clock)?;
            match site.redeem(&offer, self.submission(&offer)?, self.clock) {
                Err(SolveError::Refused { level: Some(asked), .. }) if asked > level.unwrap_or(1) => {
                    level = Some(asked)
                }
                ended => return ended,
            }
        }
    }

    /// Does it, and returns the JSON that redeems it.
    fn submission(&self, offer: &Offer) -> Result<String, SolveError> {
        let solution = self.solution(offer)?;
        let mut text = [0; SOLUTION_TEXT_MAX_LEN];
        let challenge = offer.challenge.to_text();
        let challenge = String::from_utf8_lossy(&challenge);
        Ok(serde_json::json!({ "challenge": challenge, "solution": solution.to_text(&mut text) }).to_string())
    }

    fn solution(&self, offer: &Offer) -> Result<Solution, SolveError> {
        let fields = &offer.challenge.fields;
        let left = offer.expires_at.0.saturating_sub(self.clock.steady().0);
        if left == 0 {
            return Err(SolveError::Expired);
        }
        let live = std::io::stderr().is_terminal();
        let mut progress = (!self.quiet).then(|| Progress::begin(fields, self.threads, live, self.clock));
        let searched = search::solve(&offer.challenge, self.threads, |state| {
            if let Some(progress) = &mut progress {
                progress.show(state);
            }
            self.clock.steady() < offer.expires_at
        });
        if let Some(progress) = progress {
            progress.end(searched.as_ref().ok().map(|found| found.attempts));
        }
        match searched {
            Ok(found) => Ok(found.solution),
            Err(search::SearchError::Exhausted) => Err(SolveError::NoSolution),
            Err(search::SearchError::Interrupted) => Err(SolveError::TooSlow(Duration::from_millis(left))),
        }
    }
}

const HELP: &str = "\
Examples:
  curl -H \"Cookie: $(portcullis solve https://login.example)\" https://login.example/
  curl -s https://login.example/.portcullis/challenge | portcullis solve - \\
    | curl -H 'Content-Type: application/json' -d @- https://login.example/.portcullis/redeem
  portcullis solve challenge.json --threads 2 --quiet

Exit status:
  0  the result is on standard output
  1  a file cannot be read, or an option does not fit
  2  the command line cannot be understood
  3  what was read is not a challenge, or asks for more work than the protocol allows
  4  the challenge expired before it was solved, or has no solution: ask for a fresh one
  5  the site cannot be reached, or what answers is not a verifier
  6  the verifier refused; its code and reason are shown

A cookie is valid for one host and one network, for as long as the site says (15 minutes by default). Anyone who has the
cookie has your clearance: keep it out of logs. docs/clients.md says what else a client should do.";
