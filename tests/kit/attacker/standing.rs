//! Standing tokens that nobody was given: signed with a gate's own key, for a client that was known at any time.

use std::path::Path;

use portcullis_challenge::UnixMillis;
use portcullis_clearance::TokenId;
use portcullis_issuer::tokens::standing::{StandingKey, StandingToken};

/// The key of the gate whose keys are in `folder`.
///
/// # Panics
///
/// When there is none.
pub fn standing_key(folder: &Path) -> StandingKey {
    let bytes = std::fs::read(folder.join("standing.key")).expect("a gate makes its key at the start");
    StandingKey::new(&bytes.try_into().expect("a key has 32 bytes"))
}

/// The token of a client that came to `host` at `time` for the first time. `number` tells it from others.
pub fn known_since(time: UnixMillis, number: u64, host: &str, folder: &Path) -> String {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&number.to_be_bytes());
    standing_key(folder).sign(&StandingToken::first(host, TokenId(id), time))
}
