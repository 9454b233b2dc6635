//! Attack 4: parameters that mean no work. They are refused even under a tag that is right, as if a verifier's own key
//! had been made to sign them; and the configuration cannot ask for them.

use hmac::{Hmac, KeyInit, Mac};
use portcullis_challenge::{MAC_INPUT_LEN, MAC_LABEL};
use portcullis_issuer::challenges::issue::ChallengeKeyRing;
use portcullis_tests::attacker::{Submission, changed};
use portcullis_tests::in_process::{Gate, Plan};
use sha2::Sha256;

use crate::refusal::{assert_refused, assert_still_good};

const SECRET: [u8; 32] = [4; 32];

#[tokio::test]
async fn a_challenge_that_asks_for_no_work_is_refused_under_a_right_tag() {
    let gate = Gate::start(Plan { secrets: vec![SECRET], ..Plan::with(&[]) });
    let challenge = gate.challenge().await;
    let good = Submission::solving(&challenge);
    let degenerate: [(&str, usize, &[u8]); 14] = [
        ("version 0", 0, &[0]),
        ("version 2", 0, &[2]),
        ("kind 0", 1, &[0]),
        ("kind 2, which is not set here", 1, &[2]),
        ("kind 255", 1, &[255]),
        ("no shares", 3, &[0]),
        ("65 shares", 3, &[65]),
        ("every nonce is a share", 4, &u32::MAX.to_be_bytes()),
        ("more work than the cap", 4, &0_u32.to_be_bytes()),
        ("iterations for a kind without", 8, &1_u32.to_be_bytes()),
        ("most iterations", 8, &u32::MAX.to_be_bytes()),
        ("no lifetime", 20, &0_u32.to_be_bytes()),
        ("a lifetime above the cap", 20, &300_001_u32.to_be_bytes()),
        ("the longest lifetime", 20, &u32::MAX.to_be_bytes()),
    ];
    for (what, offset, value) in degenerate {
        let mut bytes = changed(&challenge, |bytes| bytes[offset..offset + value.len()].copy_from_slice(value));
        let tag = tag(&bytes[..MAC_INPUT_LEN]);
        bytes[MAC_INPUT_LEN..].copy_from_slice(&tag);
        println!("{what}");
        assert_refused(&gate, &good.with_challenge(&bytes), &["malformed"]).await;
        // Nor with no nonces at all.
        assert_refused(&gate, &Submission { solution: String::new(), ..good.with_challenge(&bytes) }, &["malformed"])
            .await;
    }
    // The tag this test makes is right: nothing above was refused for its tag.
    let mut same = challenge.encode();
    same[MAC_INPUT_LEN..].copy_from_slice(&tag(&challenge.encode()[..MAC_INPUT_LEN]));
    assert_eq!(same, challenge.encode());
    assert_still_good(&gate, &good).await;
}

#[test]
fn a_ring_without_keys_is_none() {
    assert!(ChallengeKeyRing::new(&[]).is_none());
}

#[test]
fn the_configuration_cannot_ask_for_no_work() {
    for (setting, fix) in [
        ("challenge.difficulty=0", "1500000"),
        ("challenge.difficulty=-1", ""),
        ("challenge.difficulty=4294967295", "2^30"),
        ("challenge.difficulty=8", "raise the difficulty"),
        ("challenge.shares=0", "1 to 64"),
        ("challenge.shares=65", "1 to 64"),
        ("challenge.lifetime=0s", "\"5s\" to \"5m\""),
        ("challenge.lifetime=6m", "\"5s\" to \"5m\""),
        ("challenge.kind=2", "unknown field"),
        ("challenge.iterations=0", "unknown field"),
        ("challenge.threshold=4294967295", "unknown field"),
        ("clearance.network_prefix_v4=0", "8 to 32"),
        ("clearance.network_prefix_v6=0", "16 to 128"),
        ("clearance.lifetime=0s", "1m"),
        ("replay.capacity=0", "1 to"),
    ] {
        let refused = Plan::with(&[setting]).config().expect_err(setting);
        assert!(refused.contains(setting.split('=').next().unwrap()), "{setting}: {refused}");
        assert!(refused.contains(fix), "{setting}: {refused}");
    }
}

fn tag(mac_input: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(&SECRET).expect("HMAC takes any key");
    mac.update(MAC_LABEL);
    mac.update(mac_input);
    mac.finalize().into_bytes().into()
}
