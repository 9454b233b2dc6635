//! The operator's policy: what each request is asked for.
//!
//! Rules are tried in the order in which they are written. A rule holds when every [condition](Condition) in it does.
//!
//! 1. A rule that holds and weighs adds its weight, and the next rule is tried.
//! 2. The first rule that holds and allows or denies decides at once.
//! 3. The first rule that holds and challenges ends the search too, but sets only the minimum: the threshold that the
//!    weight so far reaches may ask for more.
//! 4. If no rule decides, the threshold does; below all thresholds a request is challenged at level 1.
//!
//! What a challenge means depends on how far the gate is lowered: a raised gate asks for nothing, unless the rule says
//! `always`.
//!
//! # Spellings
//!
//! An origin may read a path in another way than it is written ([`crate::target`]), and either of two values of a
//! header. So a rule that asks for more holds if *any* reading matches, and a rule that asks for less (it allows, or
//! its weight is negative) only if *every* reading does. A request that can be read in two ways gets the stricter
//! result.
//!
//! # Levels
//!
//! What is asked for belongs to the level and not to the rule, so that a token shows what was paid for it: a client may
//! ask for a challenge of any level, and a token of a level cannot be had for less.

use std::net::SocketAddr;
use std::path::PathBuf;

use portcullis_admission::Budget;
use portcullis_clearance::Level;

use crate::bot::Bot;
use crate::condition::Condition;
use crate::facts::Facts;
use crate::index::Index;
use crate::level::LevelTerms;
use crate::rule::{Action, Challenged, Rule, WeightThreshold};

/// A policy, read and ready to decide.
#[derive(Debug)]
pub struct Policy {
    pub(crate) rules: Vec<Rule>,
    pub(crate) index: Index,
    /// By rising weight.
    pub(crate) thresholds: Vec<WeightThreshold>,
    /// The terms of level 1, 2 and so on.
    pub(crate) levels: Vec<LevelTerms>,
    pub(crate) ja4_header: Option<http::HeaderName>,
    pub(crate) bots: Vec<Bot>,
    pub(crate) dns_resolver: Option<SocketAddr>,
    /// Every file it was read from.
    pub(crate) sources: Vec<PathBuf>,
}

/// What a policy decides about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision<'p> {
    /// What becomes of the request.
    pub action: Action,
    /// The rule that decided; `None` if no rule did, and the weight decided.
    pub rule: Option<&'p str>,
    /// The sum of the weights of rules that weigh.
    pub weight: i32,
}

impl Policy {
    /// The policy in use if none is configured: right for a site with a login page.
    pub const DEFAULT: &str = include_str!("default.toml");

    /// Decides on a request.
    pub fn decide(&self, facts: &Facts<'_>) -> Decision<'_> {
        let mut walk = self.index.walk(&self.rules, facts);
        self.decide_by(|weight| walk.next(weight))
    }

    /// Decides by the rules that hold, in order; each comes with the weight of those before it.
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

    /// A rule's action, or a challenge if no rule decided, raised by the thresholds.
    pub(crate) fn decided<'p>(&self, action: Action, rule: Option<&'p str>, weight: i32) -> Decision<'p> {
        let action = match (action, rule, self.reached(weight)) {
            (Action::Challenge(_), None, Some(threshold)) => threshold.action,
            (Action::Challenge(asked), Some(_), Some(threshold)) => asked.or_more(threshold.action),
            (action, ..) => action,
        };
        Decision { action, rule, weight }
    }

    /// The highest threshold that a weight reaches.
    pub(crate) fn reached(&self, weight: i32) -> Option<WeightThreshold> {
        self.thresholds.iter().rev().find(|threshold| weight >= threshold.weight).copied()
    }

    /// The thresholds, by rising weight.
    pub fn thresholds(&self) -> &[WeightThreshold] {
        &self.thresholds
    }

    /// The level that a weight asks for by itself. If it would be denied, this is the highest level.
    pub fn level_for(&self, weight: i32) -> Level {
        match self.reached(weight).map(|threshold| threshold.action) {
            Some(Action::Challenge(challenged)) => challenged.level,
            Some(Action::Deny) => self.highest(),
            _ => Level::FIRST,
        }
    }

    /// The terms of a level; those of the highest, if it has none.
    pub fn terms(&self, level: Level) -> LevelTerms {
        self.levels.get(level.index()).or(self.levels.last()).copied().unwrap_or_default()
    }

    /// The highest level.
    pub fn highest(&self) -> Level {
        Level::last_of(self.levels.len())
    }

    /// The rules, in order.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// What a token admits of the requests that match a rule with a budget of its own, for each such rule.
    pub fn budgets(&self) -> impl Iterator<Item = Budget> {
        self.rules.iter().filter_map(|rule| match rule.action {
            Action::Challenge(challenged) => challenged.budget,
            _ => None,
        })
    }

    /// How often an expression failed, for each rule that has one.
    pub fn expression_failures(&self) -> impl Iterator<Item = (&str, u64)> {
        self.rules.iter().filter_map(|rule| {
            let of = |condition: &Condition| match condition {
                Condition::Expression(expression) => Some(expression.failures()),
                _ => None,
            };
            Some((rule.name.as_str(), rule.conditions.iter().find_map(of)?))
        })
    }

    /// The header in which a listed gateway states a client's JA4 fingerprint, if one does.
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
