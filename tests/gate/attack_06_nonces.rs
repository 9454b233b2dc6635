//! Attack 6: nonces out of order, repeated, too few, too many, or found for another challenge.

use portcullis_tests::attacker::{Submission, nonces_text, shares};
use portcullis_tests::in_process::Gate;

use crate::refusal::{assert_refused, assert_still_good};

#[tokio::test]
async fn only_as_many_shares_as_asked_for_each_once_and_in_order_are_a_solution() {
    let gate = Gate::lowered();
    let challenge = gate.challenge().await;
    let count = usize::from(challenge.fields.shares.count());
    let more = shares(&challenge, 65);
    let good = &more[..count];
    let all_but_one = &good[..count - 1];
    let no_share = (0..).find(|nonce| *nonce > good[count - 2] && !more.contains(nonce)).unwrap();

    let with = |nonces: &[u32]| Submission::of(&challenge, nonces);
    let reversed: Vec<u32> = good.iter().rev().copied().collect();
    let mut swapped = good.to_vec();
    swapped.swap(0, 1);
    for malformed in [
        vec![],
        reversed,
        swapped,
        vec![good[0]; count],
        [all_but_one, &[good[count - 2]]].concat(),
        more.clone(),
        good.repeat(8),
        good.repeat(9),
    ] {
        assert_refused(&gate, &with(&malformed), &["malformed"]).await;
    }
    for insufficient in [
        good[..1].to_vec(),
        all_but_one.to_vec(),
        more[..=count].to_vec(),
        more[..64].to_vec(),
        [all_but_one, &[no_share]].concat(),
        (0..8).collect(),
    ] {
        assert_refused(&gate, &with(&insufficient), &["insufficient-work"]).await;
    }
    // Other shares of the same puzzle are as good as the first.
    assert_still_good(&gate, &with(&more[1..=count])).await;
}

#[tokio::test]
async fn shares_of_another_challenge_are_no_work() {
    let gate = Gate::lowered();
    let (one, other) = (gate.challenge().await, gate.challenge().await);
    let good = Submission::solving(&one);
    let count = usize::from(one.fields.shares.count());
    // A share of the other one that is a share here too is work here: by chance, one in some hundred is.
    let is_none_here = |nonce: &u32| !one.puzzle().is_share(*nonce);
    let borrowed: Vec<u32> = other.puzzle().shares(0..1 << 32).filter(is_none_here).take(count).collect();
    assert_refused(&gate, &Submission::of(&one, &borrowed), &["insufficient-work"]).await;
    // One borrowed share among good ones is enough to spoil them.
    for share in borrowed {
        let mut mixed = shares(&one, count - 1);
        mixed.push(share);
        mixed.sort_unstable();
        assert_refused(&gate, &Submission::of(&one, &mixed), &["insufficient-work"]).await;
    }
    assert_still_good(&gate, &good).await;
}

#[tokio::test]
async fn a_solution_of_broken_nonces_is_malformed() {
    let gate = Gate::lowered();
    let good = gate.solved().await;
    let text = good.solution.as_str();
    for broken in [&text[..text.len() - 1], &text[..text.len() - 4], &text[2..], "AAA", "AAAAAAA", "A", "!!!!"] {
        let wrong = Submission { solution: broken.to_owned(), ..good.clone() };
        assert_refused(&gate, &wrong, &["malformed"]).await;
    }
    let longest = nonces_text(&(0..300).collect::<Vec<u32>>());
    assert_refused(&gate, &Submission { solution: longest, ..good.clone() }, &["malformed"]).await;
    assert_still_good(&gate, &good).await;
}
