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

pub use admin::{AdminListen, AdminTerms};
pub use bounds::{Limits, Replay, Timeouts};
pub use challenge::ChallengeTerms;
pub use clearance::ClearanceTerms;
pub use client_ip::ClientIpRules;
pub use gate::Gate;
pub use log::{Log, LogFormat, LogLevel};
pub use policy::PolicyTerms;
pub use pressure::PressureTerms;
pub use siteverify::{RemoteIp, SiteverifyTerms};
pub use standing::StandingTerms;
