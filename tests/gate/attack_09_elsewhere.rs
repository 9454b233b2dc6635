//! Attack 9: a solution taken to another node, host or network, across a restart, or to a store that has no room.

use std::time::Duration;

use http::StatusCode;
use http::header::HOST as HOST_HEADER;
use portcullis_tests::attacker::Submission;
use portcullis_tests::in_process::{CLIENT, Gate, from, get, post};

use crate::refusal::{assert_is_refusal, assert_refused, assert_still_good};

#[tokio::test]
async fn another_node_and_a_restarted_one_do_not_know_the_challenge() {
    let gate = Gate::lowered();
    let (open, redeemed) = (gate.solved().await, gate.solved().await);
    assert_still_good(&gate, &redeemed).await;
    for elsewhere in [Gate::lowered(), gate.restarted()] {
        assert_refused(&elsewhere, &open, &["forged"]).await;
        assert_refused(&elsewhere, &redeemed, &["forged"]).await;
    }
    assert_still_good(&gate, &open).await;
}

#[tokio::test]
async fn another_host_refuses_it() {
    let gate = Gate::lowered();
    let good = gate.solved().await;
    for host in ["example", "www.login.example", "login.example.org", "localhost", "127.0.0.1", "login.exampl\u{435}"] {
        let elsewhere = http::Request::post("/.portcullis/redeem").header(HOST_HEADER, host);
        let answer = gate.redeem_by(&good, elsewhere).await;
        assert_is_refusal(&answer, &["wrong-audience", "malformed"]);
        assert_eq!(answer.code() == "malformed", !host.is_ascii(), "{host}");
    }
    assert_eq!(gate.verifier.redeemed(), 0);
    // The same host as a client may also write it.
    let same = http::Request::post("/.portcullis/redeem").header(HOST_HEADER, "LOGIN.example.:8443");
    assert_eq!(gate.redeem_by(&good, same).await.status, StatusCode::OK);
}

#[tokio::test]
async fn another_network_refuses_it_and_the_same_network_does_not() {
    let gate = Gate::lowered();
    let good = gate.solved().await;
    for address in ["203.0.112.7", "203.0.114.7", "198.51.100.7", "::1", "2001:db8::1", "::203.0.113.7"] {
        assert_is_refusal(&gate.redeem_from(&good, address).await, &["wrong-binding"]);
    }
    assert_eq!(gate.verifier.redeemed(), 0);
    assert_eq!(gate.redeem_from(&good, "203.0.113.255").await.status, StatusCode::OK);

    let challenge = gate.challenge_by(from(get("/.portcullis/challenge"), "2001:db8:1:2::3")).await;
    let good = Submission::solving(&challenge);
    assert_is_refusal(&gate.redeem_from(&good, "2001:db8:2:2::3").await, &["wrong-binding"]);
    assert_eq!(gate.redeem_from(&good, "2001:db8:1:ffff::9").await.status, StatusCode::OK);

    // An IPv4-mapped address is that IPv4 address.
    let mapped = format!("::ffff:{CLIENT}");
    assert_eq!(gate.redeem_from(&gate.solved().await, &mapped).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_full_store_burns_nothing_and_takes_the_same_solution_once_it_has_room() {
    let gate = Gate::with(&["replay.capacity=1"]);
    assert_still_good(&gate, &gate.solved().await).await;
    gate.clock().advance(Duration::from_secs(50));
    let waiting = gate.solved().await;

    for _ in 0..3 {
        let answer = gate.redeem(&waiting).await;
        assert_is_refusal(&answer, &["unavailable"]);
        assert_eq!(answer.header("retry-after"), "2");
        assert_eq!(gate.verifier.redeemed(), 1);
    }
    // New clients are sent elsewhere; junk is still called what it is.
    assert_eq!(gate.send(get("/.portcullis/readyz")).await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_is_refusal(&gate.redeem_by(&waiting, from(post("/.portcullis/redeem"), "::1")).await, &["wrong-binding"]);

    gate.clock().advance(Duration::from_secs(30));
    gate.verifier.forget_expired();
    assert_eq!(gate.send(get("/.portcullis/readyz")).await.status, StatusCode::OK);
    assert_still_good(&gate, &waiting).await;
    assert_refused(&gate, &waiting, &["replayed"]).await;
}
