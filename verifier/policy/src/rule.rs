//! Rules, and what they do.

use std::time::Duration;

use portcullis_admission::{Allowance, Budget};
use portcullis_clearance::Level;

use crate::condition::Condition;
use crate::facts::{Facts, Readings};

/// One rule.
#[derive(Debug)]
pub struct Rule {
    /// Its name: unique, in kebab-case.
    pub name: String,
    /// What becomes of a request for which it holds.
    pub action: Action,
    /// All must hold. None: the rule holds for every request.
    pub conditions: Vec<Condition>,
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It passes without being asked for anything. While the gate is lowered, at most this many from each network do;
    /// the rest is challenged at level 1.
    Allow(Option<Allowance>),
    /// It is refused.
    Deny,
    /// Its client is asked for what the mode asks for.
    Challenge(Challenged),
    /// This is added to its weight, and the next rule is tried.
    Weigh(i32),
}

/// The terms of a challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Challenged {
    /// The level at which a token must have been earned.
    pub level: Level,
    /// Whether work is asked for in every mode.
    pub always: bool,
    /// Whether the request passes when there is no room here to redeem a solution or to count a token.
    pub fail_open: bool,
    /// What a token admits of these requests. `None`: they count with all others.
    pub budget: Option<Budget>,
}

impl Default for Challenged {
    fn default() -> Self {
        Self { level: Level::FIRST, always: false, fail_open: false, budget: None }
    }
}

impl Challenged {
    /// This challenge, or what a threshold asks for if that is more.
    #[must_use]
    pub fn or_more(self, threshold: Action) -> Action {
        match threshold {
            Action::Deny => Action::Deny,
            Action::Challenge(more) => Action::Challenge(Self {
                level: self.level.max(more.level),
                always: self.always || more.always,
                fail_open: self.fail_open && more.fail_open,
                budget: self.budget,
            }),
            Action::Allow(_) | Action::Weigh(_) => Action::Challenge(self),
        }
    }
}

/// What becomes of requests from a certain weight on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeightThreshold {
    /// The weight from which it applies.
    pub weight: i32,
    /// What then happens. Never [`Action::Weigh`].
    pub action: Action,
}

impl Rule {
    /// Whether it holds for a request whose weight so far is `weight`.
    pub fn holds(&self, facts: &Facts<'_>, weight: i32) -> bool {
        let readings = self.readings();
        self.conditions.iter().all(|condition| condition.holds(facts, readings, weight))
    }

    /// The readings of a request for which it must hold.
    pub fn readings(&self) -> Readings {
        match self.action {
            Action::Allow(_) => Readings::Every,
            Action::Weigh(weight) if weight < 0 => Readings::Every,
            _ => Readings::Any,
        }
    }
}

/// The most that a network can be allowed at once, and the longest it waits for one more.
pub(crate) const MOST_ALLOWED: u32 = 1_000_000;
pub(crate) const LONGEST_REFILL: Duration = Duration::from_secs(24 * 60 * 60);
