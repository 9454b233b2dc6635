//! One module a story.

mod arrival;
mod page_errors;
