//! How far a search is, on standard error: one line that changes on a terminal, a few lines elsewhere.

use std::fmt;
use std::io::{self, Write as _};
use std::num::NonZeroUsize;
use std::time::Duration;

use portcullis::clock::Clock;
use portcullis_challenge::{Fields, UnixMillis};

use super::search::State;

/// Tells how far one search is.
pub(super) struct Progress<'a> {
    clock: &'a dyn Clock,
    began: UnixMillis,
    wanted: usize,
    expected: u64,
    live: bool,
    told: UnixMillis,
}

impl<'a> Progress<'a> {
    /// Says what is going to be done. `live` is for terminals: a line that is written over.
    pub(super) fn begin(fields: &Fields, threads: NonZeroUsize, live: bool, clock: &'a dyn Clock) -> Self {
        let (expected, began) = (u64::from(fields.difficulty().attempts()), clock.steady());
        let wanted = usize::from(fields.shares.count());
        let work = Si(expected as f64);
        let threads = if threads.get() == 1 { "1 thread".to_owned() } else { format!("{threads} threads") };
        say(&format!("solving: {wanted} shares, about {work}attempts, on {threads}"));
        Self { clock, began, wanted, expected, live, told: began }
    }

    /// Says how far the search is, if it is time to.
    pub(super) fn show(&mut self, state: State) {
        let now = self.clock.steady();
        if self.live {
            // Nobody reads standard error: no reason to stop.
            let _ = write!(io::stderr(), "\r\x1b[K{}", self.line(state, now)).and_then(|()| io::stderr().flush());
        } else if now.0.saturating_sub(self.told.0) >= PLAIN_LINE_EVERY {
            self.told = now;
            say(&self.line(state, now));
        }
    }

    /// Says what came of it; nothing but a clean line when there is no solution.
    pub(super) fn end(self, attempts: Option<u64>) {
        if self.live {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
        if let Some(attempts) = attempts {
            let took = self.seconds(self.clock.steady());
            say(&format!(
                "solved: {}attempts in {took:.2} s, {}attempts/s",
                Si(attempts as f64),
                Si(attempts as f64 / took)
            ));
        }
    }

    fn line(&self, state: State, now: UnixMillis) -> String {
        let percent = 100 * state.shares / self.wanted;
        let rate = state.attempts as f64 / self.seconds(now);
        let to_go = self.expected as f64 * (self.wanted - state.shares) as f64 / self.wanted as f64;
        let left = match to_go / rate {
            seconds if seconds.is_finite() => format!(", about {} left", Rounded(seconds)),
            _ => String::new(),
        };
        format!("{percent:3} %, {}attempts/s{left}", Si(rate))
    }

    fn seconds(&self, now: UnixMillis) -> f64 {
        // The clock counts milliseconds; an easy challenge takes less than one.
        Duration::from_millis(now.0.saturating_sub(self.began.0).max(1)).as_secs_f64()
    }
}

fn say(line: &str) {
    // As above.
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

/// Seconds to come, which nobody knows to the millisecond.
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
    use portcullis::clock::ManualClock;

    use super::*;

    #[test]
    fn the_time_left_follows_from_the_rate_so_far() {
        let clock = ManualClock::new(UnixMillis(1_000));
        let progress = Progress {
            clock: &clock,
            began: clock.steady(),
            wanted: 32,
            expected: 8_000_000,
            live: false,
            told: clock.steady(),
        };
        clock.advance(Duration::from_secs(2));
        let line = |shares, attempts| progress.line(State { shares, attempts }, clock.steady());
        assert_eq!(line(8, 2_000_000), " 25 %, 1.00 M attempts/s, about 6 s left");
        assert_eq!(line(0, 1_000), "  0 %, 500 attempts/s, about 267 min left");
        assert_eq!(line(0, 0), "  0 %, 0 attempts/s");
    }
}
