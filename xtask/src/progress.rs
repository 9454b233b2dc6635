//! Says what is being done while it is done: a live line on a terminal, plain lines elsewhere.

use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::clock::{Spoken, Stopwatch};

/// Does `work` under a line saying what it is, and how long it usually takes where that is worth knowing.
///
/// On a terminal the line counts the seconds. Elsewhere a line follows every minute, so that a log that is being
/// watched, or a machine that ends silent jobs, sees that the work goes on.
pub(crate) fn step<T>(what: &str, usually: &str, work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    let line = if usually.is_empty() { what.to_owned() } else { format!("{what} (usually {usually})") };
    let watch = Stopwatch::start();
    let result = showing(&line, watch, work);
    let outcome = if result.is_ok() { "done in" } else { "failed after" };
    say(&format!("{what}: {outcome} {}", Spoken(watch.elapsed())));
    result
}

/// Prints a line of progress. Progress goes to standard error: standard output carries results.
pub(crate) fn say(line: &str) {
    let mut output = io::stderr().lock();
    let clear = if io::stderr().is_terminal() { "\r\x1b[K" } else { "" };
    // Progress nobody reads (a closed pipe) must not end the work.
    let _ = writeln!(output, "{clear}{line}");
}

/// Does `work` under a line that says so, counting from the start of `watch`.
pub(crate) fn showing<T>(line: &str, watch: Stopwatch, work: impl FnOnce() -> T) -> T {
    say(&format!("{line} …"));
    let (done, wait) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            if io::stderr().is_terminal() {
                spin(watch, &wait);
            } else {
                remind(line, watch, &wait);
            }
        });
        let result = work();
        drop(done);
        result
    })
}

/// A line short enough for the narrowest terminal: a longer one would wrap, and could not be written over.
fn spin(watch: Stopwatch, done: &mpsc::Receiver<()>) {
    const FRAMES: [char; 4] = ['|', '/', '-', '\\'];
    for frame in FRAMES.into_iter().cycle() {
        let mut output = io::stderr().lock();
        let _ = write!(output, "\r\x1b[K{frame} {}", Spoken(watch.elapsed()));
        let _ = output.flush();
        drop(output);
        if done.recv_timeout(Duration::from_millis(200)) == Err(RecvTimeoutError::Disconnected) {
            return;
        }
    }
}

fn remind(line: &str, watch: Stopwatch, done: &mpsc::Receiver<()>) {
    while done.recv_timeout(Duration::from_secs(60)) == Err(RecvTimeoutError::Timeout) {
        say(&format!("{line} … still at it after {}", Spoken(watch.elapsed())));
    }
}
