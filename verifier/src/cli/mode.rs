//! `portcullis mode`

use std::fmt::Write as _;

use clap::Args;
use portcullis_admin::{ModeChange, Status};
use portcullis_config::{Mode, Setting};

use super::admin::Admin;
use super::configuration::Configuration;
use super::{describe, output};

/// The arguments of `portcullis mode`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ModeCommand {
    /// The mode to set: auto (the pressure decides), off, watch, challenge-new, challenge-all or queue. Without one, shows
    /// the mode.
    #[arg(value_name = "MODE")]
    mode: Option<Setting>,
    /// For how long, such as 30m or 2h. After that the configuration decides again.
    #[arg(long = "for", value_name = "DURATION", requires = "mode")]
    period: Option<String>,
    #[command(flatten)]
    configuration: Configuration,
}

/// Looks at the mode, or sets it.
pub(super) fn run(command: ModeCommand) -> anyhow::Result<()> {
    let named = command.configuration.config.as_ref().map(|file| format!(" --config {}", file.display()));
    let admin = Admin::of(&command.configuration.load_installed()?)?;
    let Some(mode) = command.mode else {
        return Ok(output::print(&told(&admin.status()?))?);
    };
    let before = admin.status()?.gate.mode;
    let status = admin.set_mode(&ModeChange { mode, period: command.period })?;
    Ok(output::print(&(what_happens(&status, before, &named.unwrap_or_default()) + &told(&status)))?)
}

/// What was done, what happens now, and how to undo it.
fn what_happens(status: &Status, before: Mode, config: &str) -> String {
    let gate = &status.gate;
    let mut text = String::from("Done. ");
    // Writing to a string cannot fail.
    let _ = match gate.setting {
        Setting::Forced(mode) if gate.dry_run => {
            writeln!(
                text,
                "The mode is {mode}, but this is a dry run: everything passes, and the log says what would have been stopped."
            )
        }
        Setting::Forced(mode) if mode == before => writeln!(text, "The mode was {mode} already."),
        Setting::Forced(mode) => writeln!(text, "From now on {}.", describe::mode(mode)),
        Setting::Auto if before == Mode::Off => {
            writeln!(text, "The gate is raised, and lowers itself when the site comes under pressure.")
        }
        Setting::Auto => {
            writeln!(
                text,
                "The mode is {before}, and steps down by itself, a step every 10 s or more, while the load is well within its limit."
            )
        }
    };
    if gate.setting != gate.configured {
        let _ = writeln!(text, "To go back: portcullis mode {}{config}   (a restart does this too)", gate.configured);
    }
    text.push('\n');
    text
}

/// The mode, and why it is so.
fn told(status: &Status) -> String {
    let (gate, pressure) = (&status.gate, &status.pressure);
    let asked = pressure.asked_new + pressure.asked_returning + pressure.asked_cleared;
    let mut lines = vec![
        ("mode", format!("{}: {}", gate.mode, describe::mode(gate.mode))),
        ("since", format!("{} ago", describe::duration(gate.mode_for))),
        ("set", describe::setting(gate)),
    ];
    if gate.least > Mode::Off {
        lines.push(("schedule", format!("at least {} at the moment, while the setting is auto", gate.least)));
    }
    if gate.dry_run {
        lines.push(("dry run", "everything passes, whatever the mode is; see gate.dry_run".to_owned()));
    }
    lines.push(("strain", format!("{:.2} (1 is the limit): {}", pressure.strain, describe::strain(pressure.strain))));
    lines.push((
        "requests",
        format!("{}/s asked, {}/s passed to the site", describe::rate(asked), describe::rate(pressure.passed)),
    ));
    if pressure.answered + pressure.failed > 0.0 {
        let failed = 100.0 * pressure.failed / (pressure.answered + pressure.failed);
        lines.push(("answers", format!("95 % begin within {:.0} ms, {failed:.0} % fail", pressure.latency * 1000.0)));
    }
    lines
        .push(("networks", format!("{} stand out, of {} active", status.networks.conspicuous, status.networks.active)));
    lines.push(("difficulty", describe::difficulty(gate.difficulty)));
    lines.iter().fold(String::new(), |mut text, (name, value)| {
        let _ = writeln!(text, "{name:<11}{value}");
        text
    })
}

const EXAMPLES: &str = "\
Examples:
  portcullis mode                                              # the mode now, and why
  sudo -u portcullis portcullis mode challenge-all --for 2h    # lower the gate for two hours
  sudo -u portcullis portcullis mode auto                      # let the pressure decide again";
