//! How many attempts fill a slice of time on this device.

/// Adapts the attempts of a slice to the time the slices before it took.
///
/// Browsers round their clocks, some to 100 ms, so one slice may seem to have taken no time or several times too much.
/// Each slice therefore changes the pace by a factor of [`Pace::STEP`] at most, and such errors even out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    attempts_per_milli: f64,
}

impl Pace {
    /// The most the pace changes from one slice to the next.
    const STEP: f64 = 2.0;

    /// Slow enough that the first slice is short on an old phone; a fast device reaches its own pace within five slices.
    pub(crate) const fn unknown() -> Self {
        Self { attempts_per_milli: 500.0 }
    }

    /// How many attempts take about `millis` milliseconds: at least one.
    pub(crate) fn attempts(self, millis: f64) -> u32 {
        // The cast saturates, and takes what is not a number for zero.
        ((self.attempts_per_milli * millis) as u32).max(1)
    }

    /// Learns that `attempts` took `millis` milliseconds.
    pub(crate) fn observe(&mut self, attempts: u64, millis: f64) {
        if attempts == 0 {
            return;
        }
        // No time at all makes an infinite rate, which the bounds turn into the next step up. (Not `clamp`: its panic
        // message would bring the formatting of floating-point numbers into the module, a fifth of its bytes.)
        let measured = attempts as f64 / millis.max(0.0);
        let (slowest, fastest) = (self.attempts_per_milli / Self::STEP, self.attempts_per_milli * Self::STEP);
        self.attempts_per_milli = measured.max(slowest).min(fastest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reaches_the_pace_of_the_device_in_a_few_slices() {
        for attempts_per_milli in [100.0, 1_000.0, 20_000.0] {
            let mut pace = Pace::unknown();
            for _ in 0..6 {
                let attempts = pace.attempts(30.0);
                pace.observe(u64::from(attempts), f64::from(attempts) / attempts_per_milli);
            }
            assert!((pace.attempts(30.0) as f64 / (30.0 * attempts_per_milli) - 1.0).abs() < 0.05, "{pace:?}");
        }
    }

    #[test]
    fn a_clock_of_100_ms_keeps_slices_within_bounds() {
        let mut pace = Pace::unknown();
        let mut elapsed = 0.0;
        for slice in 0..10_000 {
            let attempts = pace.attempts(30.0);
            let took = f64::from(attempts) / 10_000.0;
            assert!(slice < 10 || (1.0..=300.0).contains(&took), "slice {slice} took {took} ms");
            let rounded = |millis: f64| (millis / 100.0).floor() * 100.0;
            pace.observe(u64::from(attempts), rounded(elapsed + took) - rounded(elapsed));
            elapsed += took;
        }
    }

    #[test]
    fn no_slice_is_empty_and_none_teaches_nonsense() {
        let mut pace = Pace::unknown();
        let expected = pace.attempts(30.0);
        pace.observe(0, 0.0);
        pace.observe(0, 1_000.0);
        assert_eq!(pace.attempts(30.0), expected);
        for _ in 0..100 {
            pace.observe(1, 1e9);
        }
        assert_eq!(pace.attempts(30.0), 1);
        assert_eq!(pace.attempts(f64::NAN), 1);
    }
}
