//! The one place that reads the clock: to say how long a step took, and to give up waiting.

use std::fmt;
use std::time::{Duration, Instant};

/// Time since a moment.
#[derive(Clone, Copy)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts measuring.
    #[allow(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// Time since the start.
    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// A duration as people say it: `0.4 s`, `12 s`, `3 min 05 s`.
pub(crate) struct SpokenDuration(pub(crate) Duration);

impl fmt::Display for SpokenDuration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        match seconds {
            0..10 => write!(formatter, "{:.1} s", self.0.as_secs_f64()),
            10..60 => write!(formatter, "{seconds} s"),
            _ => write!(formatter, "{} min {:02} s", seconds / 60, seconds % 60),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_spoken_by_their_size() {
        let spoken = |millis| SpokenDuration(Duration::from_millis(millis)).to_string();
        assert_eq!(spoken(430), "0.4 s");
        assert_eq!(spoken(12_900), "12 s");
        assert_eq!(spoken(185_000), "3 min 05 s");
    }
}
