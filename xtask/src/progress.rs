//! Says what is being done while it is done: a live line on a terminal, plain lines elsewhere.

use std::io::{self, IsTerminal, Write};
use std::sync::LazyLock;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::clock::{SpokenDuration, Stopwatch};

/// Does `work` under a line saying what it is, and how long it usually takes if that matters.
///
/// On a terminal the line counts the seconds. Elsewhere a line follows every minute, so that a log that is being
/// watched, or a machine that ends silent jobs, sees that the work goes on.
pub(crate) fn step<T>(what: &str, usually: &str, work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    let line = if usually.is_empty() { what.to_owned() } else { format!("{what} (usually {usually})") };
    let watch = Stopwatch::start();
    let result = showing(&line, watch, work);
    let outcome = if result.is_ok() { "done in" } else { "failed after" };
    say(&format!("{what}: {outcome} {}", SpokenDuration(watch.elapsed())));
    result
}

/// Prints a line of progress. Progress goes to standard error: standard output carries results.
pub(crate) fn say(line: &str) {
    // A closed pipe, where nobody reads the progress, must not end the work.
    LIVE_LINES.suspend(|| drop(writeln!(io::stderr(), "{line}")));
}

/// The live lines of everything that is being done at once.
static LIVE_LINES: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// Does `work` under a line that says so, counting from the start of `watch`.
pub(crate) fn showing<T>(line: &str, watch: Stopwatch, work: impl FnOnce() -> T) -> T {
    if io::stderr().is_terminal() { spinning(line, watch, work) } else { reminding(line, watch, work) }
}

/// A live line, cut where the terminal is too narrow for it, and gone when the work is done.
fn spinning<T>(line: &str, watch: Stopwatch, work: impl FnOnce() -> T) -> T {
    let spinner = ProgressBar::new_spinner().with_message(line.to_owned()).with_elapsed(watch.elapsed());
    let spinner = LIVE_LINES.add(spinner);
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed:>4} {wide_msg}") {
        spinner.set_style(style);
    }
    spinner.enable_steady_tick(Duration::from_millis(200));
    let result = work();
    spinner.finish_and_clear();
    result
}

/// One line now, and one every minute.
fn reminding<T>(line: &str, watch: Stopwatch, work: impl FnOnce() -> T) -> T {
    say(&format!("{line} …"));
    let (done, wait) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            while wait.recv_timeout(Duration::from_secs(60)) == Err(RecvTimeoutError::Timeout) {
                say(&format!("{line} … still at it after {}", SpokenDuration(watch.elapsed())));
            }
        });
        let result = work();
        drop(done);
        result
    })
}
