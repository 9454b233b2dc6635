//! `portcullis top`: the gate, live in a terminal.

mod history;
mod screen;
mod terminal;

use std::io::{IsTerminal as _, stdin, stdout};
use std::time::Duration;

use anyhow::bail;
use clap::Args;

use crate::cli::admin::Admin;
use crate::cli::configuration::Configuration;
use crate::cli::output;
use history::History;
use screen::screen;
use terminal::{Key, Terminal};

/// The arguments of `portcullis top`.
#[derive(Debug, Args)]
pub(super) struct Top {
    /// Print one snapshot as plain text and end: for scripts.
    #[arg(long)]
    once: bool,
    #[command(flatten)]
    configuration: Configuration,
}

/// Shows the gate until q is pressed.
pub(super) fn run(top: Top) -> anyhow::Result<()> {
    let admin = Admin::of(&top.configuration.load_installed()?)?;
    let mut history = History::default();
    // Who is not there at the beginning is told so plainly.
    let mut status = admin.status()?;
    if top.once {
        let lines = screen(&status, &history, PLAIN_WIDTH);
        let text: String = lines.iter().map(|line| format!("{}\n", line.text.trim_end())).collect();
        return Ok(output::print(&text)?);
    }
    if !stdin().is_terminal() || !stdout().is_terminal() {
        bail!("this is no terminal; `portcullis top --once` prints one snapshot");
    }
    let mut terminal = Terminal::open()?;
    loop {
        history.add(&status);
        let mut answer = Ok(());
        let lines = |width| screen(&status, &history, width);
        loop {
            terminal.draw(lines, answer.as_ref().err().map(|error: &anyhow::Error| format!("{error:#}")).as_deref())?;
            if terminal.key_within(PAUSE)? == Some(Key::Quit) {
                return Ok(());
            }
            match admin.status() {
                Ok(next) => {
                    status = next;
                    break;
                }
                // What was seen last stays, with the reason why there is nothing newer.
                Err(error) => answer = Err(error),
            }
        }
    }
}

/// As often as the verifier takes the pressure.
const PAUSE: Duration = Duration::from_secs(1);
const PLAIN_WIDTH: usize = 80;
