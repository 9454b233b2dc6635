//! Solutions: the checks they pass, and why they are refused.

pub mod redeem;
mod redeem_error;

pub use redeem_error::{RedeemError, SubmissionError};
