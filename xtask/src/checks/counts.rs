//! Test counts, read from what test runners print.

use std::ops::AddAssign;

/// Tests that passed, failed and were skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u32,
    pub(crate) failed: u32,
    pub(crate) skipped: u32,
}

impl Counts {
    /// Adds up every count in a text: Rust's test harness (natively and in a browser) prints one line a binary, Node's
    /// test runner one line a number.
    pub(crate) fn read(text: &str) -> Self {
        let mut counts = Self::default();
        for line in text.lines() {
            counts += rust_line(line).or_else(|| node_line(line)).unwrap_or_default();
        }
        counts
    }

    /// How many there were in all.
    pub(crate) fn total(self) -> u32 {
        self.passed + self.failed + self.skipped
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

/// `test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.01s`
///
/// What was filtered out was skipped: nothing is filtered but what cannot be run here.
fn rust_line(line: &str) -> Option<Counts> {
    let (_, numbers) = line.trim().strip_prefix("test result: ")?.split_once(". ")?;
    let number = |label: &str| {
        let part = numbers.split("; ").find_map(|part| part.strip_suffix(label))?;
        part.trim().parse().ok()
    };
    let skipped = number("ignored").unwrap_or(0) + number("filtered out").unwrap_or(0);
    Some(Counts { passed: number("passed")?, failed: number("failed")?, skipped })
}

/// `ℹ pass 3`, or `# pass 3` if the output is not a terminal, each alone on its line.
fn node_line(line: &str) -> Option<Counts> {
    let (label, number) = line.strip_prefix("ℹ ").or(line.strip_prefix("# "))?.split_once(' ')?;
    let number = number.parse().ok()?;
    let none = Counts::default();
    match label {
        "pass" => Some(Counts { passed: number, ..none }),
        "fail" | "cancelled" => Some(Counts { failed: number, ..none }),
        "skipped" | "todo" => Some(Counts { skipped: number, ..none }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rust_counts_add_up_over_binaries() {
        let text = "\
            running 3 tests\n\
            test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s\n\
            test result: FAILED. 10 passed; 2 failed; 0 ignored; 0 measured; 5 filtered out; finished in 1.2s\n";
        assert_eq!(Counts::read(text), Counts { passed: 13, failed: 2, skipped: 6 });
    }

    #[test]
    fn browser_counts_are_read_like_native_ones() {
        let text = "test result: ok. 7 passed; 0 failed; 0 ignored; 0 filtered out; finished in 2.51s";
        assert_eq!(Counts::read(text), Counts { passed: 7, failed: 0, skipped: 0 });
    }

    #[test]
    fn node_counts_are_read_in_both_notations() {
        for sign in ["ℹ", "#"] {
            let numbers = ["tests 9", "suites 2", "pass 5", "fail 1", "cancelled 1", "skipped 1", "todo 1"];
            let text: String = numbers.iter().map(|number| format!("{sign} {number}\n")).collect();
            assert_eq!(Counts::read(&text), Counts { passed: 5, failed: 2, skipped: 2 });
        }
    }

    #[test]
    fn other_lines_count_nothing() {
        let text = "12 passed\n# pass the salt\ntest result: unknown\nerror: could not compile";
        assert_eq!(Counts::read(text).total(), 0);
    }
}
