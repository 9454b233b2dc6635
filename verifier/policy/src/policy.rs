//! The operator's policy: which request meets which demand.
//!
//! Rules are tried in the order they are written in. A rule holds when every [condition](Condition) in it does.
//!
//! 1. A rule that holds and weighs adds its weight, and the next rule is tried.
//! 2. The first rule that holds and allows or denies decides at once.
//! 3. The first rule that holds and challenges ends the search too, but says the least: the threshold that the weight so
//!    far reaches may ask for more.
//! 4. Where no rule decides, the threshold does; below all thresholds a request is challenged at level 1.
//!
//! What a challenge means depends on how far the gate is lowered: in peace it asks nothing, unless its rule says `always`.
//!
//! # Spellings
//!
//! An origin may read a path otherwise than it is written ([`crate::target`]), and one of two values of a header. So a rule
//! that asks for more holds if *any* reading is meant, and a rule that asks for less (it allows, or its weight is
//! negative) only if *every* reading is. A request that is two things at once gets the worse of both.
//!
//! # Levels
//!
//! What is asked for belongs to the level and not to the rule, so that a token says what was paid for it: a client may ask
//! for the challenge of any level, and the cheapest price of a level is its price.

use std::net::SocketAddr;
use std::path::PathBuf;

use portcullis_admission::Budget;
use portcullis_clearance::Level;

use crate::bot::Bot;
use crate::condition::Condition;
use crate::facts::Facts;
use crate::index::Index;
use crate::level::LevelTerms;
use crate::rule::{Action, Challenged, Rule, Threshold};

/// A policy, read and ready to decide.
#[derive(Debug)]
pub struct Policy {
    pub(crate) rules: Vec<Rule>,
    pub(crate) index: Index,
    /// By rising weight.
    pub(crate) thresholds: Vec<Threshold>,
    /// The terms of level 1, 2 and so on.
    pub(crate) levels: Vec<LevelTerms>,
    pub(crate) ja4_header: Option<http::HeaderName>,
    pub(crate) bots: Vec<Bot>,
    pub(crate) dns_resolver: Option<SocketAddr>,
    /// Every file it was read from.
    pub(crate) sources: Vec<PathBuf>,
}

/// What a policy makes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision<'p> {
    /// What becomes of it.
    pub action: Action,
    /// The rule that says so; `None` where no rule decided, and the weight did.
    pub rule: Option<&'p str>,
    /// What the rules that weigh came to.
    pub weight: i32,
}

impl Policy {
    /// The policy in use where none is configured: right for a site with a login page.
    pub const DEFAULT: &str = include_str!("default.toml");

    /// Decides on a request.
    pub fn decide(&self, facts: &Facts<'_>) -> Decision<'_> {
        let mut walk = self.index.walk(&self.rules, facts);
        self.decide_by(|weight| walk.next(weight))
    }

    /// Decides by the rules that hold, in order; each is found with what those before it weigh.
    pub(crate) fn decide_by<'p>(&'p self, mut next: impl FnMut(i32) -> Option<&'p Rule>) -> Decision<'p> {
        let mut weight = 0_i32;
        while let Some(rule) = next(weight) {
            match rule.action {
                Action::Weigh(more) => weight = weight.saturating_add(more),
                action => return self.decided(action, Some(&rule.name), weight),
            }
        }
        self.decided(Action::Challenge(Challenged::default()), None, weight)
    }

    /// A rule's action, or a challenge where no rule decided, and what the thresholds make of it.
    pub(crate) fn decided<'p>(&self, action: Action, rule: Option<&'p str>, weight: i32) -> Decision<'p> {
        let action = match (action, rule, self.reached(weight)) {
            (Action::Challenge(_), None, Some(threshold)) => threshold.action,
            (Action::Challenge(asked), Some(_), Some(threshold)) => asked.or_more(threshold.action),
            (action, ..) => action,
        };
        Decision { action, rule, weight }
    }

    /// The highest threshold that a weight reaches.
    pub(crate) fn reached(&self, weight: i32) -> Option<Threshold> {
        self.thresholds.iter().rev().find(|threshold| weight >= threshold.weight).copied()
    }

    /// The thresholds, by rising weight.
    pub fn thresholds(&self) -> &[Threshold] {
        &self.thresholds
    }

    /// The level that a weight asks for by itself. Who is to be denied for it, is asked for the highest there is.
    pub fn level_for(&self, weight: i32) -> Level {
        match self.reached(weight).map(|threshold| threshold.action) {
            Some(Action::Challenge(challenged)) => challenged.level,
            Some(Action::Deny) => self.highest(),
            _ => Level::FIRST,
        }
    }

    /// The terms of a level; of the highest, where there are none for it.
    pub fn terms(&self, level: Level) -> LevelTerms {
        self.levels.get(level.index()).or(self.levels.last()).copied().unwrap_or_default()
    }

    /// The highest level there is.
    pub fn highest(&self) -> Level {
        Level::last_of(self.levels.len())
    }

    /// The rules, in order.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// What a token admits of what meets a rule with a budget of its own, for each of them.
    pub fn budgets(&self) -> impl Iterator<Item = Budget> {
        self.rules.iter().filter_map(|rule| match rule.action {
            Action::Challenge(challenged) => challenged.budget,
            _ => None,
        })
    }

    /// How often an expression went wrong, for each rule that has one.
    pub fn expression_failures(&self) -> impl Iterator<Item = (&str, u64)> {
        self.rules.iter().filter_map(|rule| {
            let of = |condition: &Condition| match condition {
                Condition::Expression(expression) => Some(expression.failures()),
                _ => None,
            };
            Some((rule.name.as_str(), rule.conditions.iter().find_map(of)?))
        })
    }

    /// The header that a listed gateway puts a client's JA4 fingerprint in, if one does.
    pub fn ja4_header(&self) -> Option<&http::HeaderName> {
        self.ja4_header.as_ref()
    }

    /// The good bots that rules may name.
    pub fn bots(&self) -> &[Bot] {
        &self.bots
    }

    /// The name server that is asked about bots; `None` for those that the system uses.
    pub fn dns_resolver(&self) -> Option<SocketAddr> {
        self.dns_resolver
    }

    /// Every file it was read from: when one changes, read it again.
    pub fn sources(&self) -> &[PathBuf] {
        &self.sources
    }
}
