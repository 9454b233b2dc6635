//! Bytes moved from one MACed field into the next: no two field tuples share a MAC input.

use std::ops::Range;

use portcullis_challenge::{
    Audience, Binding, CHALLENGE_LEN, Challenge, ChallengeId, Fields, MAC_INPUT_LEN, MAC_LABEL,
};
use proptest::prelude::*;

use crate::draw;

/// Where each field lies, as the protocol's table writes it: version, kind, key id, shares, threshold, iterations,
/// issued at, lifetime, audience, binding, id, tag.
const FIELDS: [Range<usize>; 12] =
    [0..1, 1..2, 2..3, 3..4, 4..8, 8..12, 12..20, 20..24, 24..40, 40..56, 56..72, 72..104];

/// Writes one field of `from` over that of `into`.
const COPIES: [fn(&mut Fields, &Fields); 9] = [
    // Kind and iterations, on either side of the key id.
    |into, from| into.kind = from.kind,
    |into, from| into.key_id = from.key_id,
    // Shares and threshold hold each other to the cap, so they change together.
    |into, from| (into.shares, into.threshold) = (from.shares, from.threshold),
    |into, from| into.issued_at = from.issued_at,
    |into, from| into.lifetime = from.lifetime,
    |into, from| into.audience = from.audience,
    |into, from| into.binding = from.binding,
    |into, from| into.id = from.id,
    |into, from| (into.audience, into.binding) = (Audience(from.binding.0), Binding(from.audience.0)),
];
/// The bytes each of these may change.
const CHANGED: [Range<usize>; 9] = [1..12, 2..3, 3..8, 12..20, 20..24, 24..40, 40..56, 56..72, 24..56];

fn decoded(mac_input: &[u8; MAC_INPUT_LEN]) -> Option<Fields> {
    let mut bytes = [0; CHALLENGE_LEN];
    bytes[..MAC_INPUT_LEN].copy_from_slice(mac_input);
    Challenge::decode(&bytes).ok().map(|challenge| challenge.fields)
}

#[test]
fn attack_02_the_fields_leave_no_gap_and_no_overlap() {
    assert_eq!((FIELDS[0].start, FIELDS[FIELDS.len() - 1].end), (0, CHALLENGE_LEN));
    assert!(FIELDS.windows(2).all(|pair| pair[0].end == pair[1].start));
    assert_eq!(FIELDS[11].start, MAC_INPUT_LEN);
}

#[test]
fn attack_02_the_label_ends_where_the_fields_begin() {
    // A label that cannot be the beginning of another one with its own fields.
    assert_eq!(MAC_LABEL, b"portcullis challenge v1\0");
    assert_eq!(MAC_LABEL.iter().position(|byte| *byte == 0), Some(MAC_LABEL.len() - 1));
}

proptest! {
    #![proptest_config(draw::config())]

    /// What can be read back from the MAC input alone is what no other tuple can have written.
    #[test]
    fn attack_02_a_mac_input_says_all_fields(fields in draw::fields()) {
        prop_assert_eq!(decoded(&fields.encode()), Some(fields));
    }

    #[test]
    fn attack_02_a_field_changes_bytes_of_its_own(
        fields in draw::fields(), other in draw::fields(), choice in 0..COPIES.len()
    ) {
        let mut changed = fields;
        COPIES[choice](&mut changed, &other);
        let (before, after) = (fields.encode(), changed.encode());
        prop_assert_eq!(before == after, fields == changed);
        let outside = |index: &usize| !CHANGED[choice].contains(index);
        prop_assert!((0..MAC_INPUT_LEN).filter(outside).all(|index| before[index] == after[index]));
    }

    #[test]
    fn attack_02_bytes_moved_over_a_border_make_other_fields(
        challenge in draw::challenge(), border in 1..FIELDS.len(), left in 1..=16_usize, right in 1..=16_usize, by in 1..32_usize
    ) {
        let border = FIELDS[border].start;
        let window = border.saturating_sub(left)..(border + right).min(CHALLENGE_LEN);
        let original = challenge.encode();
        let mut moved = original;
        moved[window.clone()].rotate_left(by % window.len());
        if let (true, Ok(read)) = (moved != original, Challenge::decode(&moved)) {
            prop_assert!(read.fields != challenge.fields || read.tag.0 != challenge.tag.0);
            prop_assert_eq!(read.encode(), moved);
        }
    }

    #[test]
    fn attack_02_id_and_tag_make_a_prefix_no_others_make(challenge in draw::challenge(), bit in 0..384_usize) {
        let mut other = challenge;
        match bit {
            0..128 => {
                let mut id = other.fields.id.0;
                id[bit / 8] ^= 1 << (bit % 8);
                other.fields.id = ChallengeId(id);
            }
            _ => other.tag.0[bit / 8 - 16] ^= 1 << (bit % 8),
        }
        let (prefix, changed) = (challenge.puzzle().prefix, other.puzzle().prefix);
        prop_assert_eq!(&prefix.as_bytes()[..], &challenge.encode()[56..]);
        prop_assert_eq!(prefix.as_bytes()[bit / 8] ^ changed.as_bytes()[bit / 8], 1 << (bit % 8));
    }
}
