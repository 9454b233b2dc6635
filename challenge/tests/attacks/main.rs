//! Attacks on the protocol itself, each tried on inputs drawn from a fixed seed: the same ones on every run.
//!
//! Attacks are numbered as in the threat model; `oracle` holds the fast code against the plain reference, without which
//! the rest would prove little.

#![expect(clippy::unwrap_used, reason = "what cannot be unwrapped here is a failed test")]

mod attack_01_chosen_difficulty;
mod attack_02_moved_bytes;
mod attack_03_changed_text;
mod attack_04_no_work;
mod attack_06_nonces;
mod draw;
mod oracle;
