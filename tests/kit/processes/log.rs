//! What a program logs, one JSON object a line.

use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use parking_lot::{Mutex, MutexGuard};
use serde_json::Value;

use super::eventually;

/// One line, such as `{"level":"INFO","event":"solved","solved_in_ms":812}`.
pub type Line = Value;

/// The lines logged so far; they keep coming. Whoever looks sees every line that was written before: what a program logs
/// before it answers is there when its answer has come.
#[derive(Clone, Debug, Default)]
pub struct LogLines(Arc<Mutex<Log>>);

#[derive(Debug, Default)]
struct Log {
    lines: Vec<Line>,
    outputs: Vec<Output>,
}

/// What a program writes to.
#[derive(Debug)]
struct Output {
    pipe: File,
    /// The beginning of a line.
    begun: Vec<u8>,
}

impl LogLines {
    /// Reads `output` to its end: when somebody looks, and in a thread of its own, so that the program never waits for that.
    ///
    /// # Panics
    ///
    /// When this process may open no more files.
    pub(super) fn follow(&self, output: impl Into<OwnedFd>) {
        let pipe = File::from(output.into());
        let watched = pipe.try_clone().expect("a pipe has two handles");
        self.0.lock().outputs.push(Output { pipe, begun: Vec::new() });
        let log = self.clone();
        thread::spawn(move || {
            while events(&watched, PollTimeout::NONE).contains(PollFlags::POLLIN) {
                drop(log.up_to_date());
            }
            // Nobody writes there any more.
            drop(log.up_to_date());
        });
    }

    /// Every line so far, oldest first.
    ///
    /// # Panics
    ///
    /// When there were more than are kept.
    pub fn all(&self) -> Vec<Line> {
        let lines = self.up_to_date().lines.clone();
        assert!(lines.len() <= MAX_LINES, "the program logged more than {MAX_LINES} lines");
        lines
    }

    /// The lines after the first `count`.
    pub fn after(&self, count: usize) -> Vec<Line> {
        self.up_to_date().lines.get(count..).unwrap_or_default().to_vec()
    }

    /// Takes what was written until now.
    fn up_to_date(&self) -> MutexGuard<'_, Log> {
        let mut log = self.0.lock();
        let Log { lines, outputs } = &mut *log;
        outputs.retain_mut(|output| output.read(lines));
        log
    }

    /// The lines of one event, such as `solved`.
    pub fn of(&self, event: &str) -> Vec<Line> {
        self.all().into_iter().filter(|line| line["event"] == event).collect()
    }

    /// How often an event happened: the verifier writes 20 lines of a kind in a second, and says in the next one how
    /// many it did not write. Those after the last line are missing here.
    pub fn count(&self, event: &str) -> u64 {
        self.of(event).iter().map(|line| 1 + line["unwritten"].as_u64().unwrap_or(0)).sum()
    }

    /// Waits until an event has happened `count` times.
    ///
    /// # Panics
    ///
    /// When it has not after `limit`.
    pub async fn wait_for(&self, event: &str, count: u64, limit: Duration) {
        let what = format!("the log says {event:?} {count} times");
        eventually(&what, limit, async || (self.count(event) >= count).then_some(())).await;
    }
}

impl Output {
    /// Takes the lines that are there. Whether more may come.
    fn read(&mut self, lines: &mut Vec<Line>) -> bool {
        let mut buffer = [0; 1 << 14];
        // Something is there, or nothing will be: it does not wait.
        while !events(&self.pipe, PollTimeout::ZERO).is_empty() {
            let Ok(read @ 1..) = self.pipe.read(&mut buffer) else { return false };
            self.begun.extend_from_slice(&buffer[..read]);
            while let Some(end) = self.begun.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.begun.drain(..=end).collect();
                if lines.len() <= MAX_LINES {
                    lines.push(parsed(&line[..end]));
                }
            }
        }
        true
    }
}

fn parsed(line: &[u8]) -> Line {
    serde_json::from_slice(line).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(line).into_owned()))
}

/// Waits until something can be read from a pipe, or its end was reached.
fn events(pipe: &File, limit: PollTimeout) -> PollFlags {
    let mut watched = [PollFd::new(pipe.as_fd(), PollFlags::POLLIN)];
    while poll(&mut watched, limit) == Err(Errno::EINTR) {}
    watched[0].revents().unwrap_or(PollFlags::empty())
}

/// More than any test makes a program write.
const MAX_LINES: usize = 20_000;

#[cfg(test)]
mod tests {
    use std::io::{self, Write as _};

    use super::*;

    #[test]
    fn lines_that_were_not_written_count_too() {
        let log = LogLines::default();
        let (output, mut program) = io::pipe().unwrap();
        log.follow(output);
        let lines = "{\"event\":\"solved\",\"unwritten\":0}\nno JSON\n{\"event\":\"solved\",\"unwritten\":7}\n";
        program.write_all(lines.as_bytes()).unwrap();
        assert_eq!((log.count("solved"), log.of("solved").len()), (9, 2));
        assert_eq!(log.all()[1], "no JSON");
    }

    #[test]
    fn every_line_is_there_as_soon_as_it_is_written_whole() {
        let log = LogLines::default();
        let (output, mut program) = io::pipe().unwrap();
        log.follow(output);
        let long = "long".repeat(5_000);
        for number in 0..100 {
            writeln!(program, "{{\"event\":\"{number}\",\"with\":\"{long}\"}}").unwrap();
            program.write_all(b"{\"event\"").unwrap();
            assert_eq!((log.count(&number.to_string()), log.all().len()), (1, number + 1));
            program.write_all(b":0}").unwrap();
            assert_eq!(log.after(number + 1), Vec::<Line>::new());
            program.write_all(b"\n").unwrap();
            assert_eq!(log.after(number + 1).len(), 1);
            log.0.lock().lines.pop();
        }
        drop(program);
        drop(log.up_to_date());
        assert!(log.0.lock().outputs.is_empty(), "its end was seen");
    }
}
