//! Logs and counts requests: what happened, never which client it was.

mod events;
mod metrics;

pub use events::EventLog;
pub use metrics::{Count, Metrics, Tally};
