//! The result of the checks: a line for each part, then the one line that machines read.

use std::fmt;
use std::time::Duration;

use super::counts::Counts;
use crate::clock::SpokenDuration;

/// How a part ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Passed,
    Failed,
}

/// One part, after it ran.
#[derive(Clone)]
pub(super) struct Report {
    pub(super) part: String,
    pub(super) outcome: Outcome,
    pub(super) counts: Counts,
    pub(super) elapsed: Duration,
    pub(super) note: String,
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcome = match self.outcome {
            Outcome::Passed => "passed",
            Outcome::Failed => "FAILED",
        };
        let time = SpokenDuration(self.elapsed).to_string();
        let counts = if self.counts.total() == 0 { String::new() } else { spoken(self.counts) };
        let line = format!("  {:<11}{outcome:<8}{time:>11}   {counts:<32}{}", self.part, self.note);
        formatter.write_str(line.trim_end())
    }
}

/// All tests of all parts. A part that failed without a failed test (a warning, a program that did not compile) counts as
/// one failed, so that the last line never says `0 failed` of a failed run.
pub(super) fn total(reports: &[Report]) -> Counts {
    let mut total = Counts::default();
    for report in reports {
        total += report.counts;
        if report.outcome == Outcome::Failed && report.counts.failed == 0 {
            total.failed += 1;
        }
    }
    total
}

/// `12 passed, 0 failed`, and the skipped ones if there are any.
pub(super) fn spoken(counts: Counts) -> String {
    let Counts { passed, failed, skipped } = counts;
    let rest = if skipped == 0 { String::new() } else { format!(", {skipped} skipped") };
    format!("{passed} passed, {failed} failed{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(outcome: Outcome, passed: u32, failed: u32, skipped: u32) -> Report {
        let counts = Counts { passed, failed, skipped };
        Report { part: "unit".into(), outcome, counts, elapsed: Duration::from_secs(12), note: String::new() }
    }

    #[test]
    fn the_last_line_counts_tests_and_names_skipped_ones_only_when_there_are_any() {
        let all_good = [report(Outcome::Passed, 5, 0, 0), report(Outcome::Passed, 0, 0, 0)];
        assert_eq!(spoken(total(&all_good)), "5 passed, 0 failed");
        assert_eq!(spoken(total(&[report(Outcome::Failed, 5, 2, 1)])), "5 passed, 2 failed, 1 skipped");
    }

    #[test]
    fn a_part_that_failed_without_counting_is_one_failure() {
        assert_eq!(spoken(total(&[report(Outcome::Failed, 0, 0, 0)])), "0 passed, 1 failed");
    }

    #[test]
    fn a_part_has_one_line_with_its_time() {
        let line = report(Outcome::Passed, 5, 0, 0).to_string();
        assert_eq!(line, "  unit       passed         12 s   5 passed, 0 failed");
    }
}
