//! What is logged and counted of requests: what happened, never who.

mod events;
mod metrics;

pub(crate) use events::EventLog;
pub(crate) use metrics::{Count, Tally};
