//! Attack 10: filling the verifier's memory. Challenges are stateless and junk is stored nowhere: only verified work
//! occupies memory, and that is bounded.

use portcullis_tests::attacker::Submission;
use portcullis_tests::attacker::random::Random;
use portcullis_tests::in_process::{Gate, get, navigation, resident_memory};

use crate::refusal::{assert_refused, assert_still_good};

#[tokio::test]
async fn junk_leaves_the_replay_store_as_it_was() {
    let gate = Gate::lowered();
    let challenge = gate.challenge().await;
    let good = Submission::solving(&challenge);
    let mut random = Random::seeded(10);
    for _ in 0..3_000 {
        let (junk, code) = match random.below(4) {
            0 => (good.with_challenge(&random.bytes(104)), "malformed"),
            1 => {
                let mut bytes = challenge.encode();
                bytes[24 + random.below(80)] ^= 1 + random.number().to_be_bytes()[0] % 255;
                (good.with_challenge(&bytes), "forged")
            }
            2 => (Submission::of(&challenge, &ascending(&mut random)), "insufficient-work"),
            _ => (Submission { solution: "junk".repeat(random.below(30)), ..good.clone() }, "malformed"),
        };
        // Random bytes may look like a challenge; junk text may be a nonce.
        assert_refused(&gate, &junk, &[code, "forged", "insufficient-work"]).await;
    }
    assert_eq!(gate.verifier.redeemed(), 0);
    assert_still_good(&gate, &good).await;
    assert_eq!(gate.verifier.redeemed(), 1);
}

/// Runs by itself, in a process of its own: other tests' memory is none of its business.
#[test]
fn memory_is_flat_under_a_million_unsolved_challenges() {
    crate::alone::run(
        concat!(module_path!(), "::memory_is_flat_under_a_million_unsolved_challenges"),
        issue_and_measure,
    );
}

async fn issue_and_measure() {
    let challenges = if std::env::var_os("PORTCULLIS_LONG").is_some() { 10_000_000 } else { 1_000_000 };
    let gate = Gate::lowered();
    // Buffers and caches grow to their size first.
    issue(&gate, 50_000).await;
    let before = resident_memory();
    issue(&gate, challenges).await;
    let grown = resident_memory().saturating_sub(before);
    println!("{challenges} challenges issued: resident memory grew by {} KiB", grown / 1024);
    assert_eq!(gate.verifier.redeemed(), 0);
    // Remembering even eight bytes of each would take 8 MB.
    assert!(grown < 4 << 20, "memory grew by {grown} bytes");
}

/// One challenge in a hundred on a page.
async fn issue(gate: &Gate, challenges: u32) {
    for number in 0..challenges {
        let request = if number % 100 == 0 { navigation("/") } else { get("/.portcullis/challenge") };
        assert!(!gate.send(request).await.body.is_empty());
    }
}

fn ascending(random: &mut Random) -> Vec<u32> {
    let mut nonces: Vec<u32> = (0..8).map(|_| (random.number() >> 32) as u32).collect();
    nonces.sort_unstable();
    nonces.dedup();
    nonces
}
