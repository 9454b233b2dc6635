//! What is logged and counted of requests: what happened, never who.

mod events;
mod metrics;

pub use events::EventLog;
pub use metrics::{Count, Metrics, Tally};
