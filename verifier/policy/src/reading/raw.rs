//! The keys of a policy, as they are written.

use std::path::PathBuf;

use portcullis_admission::WeekTime;
use serde::Deserialize;
use toml::Spanned;

use super::bots::RawBot;
use crate::level::BindingScope;

/// A whole policy.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPolicy {
    pub(super) ja4_header: Option<String>,
    pub(super) asn_database: Option<PathBuf>,
    pub(super) country_database: Option<PathBuf>,
    pub(super) dns_resolver: Option<String>,
    #[serde(default)]
    pub(super) bot: Vec<Spanned<RawBot>>,
    #[serde(default)]
    pub(super) level: Vec<Spanned<RawLevel>>,
    #[serde(default)]
    pub(super) threshold: Vec<Spanned<RawThreshold>>,
    #[serde(default)]
    pub(super) rule: Vec<Spanned<RawRule>>,
}

/// `[[level]]`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLevel {
    pub(super) level: u8,
    pub(super) difficulty: f64,
    pub(super) lifetime: Option<String>,
    #[serde(default)]
    pub(super) binding: BindingScope,
}

/// `[[threshold]]`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawThreshold {
    pub(super) weight: i32,
    pub(super) action: RawAction,
    pub(super) level: Option<u8>,
    pub(super) always: Option<bool>,
    pub(super) fail: Option<RawFail>,
}

/// `[[rule]]`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRule {
    pub(super) name: String,
    pub(super) action: RawAction,
    pub(super) level: Option<u8>,
    pub(super) always: Option<bool>,
    pub(super) fail: Option<RawFail>,
    pub(super) weight: Option<i32>,
    pub(super) budget: Option<RawBudget>,

    pub(super) method: Option<Vec<String>>,
    pub(super) host: Option<Vec<String>>,
    pub(super) path: Option<Vec<String>>,
    pub(super) path_regex: Option<Vec<String>>,
    pub(super) user_agent: Option<Vec<String>>,
    pub(super) header: Option<toml::Table>,
    pub(super) network: Option<Vec<String>>,
    pub(super) network_file: Option<Vec<PathBuf>>,
    pub(super) ja4: Option<Vec<String>>,
    pub(super) signal: Option<Vec<String>>,
    pub(super) bot: Option<Vec<String>>,
    pub(super) asn: Option<Vec<u32>>,
    pub(super) country: Option<Vec<String>>,
    pub(super) time: Option<Vec<WeekTime>>,
    pub(super) expression: Option<String>,
}

/// `action`
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum RawAction {
    Allow,
    Deny,
    Challenge,
    Weigh,
}

/// `fail`
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum RawFail {
    Open,
    Closed,
}

/// `budget`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawBudget {
    pub(super) requests: u32,
    pub(super) refill: String,
}
