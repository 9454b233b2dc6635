//! The demo's two programs: started together, listened to together, and never left behind.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{self, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::clock::Stopwatch;

/// How long a program may take to end after it was asked to.
const STOP_LIMIT: Duration = Duration::from_secs(5);

/// How many lines are kept to show why a program ended.
const KEPT_LINES: usize = 20;

/// What the demo waits for.
pub(super) enum Happening {
    /// A program printed a line.
    Line(String),
    /// A program closed its output: it has ended, or is about to.
    Ended(&'static str),
    /// Ctrl-C, or a request from outside to stop.
    Interrupted,
}

/// A running program, stopped when dropped.
pub(super) struct Child(process::Child);

impl Child {
    /// Starts a program whose lines go to `sender`.
    pub(super) fn start(name: &'static str, command: &mut Command, sender: &Sender<Happening>) -> Result<Self> {
        // A group of its own: Ctrl-C in the terminal reaches only xtask, which then stops both in order.
        let command = command.process_group(0).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = Self(command.spawn().with_context(|| format!("could not start {name}"))?);
        if let Some(errors) = child.0.stderr.take() {
            pass_on(errors, sender.clone(), None);
        }
        if let Some(output) = child.0.stdout.take() {
            pass_on(output, sender.clone(), Some(name));
        }
        Ok(child)
    }

    fn has_ended_within(&mut self, limit: Duration) -> bool {
        let watch = Stopwatch::start();
        while watch.elapsed() < limit {
            if !matches!(self.0.try_wait(), Ok(None)) {
                return true;
            }
            thread::sleep(Duration::from_millis(20));
        }
        false
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if let Ok(id) = i32::try_from(self.0.id())
            && !self.has_ended_within(Duration::from_millis(1))
        {
            // Not yet waited for, so the id is still this program's and nobody else's. If it ended meanwhile: good.
            let _ = kill(Pid::from_raw(id), Signal::SIGTERM);
        }
        if !self.has_ended_within(STOP_LIMIT) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
}

/// Sends every line on, and at the end, where `ending` names the program, that it has ended.
fn pass_on(output: impl Read + Send + 'static, sender: Sender<Happening>, ending: Option<&'static str>) {
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if sender.send(Happening::Line(line)).is_err() {
                return;
            }
        }
        if let Some(name) = ending {
            // Nobody listening any more: the demo is over.
            let _ = sender.send(Happening::Ended(name));
        }
    });
}

/// What happens, in order, and the last lines of it.
pub(super) struct Inbox {
    receiver: Receiver<Happening>,
    recent: VecDeque<String>,
}

impl Inbox {
    /// Listens to one channel.
    pub(super) fn new(receiver: Receiver<Happening>) -> Self {
        Self { receiver, recent: VecDeque::new() }
    }

    /// Waits for the next happening, no longer than `limit`.
    ///
    /// # Errors
    /// When a program ended by itself: the error shows what was said last.
    pub(super) fn next(&mut self, limit: Duration) -> Result<Option<Happening>> {
        let happening = self.receiver.recv_timeout(limit).ok();
        match &happening {
            Some(Happening::Line(line)) => self.keep(line),
            Some(Happening::Ended(name)) => {
                // What it said on standard error may still be on its way.
                while let Ok(Happening::Line(line)) = self.receiver.recv_timeout(Duration::from_millis(100)) {
                    self.keep(&line);
                }
                bail!("{name} ended by itself; the last lines:\n{}", self.recent());
            }
            _ => {}
        }
        Ok(happening)
    }

    /// The last lines said.
    pub(super) fn recent(&self) -> String {
        self.recent.iter().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
    }

    fn keep(&mut self, line: &str) {
        if self.recent.len() == KEPT_LINES {
            self.recent.pop_front();
        }
        self.recent.push_back(line.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn shell(script: &str, sender: &Sender<Happening>) -> Child {
        Child::start("program", Command::new("sh").args(["-c", script]), sender).unwrap()
    }

    #[test]
    fn a_program_that_ends_by_itself_is_an_error_with_its_last_lines() {
        let (sender, receiver) = mpsc::channel();
        let mut inbox = Inbox::new(receiver);
        let _child = shell("echo started; echo 'no such key' >&2; exit 1", &sender);
        let error = loop {
            match inbox.next(Duration::from_secs(30)) {
                Ok(happening) => assert!(happening.is_some(), "nothing happened"),
                Err(error) => break error.to_string(),
            }
        };
        assert!(error.contains("program ended") && error.contains("no such key"), "{error}");
    }

    #[test]
    fn a_dropped_program_is_asked_to_stop_and_has_ended() {
        let (sender, receiver) = mpsc::channel();
        let child = shell("trap 'echo asked; exit 0' TERM; echo ready; while :; do sleep 0.05; done", &sender);
        let lines = || match receiver.recv_timeout(Duration::from_secs(30)) {
            Ok(Happening::Line(line)) => line,
            _ => String::new(),
        };
        assert_eq!(lines(), "ready");
        drop(child);
        assert_eq!(lines(), "asked");
    }
}
