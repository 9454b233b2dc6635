//! Signals as the challenge page reports them, and what a solution shows by itself.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};

use super::{Signal, Signals};

/// The signals that a page reported with its solution.
///
/// Unknown names are ignored: pages and verifiers differ in age. So are names that a page cannot report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReportedSignals(pub Signals);

impl Signals {
    /// The signals of a solution that takes this many compressions of SHA-256 on average, has this many shares, and
    /// took this many milliseconds from issuing its challenge to redeeming it.
    pub fn in_solution(compressions: u64, shares: u8, milliseconds: u64) -> Self {
        let possible = milliseconds.max(1).saturating_mul(MOST_A_MILLISECOND);
        // With few shares, luck could do it.
        let impossible = shares >= ENOUGH_SHARES && compressions > possible;
        impossible.then_some(Signal::ImpossibleSolveTime).into_iter().collect()
    }
}

impl<'de> Deserialize<'de> for ReportedSignals {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;
        impl<'de> Visitor<'de> for Names {
            type Value = ReportedSignals;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "at most {MOST_NAMES} names of signals")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut names: A) -> Result<ReportedSignals, A::Error> {
                let mut reported = Signals::default();
                let mut count = 0;
                while let Some(name) = names.next_element::<Cow<'de, str>>()? {
                    count += 1;
                    if count > MOST_NAMES || name.len() > LONGEST_NAME {
                        return Err(A::Error::custom("too many signals, or too long ones"));
                    }
                    Signal::named(&name)
                        .filter(|signal| signal.is_of_page())
                        .into_iter()
                        .for_each(|one| reported.raise(one));
                }
                Ok(ReportedSignals(reported))
            }
        }
        deserializer.deserialize_seq(Names)
    }
}

/// More than any page reports.
const MOST_NAMES: usize = 32;
const LONGEST_NAME: usize = 64;
/// Compressions: four times what the largest number of workers that a page starts do on the fastest processor.
const MOST_A_MILLISECOND: u64 = 1_000_000;
/// This many shares take less than half of the expected work once in a hundred times; less than a quarter, five times
/// in a million.
const ENOUGH_SHARES: u8 = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_that_are_known_and_a_pages() {
        for (json, names) in [
            ("[]", &[][..]),
            (r#"["webdriver","no-languages"]"#, &["webdriver", "no-languages"]),
            (r#"["impossible-solve-time"]"#, &["impossible-solve-time"]),
            (r#"["no-user-agent","http-library","of-tomorrow","\u0077ebdriver"]"#, &["webdriver"]),
        ] {
            let ReportedSignals(reported) = serde_json::from_str(json).unwrap();
            assert!(reported.iter().map(Signal::name).eq(names.iter().copied()), "{json}");
        }
        for json in
            [format!("[\"{}\"]", "x".repeat(65)), format!("[{}\"x\"]", "\"x\",".repeat(32)), "[1]".into(), "{}".into()]
        {
            assert!(serde_json::from_str::<ReportedSignals>(&json).is_err(), "{json}");
        }
    }

    #[test]
    fn no_browser_is_faster_than_a_billion_attempts_a_second() {
        let raised = |compressions, shares, milliseconds| {
            Signals::in_solution(compressions, shares, milliseconds) != Signals::default()
        };
        assert!(!raised(1_500_000, 32, 2) && raised(1_500_000, 32, 1) && raised(1_500_000, 32, 0));
        assert!(!raised(1_500_000, 1, 0));
        assert!(!raised(1 << 30, 32, 5_000) && raised(1 << 30, 32, 50));
        assert!(!raised(u64::MAX, 64, u64::MAX));
    }
}
