//! The gate: how a request is handled, from its first byte to its response.
//!
//! 1. [`serving`] hands requests from the listener to the [`Gate`], one tower service, which reads the target once.
//! 2. A client's own request goes to `passage`, a gateway's question to `endpoints::subrequest` or
//!    `endpoints::ext_authz`, and everything below `/.portcullis/` to the other `endpoints`.
//! 3. `client` reads which client asks and what it shows; `decision` asks the policy, the bots and the admission, and
//!    waits for a turn. The result is a `verdict`.
//! 4. An admitted request goes to the origin, or to an application in the same process. Any other gets one of the `responses`:
//!    for a browser the challenge page at the same URL, with a challenge from `redemption`.
//! 5. The page's solution comes to `redemption`, which checks the submission, claims the solution and signs what it earns.
//! 6. `observe` logs and counts what happened, never which client it was.
//!
//! [`Verifier`] puts the parts together. [`keep_up`] runs the background tasks, and [`Verifier::reload`] takes a changed
//! configuration.
//!
//! Modules depend on each other in one direction: `service`, `passage`, `endpoints`, `responses`, `redemption`, `decision`,
//! then `client` and `observe`, then `verdict`.

mod background_tasks;
mod client;
mod decision;
mod endpoints;
pub mod observe;
mod passage;
mod redemption;
mod reload;
mod responses;
mod service;
pub mod serving;
mod verdict;
mod verifier;

pub use background_tasks::keep_up;
pub use endpoints::{SecretFile, SecretsError};
pub use service::Gate;
pub use verdict::{Rejection, problem};
pub use verifier::{StartError, Verifier};
