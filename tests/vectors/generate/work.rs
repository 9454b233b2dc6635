//! Solved challenges, and solutions that are almost right.

use portcullis_challenge::{Challenge, Fields, reference};

use super::{challenge, file, genuine, nonces_text, pbkdf2, text};
use crate::format::{File, SolvedVector, WrongVector};

/// Challenges and the first shares of each.
pub(super) fn solved() -> File<SolvedVector> {
    let cases = [
        ("1 share", challenge("solved 1", 1, (1 << 22) - 1), 0),
        ("1 share, every second nonce", challenge("solved 2", 1, 1 << 31), 0),
        ("2 shares from the middle of the nonces", challenge("solved 3", 2, (1 << 26) - 1), 1 << 31),
        ("32 shares", challenge("solved 4", 32, (1 << 26) - 1), 0),
        ("64 shares", challenge("solved 5", 64, (1 << 27) - 1), 0),
        ("64 shares, every nonce but a few", challenge("solved 6", 64, u32::MAX - (1 << 28)), 0),
        ("kind 2, 8 shares", of_kind_2(challenge("solved 8", 8, (1 << 28) - 1), 20), 0),
        ("kind 2, 1 share of 1 iteration", of_kind_2(challenge("solved 9", 1, (1 << 27) - 1), 1), 7),
        (
            "kind 2, 4 shares among the last nonces",
            of_kind_2(challenge("solved 10", 4, (1 << 30) - 1), 3),
            u32::MAX - 63,
        ),
        ("8 shares among the last nonces", challenge("solved 7", 8, (1 << 28) - 1), u32::MAX - 511),
    ];
    let vector = |(name, challenge, from): (&str, Challenge, u32)| {
        let nonces = first_shares(&challenge, usize::from(challenge.fields.shares.count()), from);
        SolvedVector {
            name: name.to_owned(),
            challenge: text(&challenge),
            search_from: from,
            solution: nonces_text(&nonces),
            nonces,
        }
    };
    file(
        "Challenges with their solution: the first shares among the nonces not below search_from, all of them needed.",
        cases.map(vector).into(),
    )
}

/// Solutions a client might send that did not do the work, or lost it on the way.
pub(super) fn wrong() -> File<WrongVector> {
    let challenge = challenge("wrong", 8, (1 << 26) - 1);
    let other = self::challenge("other", 8, (1 << 26) - 1);
    let good = first_shares(&challenge, 9, 0);
    let foreign: Vec<u32> =
        first_shares(&other, 100, 0).into_iter().filter(|nonce| !hits(&challenge, *nonce)).collect();
    let (first, last) = (good[0], good[7]);
    let no_share_before = (0..first).next_back().expect("the first share is not nonce 0");
    let no_share_after = (last + 1..).find(|nonce| !hits(&challenge, *nonce)).expect("few nonces are shares");

    let insufficient = [
        ("one share too few", good[..7].to_vec()),
        ("one share alone", good[..1].to_vec()),
        ("one share too many", good.clone()),
        ("one share of another challenge", sorted([&good[..7], &foreign[..1]])),
        ("all shares of another challenge", foreign[..8].to_vec()),
        ("the first is not a share", sorted([&[no_share_before], &good[..7]])),
        ("the last is not a share", sorted([&good[..7], &[no_share_after]])),
        ("the first nonces there are", (0..8).collect()),
    ];
    let mut repeated = good[..7].to_vec();
    repeated.push(good[6]);
    let mut exchanged = good[..8].to_vec();
    exchanged.swap(3, 4);
    let unordered = [
        ("a good share repeated in place of the eighth", repeated),
        ("one good share, eight times", vec![first; 8]),
        ("good shares, two exchanged", exchanged),
        ("good shares, in reverse", good[..8].iter().rev().copied().collect()),
        ("no shares", Vec::new()),
    ];
    let vector = |error: &'static str| {
        let challenge = text(&challenge);
        move |(name, nonces): (&str, Vec<u32>)| WrongVector {
            name: name.to_owned(),
            challenge: challenge.clone(),
            solution: nonces_text(&nonces),
            error: error.to_owned(),
        }
    };
    let mut vectors: Vec<_> = insufficient.into_iter().map(vector("insufficient-work")).collect();
    vectors.extend(unordered.into_iter().map(vector("nonces")));
    file(
        "Solutions that are not the work of a challenge in form: `nonces` is refused by the solution's form, `insufficient-work` by its work.",
        vectors,
    )
}

fn first_shares(challenge: &Challenge, count: usize, from: u32) -> Vec<u32> {
    let nonces: Vec<u32> = reference::search(&challenge.puzzle(), from).take(count).collect();
    assert_eq!(nonces.len(), count, "the nonces from {from} up hold enough shares");
    nonces
}

/// The same challenge, made a puzzle of kind 2.
fn of_kind_2(challenge: Challenge, iterations: u32) -> Challenge {
    genuine(Fields { kind: pbkdf2(iterations), ..challenge.fields })
}

fn hits(challenge: &Challenge, nonce: u32) -> bool {
    challenge.puzzle().is_share(nonce)
}

fn sorted<const PARTS: usize>(parts: [&[u32]; PARTS]) -> Vec<u32> {
    let mut nonces = parts.concat();
    nonces.sort_unstable();
    nonces
}
