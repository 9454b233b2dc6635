//! Regular expressions of many rules, all searched for at once.

use regex::bytes::{Regex, RegexSet, RegexSetBuilder};

use super::bits::Bits;
use crate::condition::MOST_SEARCHED;

/// Regular expressions of many rules.
#[derive(Debug)]
pub(super) struct Patterns {
    set: RegexSet,
    /// The rule of each.
    rules: Vec<u32>,
    /// Rules that ask for more: for them, a text that is too long to be searched counts as found.
    asking: Vec<u32>,
}

impl Patterns {
    /// `None` if they are too large together.
    pub(super) fn new(patterns: &[(u32, &Regex)], any_case: bool, every: &Bits) -> Option<Self> {
        let texts = patterns.iter().map(|(_, pattern)| pattern.as_str());
        let set = RegexSetBuilder::new(texts).case_insensitive(any_case).size_limit(MOST_BYTES).build().ok()?;
        let rules: Vec<u32> = patterns.iter().map(|(rule, _)| *rule).collect();
        let asking = rules.iter().copied().filter(|rule| !every.contains(*rule as usize)).collect();
        Some(Self { set, rules, asking })
    }

    /// Those of which one is found in a text.
    pub(super) fn find(&self, text: &[u8], hits: &mut Bits) {
        if text.len() > MOST_SEARCHED {
            return hits.extend(&self.asking);
        }
        self.set.matches(text).iter().for_each(|pattern| hits.insert(self.rules[pattern]));
    }
}

/// Compiled, all together.
const MOST_BYTES: usize = 64 << 20;
