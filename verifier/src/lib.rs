//! The Portcullis verifier: issues challenges, redeems solutions for clearance tokens, and admits those who hold one.
//!
//! # A request's walk
//!
//! 1. [`serve`] accepts the connection; `visitor` reads who is asking; [`routes::router`] finds the handler.
//! 2. `verdict` decides: which rule of the [`policy`] does the request meet, what does the visitor show, and what does the
//!    [`pressure`] ask of it just now? `bots` knows good bots.
//! 3. `gate` admits a visitor whose clearance [`token`] verifies: `proxy` passes the request to the origin.
//! 4. Any other visitor gets the challenge `page` at the same URL, with a challenge from [`issue`], whose work the [`ladder`]
//!    sets.
//! 5. The page's solution is read by `submitted` and comes to [`redeem`]: form, tag, expiry, audience, binding, work, and one
//!    claim in [`replay`]. Work that takes long to check is checked in `heavy`. What it is worth is in `earned`:
//! 6. A redeemed solution is worth a token, signed with a key from [`keys`], kept in the `cookie`.
//! 7. In peace a visitor gets a [`standing`] token, which counts when the gate is lowered later.
//! 8. A solution redeemed for a form is worth a response instead ([`response_token`]), which the form's server has checked
//!    once at `siteverify`.
//!
//! Beside all that, [`admin`] is where operators read metrics and set the mode, `control` knows who set it, and `reload` takes a
//! changed configuration, and `rules` a changed policy.
//!
//! Time comes from [`clock`] and randomness from `entropy`, and from nowhere else.

pub mod admin;
mod background_tasks;
mod client;
mod decision;
mod endpoints;
mod observe;
mod passage;
mod redemption;
mod reload;
mod responses;
mod service;
pub mod serving;
pub mod standing;
mod verdict;
mod verifier;

pub use background_tasks::keep_up;
pub use endpoints::{SecretFile, UnusableSecrets};
pub(crate) use portcullis_admission::network_quota;
pub use portcullis_admission::{SetBy, budget, control, judge as admission, pressure};
pub(crate) use portcullis_bots as bots;
pub use portcullis_clearance::{clock, cookie, network, visitor};
pub use portcullis_config::{self as config, Config};
pub use portcullis_issuer::challenges::{issue, ladder};
pub(crate) use portcullis_issuer::entropy;
pub use portcullis_issuer::keys;
pub use portcullis_issuer::solutions::{redeem, replay_store as replay};
pub use portcullis_issuer::tokens::{clearance as token, response as response_token};
pub(crate) use portcullis_pages as page;
pub use portcullis_pages::{CONTENT_SECURITY_POLICY, assets};
pub use portcullis_policy as policy;
pub(crate) use portcullis_policy::databases::{asn as groups, mmdb};
pub use portcullis_policy::{About, Database, UnusableDatabase, target};
pub(crate) use portcullis_proxy as proxy;
pub use service::Gate;
pub use serving as serve;
pub use verdict::Rejection;
pub use verifier::{StartError, Verifier};

/// Typed refusals.
pub mod rejection {
    pub use crate::verdict::Rejection;
}
