//! How far a search is, on standard error: a bar on a terminal, a few lines elsewhere.

use std::fmt;
use std::io::{self, Write as _};
use std::num::NonZeroUsize;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use portcullis_challenge::{Fields, UnixMillis};
use portcullis_clearance::clock::Clock;

use super::search::State;

/// Shows how far one search is.
pub(super) struct Progress<'a> {
    clock: &'a dyn Clock,
    began: UnixMillis,
    wanted: usize,
    expected: u64,
    /// Hidden if there is no terminal to draw it on.
    bar: ProgressBar,
    told: UnixMillis,
}

impl<'a> Progress<'a> {
    /// Says what will be done. `live` is for terminals: a bar that is drawn again and again.
    pub(super) fn begin(fields: &Fields, threads: NonZeroUsize, live: bool, clock: &'a dyn Clock) -> Self {
        let (expected, began) = (u64::from(fields.difficulty().attempts()), clock.steady());
        let wanted = usize::from(fields.shares.count());
        let work = Si(expected as f64);
        let threads = if threads.get() == 1 { "1 thread".to_owned() } else { format!("{threads} threads") };
        say(&format!("solving: {wanted} shares, about {work}attempts, on {threads}"));
        Self { clock, began, wanted, expected, bar: bar(wanted, live), told: began }
    }

    /// Says how far the search is, if it is time to.
    pub(super) fn show(&mut self, state: State) {
        let now = self.clock.steady();
        if !self.bar.is_hidden() {
            self.bar.set_message(self.rate(state, now));
            self.bar.set_position(state.shares as u64);
        } else if now.0.saturating_sub(self.told.0) >= PLAIN_LINE_EVERY {
            self.told = now;
            say(&self.line(state, now));
        }
    }

    /// Says how it ended; only removes the bar if there is no solution.
    pub(super) fn end(self, attempts: Option<u64>) {
        self.bar.finish_and_clear();
        if let Some(attempts) = attempts {
            let took = self.seconds(self.clock.steady());
            let (work, rate) = (Si(attempts as f64), Si(attempts as f64 / took));
            say(&format!("solved: {work}attempts in {took:.2} s, {rate}attempts/s"));
        }
    }

    fn line(&self, state: State, now: UnixMillis) -> String {
        format!("{:3} %, {}", 100 * state.shares / self.wanted, self.rate(state, now))
    }

    fn rate(&self, state: State, now: UnixMillis) -> String {
        let rate = state.attempts as f64 / self.seconds(now);
        let to_go = self.expected as f64 * (self.wanted - state.shares) as f64 / self.wanted as f64;
        let left = match to_go / rate {
            seconds if seconds.is_finite() => format!(", about {} left", Rounded(seconds)),
            _ => String::new(),
        };
        format!("{}attempts/s{left}", Si(rate))
    }

    fn seconds(&self, now: UnixMillis) -> f64 {
        // The clock counts milliseconds; an easy challenge takes less than one.
        Duration::from_millis(now.0.saturating_sub(self.began.0).max(1)).as_secs_f64()
    }
}

fn bar(wanted: usize, live: bool) -> ProgressBar {
    let target = if live { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    // A template that cannot be read would leave the default style, which shows the same without the rate.
    let style = ProgressStyle::with_template("{bar:30} {percent:>3} %  {msg}").ok();
    let bar = ProgressBar::with_draw_target(Some(wanted as u64), target);
    match style {
        Some(style) => bar.with_style(style.progress_chars("██░")),
        None => bar,
    }
}

fn say(line: &str) {
    // A closed standard error is not a reason to stop.
    let _ = writeln!(io::stderr(), "{line}");
}

/// A number with the prefix of its size: `4.19 M`, ready for its unit.
struct Si(f64);

impl fmt::Display for Si {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (divisor, prefix) = match self.0 {
            small if small < 1e3 => return write!(formatter, "{small:.0} "),
            thousands if thousands < 1e6 => (1e3, "k"),
            millions if millions < 1e9 => (1e6, "M"),
            _ => (1e9, "G"),
        };
        write!(formatter, "{:.2} {prefix} ", self.0 / divisor)
    }
}

/// An estimate in seconds, without digits that it cannot have.
struct Rounded(f64);

impl fmt::Display for Rounded {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            seconds if seconds < 100.0 => write!(formatter, "{:.0} s", seconds.ceil()),
            seconds => write!(formatter, "{:.0} min", (seconds / 60.0).ceil()),
        }
    }
}

/// In milliseconds: often enough for a log that is being watched.
const PLAIN_LINE_EVERY: u64 = 10_000;

#[cfg(test)]
mod tests {
    use portcullis_clearance::clock::ManualClock;

    use super::*;

    #[test]
    fn the_time_left_follows_from_the_rate_so_far() {
        let clock = ManualClock::new(UnixMillis(1_000));
        let progress = Progress {
            clock: &clock,
            began: clock.steady(),
            wanted: 32,
            expected: 8_000_000,
            bar: bar(32, false),
            told: clock.steady(),
        };
        clock.advance(Duration::from_secs(2));
        let line = |shares, attempts| progress.line(State { shares, attempts }, clock.steady());
        assert_eq!(line(8, 2_000_000), " 25 %, 1.00 M attempts/s, about 6 s left");
        assert_eq!(line(0, 1_000), "  0 %, 500 attempts/s, about 267 min left");
        assert_eq!(line(0, 0), "  0 %, 0 attempts/s");
        assert!(progress.bar.is_hidden(), "nothing is drawn where there is no terminal");
    }
}
