//! Solutions: the checks they pass, why they are refused, and which have been redeemed.

pub mod redeem;
mod refusal;
pub mod replay_store;

pub use refusal::{MalformedPart, Refusal};
