//! Clearance: whether the token that a client shows admits it. The gate asks here, and so can any service, in its own
//! process, with only the public keys: these can verify and cannot sign.
//!
//! ```toml
//! portcullis-clearance = { path = "portcullis/clearance", features = ["rust-crypto", "axum"] }
//! ```
//!
//! ```
//! # fn routes() -> axum::Router { axum::Router::new() }
//! # fn build(jwk_set: &str) -> Result<axum::Router, Box<dyn std::error::Error>> {
//! use portcullis_clearance::{ClearanceLayer, PublicKeys, TokenVerifier};
//!
//! // The JSON at `https://<site>/.portcullis/jwks.json`, and `clearance.issuer` of the gate's configuration.
//! let tokens = TokenVerifier::new("portcullis", PublicKeys::from_jwk_set(jwk_set)?);
//! let service = routes().layer(ClearanceLayer::new(tokens));
//! # Ok(service)
//! # }
//! ```
//!
//! # How a request is handled
//!
//! 1. [`client`] reads which client sent it: address, [`network`] and host, with forwarded headers only from listed
//!    gateways.
//! 2. [`cookie`] finds the token; [`token`] says what it may look like and claim, and at which [`level`].
//! 3. [`verify`] checks it against [`keys`], its signature in [`jws`], and remembers what it has verified: a token
//!    costs its signature once.
//! 4. [`layer`] puts the three in front of a tower service, and [`rejected`] says why a request does not get through.
//!
//! Time comes from [`clock`], and from nowhere else.
//!
//! # Features
//!
//! One of these two verifies signatures, and without either the crate does not compile:
//!
//! * `rust-crypto`: no C in the program;
//! * `aws-lc-rs`: seven times as fast at ES256. If both are on, this one is used.
//!
//! It is called directly. No default provider of the process is used or installed, so it does not matter what other
//! crates of the program switch on.
//!
//! With `axum`, [`Clearance`] is an extractor, and the peer is read from `ConnectInfo`.

#[cfg(not(any(feature = "aws-lc-rs", feature = "rust-crypto")))]
compile_error!("portcullis-clearance needs one of its features `aws-lc-rs` and `rust-crypto` to verify signatures");

pub mod client;
pub mod clock;
pub mod cookie;
#[cfg(feature = "axum")]
mod extract;
pub mod jws;
pub mod keys;
pub mod layer;
pub mod level;
pub mod network;
pub mod rejected;
mod signature;
pub mod token;
pub mod verify;

pub use keys::{Algorithm, Keys, PublicKeys, VerifyingKey};
pub use layer::ClearanceLayer;
pub use level::Level;
pub use rejected::Rejected;
pub use token::{ClearanceClaims, TokenId};
pub use verify::{Bearer, Clearance, Genuine, TokenError, TokenVerifier};
