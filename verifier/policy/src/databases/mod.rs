//! What is known of addresses, from files that somebody publishes.

pub mod asn;
pub(crate) mod matcher_data;
pub mod mmdb;
#[cfg(test)]
pub(crate) mod writer;
