//! Attack 2: bytes moved from one field under the MAC to another (CVE-2025-68113 is this, elsewhere). That no two
//! field tuples share a MAC input is proved beside the protocol; here the endpoint refuses what was moved.

use portcullis_challenge::MAC_INPUT_LEN;
use portcullis_tests::attacker::random::Random;
use portcullis_tests::attacker::{Submission, changed};
use portcullis_tests::in_process::Gate;

use crate::refusal::{assert_refused, assert_still_good};

/// Where audience, binding and id begin: fields in which every value is well formed.
const FREE_FIELDS: [usize; 3] = [24, 40, 56];
const BOUNDARIES: [usize; 9] = [2, 3, 4, 8, 12, 20, 24, 40, 56];

#[tokio::test]
async fn bytes_moved_across_any_field_boundary_are_refused() {
    let gate = Gate::lowered();
    let challenge = gate.challenge().await;
    let good = Submission::solving(&challenge);
    for boundary in BOUNDARIES {
        for width in [1, 2] {
            let bytes = changed(&challenge, |bytes| bytes[boundary - width..boundary + width].rotate_left(1));
            if bytes != challenge.encode() {
                assert_refused(&gate, &good.with_challenge(&bytes), &["forged", "malformed"]).await;
            }
        }
    }
    assert_still_good(&gate, &good).await;
}

#[tokio::test]
async fn bytes_moved_between_well_formed_fields_are_forged() {
    let gate = Gate::lowered();
    let challenge = gate.challenge().await;
    let good = Submission::solving(&challenge);
    let mut random = Random::seeded(2);
    for _ in 0..500 {
        let start = random.one_of(&FREE_FIELDS);
        let width = 1 + random.below(MAC_INPUT_LEN - start);
        let turn = random.below(width);
        let bytes = changed(&challenge, |bytes| bytes[start..start + width].rotate_left(turn));
        if bytes != challenge.encode() {
            assert_refused(&gate, &good.with_challenge(&bytes), &["forged"]).await;
        }
    }
    assert_still_good(&gate, &good).await;
}
