//! One module a story.

mod arrival;
mod away;
mod blocked;
mod expiry;
mod page_errors;
mod refusal;
mod renewal;
mod restart;
mod tabs;
mod workers;
