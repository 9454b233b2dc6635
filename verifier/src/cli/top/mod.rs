//! `portcullis top`: the gate, live in a terminal.
//!
//! `facts` says what there is to tell, `history` keeps the last minutes of it, `screen` lays it out for a terminal and
//! `snapshot` for a pipe; `palette` has the colours, and `terminal` takes the terminal and gives it back.

mod facts;
mod history;
mod palette;
mod screen;
mod snapshot;
mod terminal;

use std::io::{IsTerminal as _, stdin, stdout};
use std::time::Duration;

use anyhow::bail;
use clap::Args;

use crate::cli::admin::Admin;
use crate::cli::configuration::Configuration;
use crate::cli::output;
use history::History;
use palette::Palette;
use screen::Screen;
use terminal::{Input, Terminal};

/// The arguments of `portcullis top`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Top {
    /// Print one snapshot as plain text and exit: for scripts.
    #[arg(long)]
    once: bool,
    #[command(flatten)]
    configuration: Configuration,
}

/// Shows the gate until q is pressed.
pub(super) fn run(top: Top) -> anyhow::Result<()> {
    let admin = Admin::of(&top.configuration.load_installed()?)?;
    // Asked before the terminal is taken: what goes wrong at the beginning is an ordinary message.
    let mut status = admin.status()?;
    if top.once {
        return Ok(output::print(&snapshot::snapshot(&status))?);
    }
    if !stdin().is_terminal() || !stdout().is_terminal() {
        bail!("this is not a terminal; `portcullis top --once` prints one snapshot");
    }
    let mut history = History::default();
    let palette = Palette::of_environment();
    let mut terminal = Terminal::open()?;
    loop {
        history.add(&status);
        let mut problem = None;
        loop {
            terminal.draw(&Screen { status: &status, history: &history, problem: problem.as_deref(), palette })?;
            match terminal.input_within(PAUSE)? {
                Some(Input::Quit) => return Ok(()),
                Some(Input::Resized) => continue,
                None => {}
            }
            match admin.status() {
                Ok(next) => {
                    status = next;
                    break;
                }
                // What was seen last stays, with the reason why there is nothing newer.
                Err(error) => problem = Some(format!("{error:#}")),
            }
        }
    }
}

/// As often as the verifier takes the pressure.
const PAUSE: Duration = Duration::from_secs(1);

const EXAMPLES: &str = "\
Examples:
  portcullis top                            # q, Esc or Ctrl-C leaves
  NO_COLOR=1 portcullis top                 # without colour
  portcullis top --once | grep '^Strain'    # for a script";
