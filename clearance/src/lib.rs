//! Clearance: whether the token a client shows admits it. The gate asks here, and so can any service, in its own process,
//! with the public keys alone: who can verify cannot sign.
//!
//! ```
//! # fn routes() -> axum::Router { axum::Router::new() }
//! # fn build(jwk_set: &str) -> Result<axum::Router, Box<dyn std::error::Error>> {
//! use portcullis_clearance::{ClearanceLayer, PublicKeys, TokenVerifier};
//!
//! let tokens = TokenVerifier::new("portcullis", PublicKeys::from_jwk_set(jwk_set)?);
//! let service = routes().layer(ClearanceLayer::new(tokens));
//! # Ok(service)
//! # }
//! ```
//!
//! # A request's walk
//!
//! 1. [`visitor`] reads who is asking: address, [`network`], host, with forwarded headers from listed gateways alone.
//! 2. [`cookie`] finds the token, [`token`] says what it may look like and claim, at which [`level`].
//! 3. [`verify`] checks it against [`keys`], its signature in [`jws`], and remembers what it has verified: a token costs its signature once.
//! 4. [`layer`] puts the three in front of a tower service.
//!
//! Time comes from [`clock`], and from nowhere else.
//!
//! # Features
//!
//! Choose `rust-crypto` (no C) or `aws-lc-rs` (seven times as fast at ES256) to verify signatures; `axum` for the extractor.

pub mod clock;
pub mod cookie;
#[cfg(feature = "axum")]
mod extract;
pub mod jws;
pub mod keys;
pub mod layer;
pub mod level;
pub mod network;
pub mod token;
pub mod verify;
pub mod visitor;

pub use keys::{Algorithm, Keys, PublicKeys, VerifyingKey};
pub use layer::ClearanceLayer;
pub use level::Level;
pub use token::{Claims, TokenId};
pub use verify::{Bearer, Clearance, Genuine, NotCleared, TokenVerifier};
