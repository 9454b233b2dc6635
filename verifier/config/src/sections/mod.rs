//! One file a section.

mod admin;
mod bounds;
mod challenge;
mod clearance;
mod client_ip;
mod gate;
mod log;
mod policy;
mod pressure;
mod siteverify;
mod standing;

pub use admin::{AdminConfig, AdminListen};
pub use bounds::{LimitsConfig, ReplayConfig, TimeoutsConfig};
pub use challenge::ChallengeConfig;
pub use clearance::ClearanceConfig;
pub use client_ip::ClientIpConfig;
pub use gate::GateConfig;
pub use log::{LogConfig, LogFormat, LogLevel};
pub use policy::PolicyConfig;
pub use pressure::PressureConfig;
pub use siteverify::{RemoteIp, SiteverifyConfig};
pub use standing::StandingConfig;
