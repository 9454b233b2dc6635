//! One module a story.

mod access;
mod arrival;
mod away;
mod blocked;
mod budget;
mod busy;
mod expiry;
mod ladder;
mod looks;
mod lost_form;
mod page_errors;
mod policy;
mod refusal;
mod renewal;
mod restart;
mod signals;
mod solve_times;
mod standing;
mod tabs;
mod top_up;
mod under_fire;
mod workers;
