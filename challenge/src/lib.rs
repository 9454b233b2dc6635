//! The Portcullis challenge protocol, version 1.
//!
//! A verifier hands a client a [`Challenge`]: a fixed-width message under a MAC. The client searches it for *k* shares
//! and sends back the challenge with its [`Solution`]. Only this crate knows the puzzle; it has no clock, no randomness,
//! no I/O, no keys, and allocates nothing, so that the server, the browser's WebAssembly and the native client share it.
//!
//! # How a challenge is solved
//!
//! 1. The verifier fills in [`Fields`], MACs [`MAC_LABEL`] ‖ [`Fields::encode`] and joins both into a [`Challenge`].
//! 2. The last 48 bytes of the challenge are the [`Prefix`]: twelve SHA-256 words that nobody can choose. With kind and
//!    [`Threshold`] it makes the [`Puzzle`].
//! 3. A share is a `u32` nonce whose attempt ends in a word not above the threshold. [`Puzzle::first_share`] finds one.
//! 4. *k* strictly increasing nonces are a [`Solution`]; [`Puzzle::verify`] checks it, one attempt a share.
//!
//! # Modules
//!
//! * `wire`: the challenge, its fields, and base64url without padding. All integers are big-endian, all fields
//!   fixed-width: no two different sets of fields have the same MAC input. `solution`: the other message.
//! * `difficulty`: expected attempts, and the threshold that asks for them.
//! * `puzzle`: the two kinds of puzzle, what a share is, and the check of a solution.
//! * `sha256`: the fast search at puzzles of kind 1; one place chooses the lane type.
//! * [`reference`](mod@reference): the same, slow and plain, to compare everything above with.
//!
//! `docs/protocol.md` has a specification that needs no Rust.

#![no_std]

mod difficulty;
mod parse_error;
mod puzzle;
pub mod reference;
mod sha256;
mod solution;
mod wire;

pub use difficulty::{Difficulty, DifficultyError, ShareCount, Threshold};
pub use parse_error::ParseError;
pub use puzzle::{InsufficientWorkError, Iterations, Kind, Prefix, Puzzle};
pub use sha256::{KERNELS, Kernel, LANES};
pub use solution::{SOLUTION_MAX_LEN, SOLUTION_TEXT_MAX_LEN, Solution};
pub use wire::{
    Audience, Binding, CHALLENGE_LEN, CHALLENGE_TEXT_LEN, Challenge, ChallengeId, Fields, KeyId, Lifetime,
    MAC_INPUT_LEN, MAC_LABEL, Tag, UnixMillis, VERSION,
};
