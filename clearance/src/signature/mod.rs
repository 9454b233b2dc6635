//! The two libraries that verify signatures, each behind its feature.
//!
//! They are called directly. jsonwebtoken would ask a provider that is chosen for the whole process, by features that any
//! crate of the program can switch on; where there are none, or two, it panics at the first token.

#[cfg(feature = "aws-lc-rs")]
mod aws_lc;
#[cfg(all(feature = "rust-crypto", not(feature = "aws-lc-rs")))]
mod rust_crypto;

#[cfg(feature = "aws-lc-rs")]
pub(crate) use aws_lc::Key;
#[cfg(all(feature = "rust-crypto", not(feature = "aws-lc-rs")))]
pub(crate) use rust_crypto::Key;
