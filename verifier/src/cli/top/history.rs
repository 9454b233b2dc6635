//! The last minutes of a few rates, drawn as bars of a character each.

use std::collections::VecDeque;

use portcullis::admin::Status;

/// What was seen since the start, as far as it is drawn.
#[derive(Debug, Default)]
pub(super) struct History {
    /// Requests a second.
    pub(super) asked: Series,
    /// Requests a second that went on.
    pub(super) passed: Series,
    /// Solutions a second.
    pub(super) solved: Series,
}

impl History {
    /// Adds what is seen now.
    pub(super) fn add(&mut self, status: &Status) {
        let pressure = &status.pressure;
        self.asked.add(pressure.asked_new + pressure.asked_returning + pressure.asked_cleared);
        self.passed.add(pressure.passed);
        self.solved.add(pressure.solved);
    }
}

/// One rate.
#[derive(Debug, Default)]
pub(super) struct Series(VecDeque<f64>);

impl Series {
    fn add(&mut self, value: f64) {
        if self.0.len() == LONGEST {
            self.0.pop_front();
        }
        self.0.push_back(value);
    }

    /// The last values as a bar each, the highest of them as a full one; at most `width` characters.
    pub(super) fn bars(&self, width: usize) -> String {
        let shown = self.0.iter().skip(self.0.len().saturating_sub(width));
        let most = shown.clone().copied().fold(1.0, f64::max);
        // Of the length at most.
        let bar = |value: &f64| BARS[((value / most * 8.0).ceil() as usize).min(8)];
        shown.map(bar).collect()
    }
}

const BARS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const LONGEST: usize = 240;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_values_are_drawn_by_the_highest_of_them() {
        let mut series = Series::default();
        for value in [1000.0, 0.0, 1.0, 50.0, 100.0] {
            series.add(value);
        }
        assert_eq!(series.bars(4), " ▁▄█");
        assert_eq!(series.bars(100).chars().count(), 5);
        for _ in 0..1000 {
            series.add(1.0);
        }
        assert_eq!(series.bars(1000).chars().count(), LONGEST);
    }
}
