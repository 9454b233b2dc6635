//! Facts about addresses, from published files.

pub mod asn;
pub(crate) mod matcher_data;
pub mod mmdb;
#[cfg(test)]
pub(crate) mod writer;
