//! Commands whose output goes to a log, shown only when they fail.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Error, Result, anyhow};

/// How much of a log is worth showing when its command failed.
const SHOWN_LINES: usize = 100;

/// What a command said and whether it succeeded.
pub(crate) struct CommandOutput {
    /// Whether it ended with status 0.
    pub(crate) success: bool,
    /// Standard output and standard error, in the order they came.
    pub(crate) text: String,
}

/// Runs a command, adding what it says to the end of `log`.
///
/// # Errors
/// When it cannot be started or the log cannot be written. A command that fails is not an error here.
pub(crate) fn run_logged(command: &mut Command, log: &Path) -> Result<CommandOutput> {
    let (file, start) = opened(command, log)?;
    let status = command
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file)
        .status()
        .with_context(|| format!("could not start `{}`", line_of(command)))?;
    Ok(CommandOutput { success: status.success(), text: text_from(log, start)? })
}

/// The log with the line of a command at its end, and where what it says will begin.
fn opened(command: &Command, log: &Path) -> Result<(File, usize)> {
    if let Some(folder) = log.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = File::options().create(true).append(true).open(log)?;
    writeln!(file, "$ {}", line_of(command))?;
    let start = usize::try_from(file.metadata()?.len())?;
    Ok((file, start))
}

fn text_from(log: &Path, start: usize) -> Result<String> {
    let whole = fs::read(log)?;
    Ok(String::from_utf8_lossy(whole.get(start..).unwrap_or_default()).into_owned())
}

/// Runs a command that must succeed, its output in `log`.
///
/// # Errors
/// As [`run_logged`], and when the command fails: the error shows the end of what it said.
pub(crate) fn must_succeed(command: &mut Command, log: &Path) -> Result<String> {
    let said = run_logged(command, log)?;
    if said.success { Ok(said.text) } else { Err(failed(command, log, &said.text)) }
}

fn failed(command: &Command, log: &Path, said: &str) -> Error {
    anyhow!("`{}` failed; the end of {}:\n{}", line_of(command), log.display(), tail(said))
}

/// What a command that must succeed prints on standard output. What it says on standard error goes to the end of `log`.
///
/// # Errors
/// As [`must_succeed`].
pub(crate) fn output_of_logged(command: &mut Command, log: &Path) -> Result<String> {
    let (file, start) = opened(command, log)?;
    let output = command.stdin(Stdio::null()).stderr(file).output();
    let output = output.with_context(|| format!("could not start `{}`", line_of(command)))?;
    if !output.status.success() {
        return Err(failed(command, log, &text_from(log, start)?));
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// What a command prints on standard output, or nothing when it is missing or fails.
pub(crate) fn output_of(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The last lines of a text, as many as are worth showing.
pub(crate) fn tail(text: &str) -> String {
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(SHOWN_LINES)..].join("\n")
}

/// The command as one would type it.
fn line_of(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_command_shows_the_end_of_its_log() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("command.log");
        let error = must_succeed(Command::new("sh").args(["-c", "echo reason >&2; exit 3"]), &log).unwrap_err();
        assert!(error.to_string().ends_with("reason"), "{error}");
    }

    #[test]
    fn only_the_last_lines_are_shown() {
        let text: String = (0..150).map(|line| format!("{line}\n")).collect();
        assert_eq!(tail(&text).lines().count(), SHOWN_LINES);
        assert!(tail(&text).ends_with("149"));
    }
}
