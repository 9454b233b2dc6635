//! What one is worth in an attack, and to an attacker.

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use http::header::COOKIE;
use portcullis_challenge::UnixMillis;
use portcullis_clearance::clock::Clock;
use portcullis_config::Mode;
use portcullis_tests::attacker::standing::known_since;
use portcullis_tests::in_process::{Gate, HOST, from, navigation};

use super::{HOUR, given, lower, peace, show, showing, token};

#[tokio::test]
async fn it_passes_a_half_lowered_gate_within_its_budget_and_no_further() {
    let (gate, origin) = peace(&["standing.requests=5", "standing.refill=10s"]).await;
    let token = token(&gate).await;
    gate.clock().advance(2 * HOUR);
    lower(&gate, Mode::ChallengeNew);
    assert!(gate.send(navigation("/")).await.is_page(), "who is new meets the challenge");
    for _ in 0..5 {
        assert_eq!(show(&gate, &token).await.status, 200);
    }
    assert!(show(&gate, &token).await.is_page(), "used up, it is as good as nothing");
    gate.clock().advance(Duration::from_secs(10));
    assert_eq!(show(&gate, &token).await.status, 200);
    assert!(show(&gate, &token).await.is_page());
    assert_eq!(origin.arrived().len(), 1 + 6);
    gate.clock().advance(HOUR);
    lower(&gate, Mode::ChallengeAll);
    assert!(show(&gate, &token).await.is_page(), "where everyone is challenged, so is a returning visitor");
}

#[tokio::test]
async fn it_counts_when_it_is_from_long_enough_before_the_gate_was_lowered() {
    for (minutes, counts) in [(0, false), (60, false), (118, false), (119, true)] {
        let (gate, _origin) = peace(&[]).await;
        // Tests begin on the hour; its first minute is over.
        gate.clock().advance(Duration::from_secs(60));
        let token = token(&gate).await;
        gate.clock().advance(Duration::from_secs(60 * minutes));
        lower(&gate, Mode::ChallengeNew);
        assert_eq!(show(&gate, &token).await.status == 200, counts, "{minutes} minutes");
        gate.clock().advance(5 * HOUR);
        assert_eq!(
            show(&gate, &token).await.status == 200,
            counts,
            "it does not come of age while the gate is lowered"
        );
    }
}

#[tokio::test]
async fn in_a_queue_its_bearer_waits_in_the_reserved_lane() {
    let (gate, _origin) = peace(&["pressure.requests=10", "pressure.turn=60s"]).await;
    let standing = known_since(UnixMillis(gate.clock().now().0 - 5 * 3_600_000), 1, HOST, &gate.plan.key_folder());
    let mut tokens = Vec::new();
    for network in 0..41 {
        let address = format!("198.51.{network}.7");
        tokens.push((gate.token_from(&address).await, address));
    }
    lower(&gate, Mode::Queue);
    let gate = Arc::new(gate);
    let (returning, returning_from) = tokens.pop().unwrap();
    let wait = |cookie: String, address: String| {
        let gate = Arc::clone(&gate);
        tokio::spawn(async move { gate.send(from(navigation("/").header(COOKIE, cookie), &address)).await.status })
    };
    let others: Vec<_> =
        tokens.into_iter().map(|(token, from)| wait(format!("__Host-portcullis={token}"), from)).collect();
    let settle = async || {
        for _ in 0..2_000 {
            tokio::task::yield_now().await;
        }
    };
    settle().await;
    let cookies = format!("__Host-portcullis={returning}; __Host-portcullis-standing={standing}");
    let returning = wait(cookies, returning_from);
    settle().await;
    // At ten requests a second, forty would take four.
    for _ in 0..5 {
        gate.clock().advance(Duration::from_millis(100));
        gate.verifier.let_go_on();
        settle().await;
    }
    assert_eq!(returning.await.unwrap(), 200);
    let waiting = others.iter().filter(|other| !other.is_finished()).count();
    assert!(waiting > 20, "{waiting} who came before it wait still");
    others.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn whatever_is_not_a_good_one_is_as_if_nothing_was_shown() {
    let (gate, _origin) = peace(&[]).await;
    let (key_folder, now) = (gate.plan.key_folder(), gate.clock().now().0);
    let before = |hours: u64| UnixMillis(now - hours * 3_600_000);
    let good = known_since(before(5), 1, HOST, &key_folder);
    let elsewhere = Gate::lowered();
    lower(&gate, Mode::ChallengeNew);
    assert_eq!(show(&gate, &good).await.status, 200);
    let bytes = Base64UrlUnpadded::decode_vec(&good).unwrap();
    for place in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[place] ^= 1 << (place % 8);
        assert!(show(&gate, &Base64UrlUnpadded::encode_string(&changed)).await.is_page(), "byte {place}");
    }
    for (what, token) in [
        ("another host's", known_since(before(5), 1, "www.login.example", &key_folder)),
        ("expired", known_since(before(30 * 24), 1, HOST, &key_folder)),
        ("from the future", known_since(UnixMillis(now + 2 * 3_600_000), 1, HOST, &key_folder)),
        ("another key's", known_since(before(5), 1, HOST, &elsewhere.plan.key_folder())),
        ("empty", String::new()),
        ("long", "A".repeat(4000)),
        ("cut", good[..75].to_owned()),
        ("padded", format!("{good}=")),
    ] {
        assert!(show(&gate, &token).await.is_page(), "{what}");
    }
    let bare = navigation("/").header(COOKIE, format!("portcullis-standing={good}"));
    assert!(gate.send(bare).await.is_page(), "by the name of development");
    assert_eq!(show(&gate, &good).await.status, 200);
}

