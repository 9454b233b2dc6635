//! Solutions: the checks they pass, why they are refused, and which have been redeemed.

pub mod claims;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
pub mod redeem;
mod refusal;
pub mod replay_store;

pub use claims::{Claim, ClaimKey, Claiming, Claims, Unclaimed};
pub use refusal::{MalformedPart, Refusal};
