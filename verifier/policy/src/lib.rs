//! The operator's policy: what each request is asked for. No I/O except reading its files.
//!
//! # How a request is handled
//!
//! 1. [`facts`] are what a policy is told about a request: [`target`] has the ways to read its path, [`signals`] the
//!    signs of automation in it, and `bot` what would prove which good bot it comes from.
//! 2. [`Policy::decide`] has the index find the [`rule`]s that may hold, and tests the [`condition`]s of each, one of
//!    which may be an [`expression`]; [`databases`] know which autonomous system and country an address belongs to.
//! 3. The [`Decision`] is a rule's [`Action`], or that of the threshold which the weight reaches. A challenge has a
//!    level, whose terms are in `level`.
//!
//! [`explain`] says why a policy decides as it does. `reading` reads a policy from TOML, and refuses a bad one with
//! line and fix.

mod bot;
pub mod condition;
pub mod databases;
pub mod explain;
pub mod expression;
pub mod facts;
mod index;
mod level;
mod policy;
mod reading;
pub mod rule;
pub mod signals;
pub mod target;
mod values;

pub use bot::keys::BotKeys;
pub use bot::{Bot, Domains};
pub use databases::mmdb::{About, Country, Database, DatabaseError};
pub use explain::Explanation;
pub use facts::{Facts, Readings};
pub use level::{BindingScope, LevelTerms};
pub use policy::{Decision, Policy};
pub use portcullis_clearance::Level;
pub use reading::PolicyError;
pub use rule::{Action, Challenged, Rule, WeightThreshold};
pub use signals::reported::ReportedSignals;
pub use signals::{Signal, Signals};

#[cfg(test)]
mod tests;
