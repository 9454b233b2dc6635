//! Attack 7: clocks. A challenge lives by the verifier's steady clock; neither a step of the time of day nor anything
//! the client says about the time shortens or lengthens it.

use std::sync::Arc;
use std::time::Duration;

use http::header::DATE;
use portcullis_challenge::UnixMillis;
use portcullis_clearance::clock::{LEEWAY, ManualClock};
use portcullis_tests::in_process::{Gate, Plan, START, post};

use crate::refusal::{assert_is_refusal, assert_refused, assert_still_good};

const LIFETIME: Duration = Duration::from_secs(60);
const MILLISECOND: Duration = Duration::from_millis(1);
const DAY: u64 = 24 * 60 * 60 * 1000;

#[tokio::test]
async fn a_challenge_is_good_to_its_last_millisecond_and_not_at_the_edge() {
    let gate = Gate::lowered();
    let (early, late) = (gate.solved().await, gate.solved().await);
    gate.clock().advance(LIFETIME - MILLISECOND);
    assert_still_good(&gate, &early).await;
    gate.clock().advance(MILLISECOND);
    assert_refused(&gate, &late, &["expired"]).await;
    gate.clock().advance(Duration::from_millis(DAY));
    assert_refused(&gate, &late, &["expired"]).await;
    assert_refused(&gate, &early, &["expired"]).await;
}

#[tokio::test]
async fn a_challenge_from_beyond_the_leeway_is_refused() {
    let here = Gate::start(Plan { secrets: vec![[7; 32]], ..Plan::with(&[]) });
    for (ahead, good) in [(LEEWAY, true), (LEEWAY + MILLISECOND, false)] {
        let clock = Arc::new(ManualClock::new(START));
        clock.advance(ahead);
        let fast = Gate::start(Plan { clock, ..here.plan.clone() });
        let early = fast.solved().await;
        if good {
            assert_still_good(&here, &early).await;
        } else {
            assert_refused(&here, &early, &["expired"]).await;
            here.clock().advance(MILLISECOND);
            assert_still_good(&here, &early).await;
        }
    }
}

#[tokio::test]
async fn a_step_of_the_time_of_day_neither_voids_nor_revives_a_challenge() {
    for step in [UnixMillis(START.0 - DAY), UnixMillis(START.0 + DAY), UnixMillis(0)] {
        let gate = Gate::lowered();
        let (early, late) = (gate.solved().await, gate.solved().await);
        gate.clock().step_to(step);
        gate.clock().advance(LIFETIME - MILLISECOND);
        assert_still_good(&gate, &early).await;
        assert_refused(&gate, &early, &["replayed"]).await;
        gate.clock().advance(MILLISECOND);
        gate.clock().step_to(START);
        assert_refused(&gate, &late, &["expired"]).await;
    }
}

#[tokio::test]
async fn a_redeemed_solution_stays_redeemed_when_the_time_of_day_steps_back() {
    let gate = Gate::lowered();
    let good = gate.solved().await;
    assert_still_good(&gate, &good).await;
    for minutes in 1..10 {
        gate.clock().advance(Duration::from_secs(60));
        gate.verifier.forget_expired();
        gate.clock().step_to(UnixMillis(START.0 - minutes * 1000));
        assert_refused(&gate, &good, &["replayed", "expired"]).await;
    }
}

#[tokio::test]
async fn what_the_client_says_about_the_time_is_never_read() {
    let gate = Gate::lowered();
    let (good, late) = (gate.solved().await, gate.solved().await);
    let dated =
        |date| post("/.portcullis/redeem").header(DATE, date).header("x-request-start", "t=0").header("age", "0");
    let answer = gate.redeem_by(&good, dated("Thu, 01 Jan 2099 00:00:00 GMT")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    gate.clock().advance(LIFETIME);
    for date in ["Fri, 15 Jan 2027 08:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", "never"] {
        assert_is_refusal(&gate.redeem_by(&late, dated(date)).await, &["expired"]);
    }
}

#[tokio::test]
async fn a_token_lives_by_the_time_of_day_to_the_second_and_the_leeway() {
    let gate = Gate::with(&["clearance.lifetime=60s"]);
    let token = gate.token().await;
    // 502: admitted, to an origin that is not there.
    gate.clock().step_to(UnixMillis(START.0 + 64_999));
    assert_eq!(gate.show(&token, "/").await.status, 502);
    gate.clock().step_to(UnixMillis(START.0 + 65_000));
    assert!(gate.show(&token, "/").await.is_page());
    // From before it was signed, by more than the leeway.
    gate.clock().step_to(UnixMillis(START.0 - 5_000));
    assert_eq!(gate.show(&token, "/").await.status, 502);
    gate.clock().step_to(UnixMillis(START.0 - 5_001));
    assert!(gate.show(&token, "/").await.is_page());
}
