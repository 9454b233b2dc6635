//! What the verifier issues, redeems and signs. It knows no network, no request and no configuration: time is an
//! argument, and randomness comes only from [`entropy`].
//!
//! # From a challenge to a token
//!
//! 1. [`challenges::issue`] makes a challenge and signs it with a key; [`challenges::ladder`] says what each means of
//!    solving is asked for.
//! 2. [`solutions::redeem`] checks what comes back, cheap checks first, and refuses with a [`solutions::RedeemError`].
//!    A submission that passes makes one claim in [`stores::replay_store`], and is redeemed once.
//! 3. What was redeemed is worth a token: [`tokens::clearance`], or [`tokens::response`] for one form. Both are signed by
//!    a key from [`keys`].
//! 4. [`tokens::standing`] is for visitors who come without an attack, under a key of its own, which
//!    [`tokens::standing_key`] keeps.

pub mod challenges;
pub mod entropy;
pub mod keys;
pub mod solutions;
pub mod stores;
pub mod tokens;