#[tokio::test]
async fn it_survives_restarts_and_deleting_its_key_voids_it() {
    let (gate, _origin) = peace(&[]).await;
    let token = token(&gate).await;
    gate.clock().advance(3 * HOUR);
    let gate = gate.restarted();
    lower(&gate, Mode::ChallengeNew);
    assert_eq!(show(&gate, &token).await.status, 200);
    gate.verifier.tidy_up();
    assert_eq!(show(&gate, &token).await.status, 200);
    let file = gate.plan.key_folder().join("standing.key");
    std::fs::remove_file(&file).unwrap();
    gate.verifier.tidy_up();
    assert!(show(&gate, &token).await.is_page());
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let refused = gate.plan.verifier().err().unwrap();
    assert!(refused.contains("chmod 600"), "{refused}");
}

#[tokio::test]
async fn who_comes_back_another_day_gets_another_which_is_known_already() {
    let (gate, _origin) = peace(&[]).await;
    let first = token(&gate).await;
    gate.clock().advance(30 * HOUR);
    let second = given(&show(&gate, &first).await).unwrap().0;
    let parts = |token: &str| Base64UrlUnpadded::decode_vec(token).unwrap();
    assert_ne!(parts(&first)[25..41], parts(&second)[25..41], "another id");
    assert_eq!(given(&show(&gate, &second).await), None);
    lower(&gate, Mode::ChallengeNew);
    assert_eq!(show(&gate, &second).await.status, 200, "it need not come of age again");
    assert_eq!(show(&gate, &first).await.status, 200, "and what other tabs still hold counts too");
}

#[tokio::test]
async fn one_token_shown_again_and_again_in_peace_makes_no_more_than_one_other() {
    let (gate, origin) = peace(&["standing.requests=3"]).await;
    let first = token(&gate).await;
    gate.clock().advance(30 * HOUR);
    let mut successors = Vec::new();
    for network in 0..50 {
        let request = from(showing(navigation("/"), &first), &format!("198.51.{network}.7"));
        successors.push(given(&gate.send(request).await).unwrap().0);
        gate.clock().advance(HOUR);
    }
    let arrived = origin.arrived().len();
    lower(&gate, Mode::ChallengeNew);
    for successor in &successors {
        for _ in 0..4 {
            show(&gate, successor).await;
        }
    }
    assert_eq!(origin.arrived().len() - arrived, 3, "fifty successors have one budget");
}

#[tokio::test]
async fn another_token_costs_its_network_one_as_well() {
    let (gate, _origin) = peace(&["standing.per_network=2"]).await;
    let (one, other) = (token(&gate).await, token(&gate).await);
    assert_eq!(given(&gate.send(navigation("/")).await), None);
    gate.clock().advance(30 * HOUR);
    assert!(given(&show(&gate, &one).await).is_some() && given(&show(&gate, &other).await).is_some());
    assert_eq!(given(&show(&gate, &one).await), None, "it keeps the one it has");
}
