//! Sets of rules, by their places in a policy.

/// A set of rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    /// The empty set, with room for this many.
    pub(super) fn none(rules: usize) -> Self {
        Self(vec![0; rules.div_ceil(64)])
    }

    /// All of this many.
    pub(super) fn all(rules: usize) -> Self {
        let mut all = Self::none(rules);
        (0..rules).for_each(|rule| all.insert(rule as u32));
        all
    }

    pub(super) fn insert(&mut self, rule: u32) {
        self.0[rule as usize / 64] |= 1 << (rule % 64);
    }

    pub(super) fn remove(&mut self, rule: u32) {
        self.0[rule as usize / 64] &= !(1 << (rule % 64));
    }

    pub(super) fn extend(&mut self, rules: &[u32]) {
        rules.iter().for_each(|rule| self.insert(*rule));
    }

    pub(super) fn contains(&self, rule: usize) -> bool {
        self.0[rule / 64] & 1 << (rule % 64) != 0
    }

    /// The first from a place on.
    pub(super) fn first_from(&self, place: usize) -> Option<usize> {
        let mut word = place / 64;
        let mut bits = self.0.get(word)? & u64::MAX << (place % 64);
        while bits == 0 {
            word += 1;
            bits = *self.0.get(word)?;
        }
        Some(word * 64 + bits.trailing_zeros() as usize)
    }

    pub(super) fn become_like(&mut self, other: &Self) {
        self.0.copy_from_slice(&other.0);
    }

    pub(super) fn clear(&mut self) {
        self.0.fill(0);
    }

    /// Keeps what is also in `other`.
    pub(super) fn keep(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(word, other)| *word &= other);
    }

    /// Adds what is in `other`.
    pub(super) fn add(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(word, other)| *word |= other);
    }

    /// Adds what is in both `most` and `every`, and what is in `some` but not in `every`.
    pub(super) fn add_chosen(&mut self, every: &Self, most: &Self, some: &Self) {
        for (place, word) in self.0.iter_mut().enumerate() {
            *word |= most.0[place] & every.0[place] | some.0[place] & !every.0[place];
        }
    }
}
