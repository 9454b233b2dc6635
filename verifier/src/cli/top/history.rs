//! The last minutes of a few rates.

use std::collections::VecDeque;

use portcullis_admin::Status;

use super::facts;

/// What was seen since the start, as far as it is drawn.
#[derive(Debug, Default)]
pub(super) struct History {
    /// Requests a second.
    pub(super) asked: Series,
    /// Requests a second that went on.
    pub(super) passed: Series,
    /// Solutions a second.
    pub(super) solved: Series,
    /// The strain.
    pub(super) strain: Series,
}

impl History {
    /// Adds what is seen now.
    pub(super) fn add(&mut self, status: &Status) {
        let pressure = &status.pressure;
        self.asked.add(facts::asked(pressure));
        self.passed.add(pressure.passed);
        self.solved.add(pressure.solved);
        self.strain.add(pressure.strain);
    }
}

/// One value over time.
#[derive(Debug, Default)]
pub(super) struct Series(VecDeque<f64>);

impl Series {
    fn add(&mut self, value: f64) {
        if self.0.len() == LONGEST {
            self.0.pop_front();
        }
        self.0.push_back(value);
    }

    /// The last values in hundredths, `width` of them at most: sparklines take whole numbers.
    pub(super) fn hundredths(&self, width: usize) -> Vec<u64> {
        let shown = self.0.iter().skip(self.0.len().saturating_sub(width));
        shown.map(|value| (value * 100.0).round() as u64).collect()
    }
}

/// Four minutes, and more columns than most terminals have.
const LONGEST: usize = 240;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_values_are_kept_and_small_rates_are_not_lost() {
        let mut series = Series::default();
        for value in [1000.0, 0.0, 0.25, 50.0, 100.0] {
            series.add(value);
        }
        assert_eq!(series.hundredths(4), [0, 25, 5_000, 10_000]);
        assert_eq!(series.hundredths(100).len(), 5);
        for _ in 0..1000 {
            series.add(1.0);
        }
        assert_eq!(series.hundredths(1000).len(), LONGEST);
    }
}
