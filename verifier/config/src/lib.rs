//! Everything that an operator can set. Every key has a safe default; `origin` or `client_ip.trusted_proxies` must be
//! set.
//!
//! * [`Layers`] lays file, environment and flags over each other, parses them, and says where a refused value came
//!   from.
//! * [`Config`] is the result: plain values, each in its range, and none that contradicts another.
//! * `sections` has a file for each section; `values` are the types that values are parsed into.
//!
//! `docs/configuration.md` is for readers.

mod config;
mod load;
mod sections;
mod values;

pub use config::Config;
pub use load::{ConfigError, Layers};
pub use portcullis_admission::{Day, Mode, Scheduled, Setting, WeekTime};
pub use sections::{
    AdminConfig, AdminListen, ChallengeConfig, ClearanceConfig, ClientIpConfig, GateConfig, LimitsConfig, LogConfig,
    LogFormat, LogLevel, PolicyConfig, PressureConfig, RemoteIp, ReplayConfig, SiteverifyConfig, StandingConfig,
    TimeoutsConfig,
};
pub use values::{HostName, Origin};
