//! Solutions: the checks they pass, why they are refused, and which have been redeemed.

pub mod claims;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
pub mod redeem;
mod redeem_error;
pub mod replay_store;

pub use claims::{Claim, ClaimError, ClaimKey, Claiming, Claims};
pub use redeem_error::{RedeemError, SubmissionError};
