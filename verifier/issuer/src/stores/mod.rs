//! Where it is kept what has been redeemed: the contract of a store, the tests that every one passes, and the one in
//! memory.

pub mod claims;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
pub mod replay_store;

pub use claims::{Claim, ClaimError, ClaimKey, Claiming, Claims};
