//! The schedule, and the dry run: under the manual clock.

use std::time::Duration;

use portcullis_tests::in_process::{Gate, Origin, navigation};

use crate::admin::Admin;

/// Every test begins on a Friday at 08:00 UTC.
const HALF_PAST_EIGHT: &str = "schedule=[{days=[\"fri\"], from=\"08:30\", to=\"09:00\", mode=\"challenge-new\"}, {from=\"23:00\", to=\"01:00\", mode=\"watch\"}]";

async fn seconds(gate: &Gate, seconds: u64) -> u16 {
    for _ in 0..seconds {
        gate.clock().advance(Duration::from_secs(1));
        gate.verifier.take_pressure();
    }
    gate.send(navigation("/")).await.status.as_u16()
}

#[tokio::test]
async fn the_gate_is_lowered_when_the_schedule_says_and_comes_up_afterwards() {
    let origin = Origin::start().await;
    let gate = Gate::in_front_of(&origin, &["gate.mode=auto", HALF_PAST_EIGHT]);
    let admin = Admin::of(&gate);
    assert_eq!(seconds(&gate, 30 * 60 - 1).await, 200);
    assert_eq!(seconds(&gate, 1).await, 403);
    assert_eq!(admin.status().await["gate"]["least"], "challenge-new");
    assert_eq!(seconds(&gate, 30 * 60 - 1).await, 403);
    assert_eq!(seconds(&gate, 120).await, 200, "without pressure it comes up within two minutes");
    let status = admin.status().await;
    assert_eq!((&status["gate"]["least"], &status["gate"]["mode"]), (&"off".into(), &"off".into()));
}

#[tokio::test]
async fn a_forced_mode_wins_over_the_schedule() {
    let origin = Origin::start().await;
    let gate = Gate::in_front_of(&origin, &["gate.mode=off", HALF_PAST_EIGHT]);
    assert_eq!(seconds(&gate, 45 * 60).await, 200);
}

#[tokio::test]
async fn a_dry_run_lets_everything_pass_and_counts_what_would_not_have() {
    let origin = Origin::start().await;
    let gate = Gate::in_front_of(&origin, &["gate.dry_run=true"]);
    let admin = Admin::of(&gate);
    for _ in 0..3 {
        assert_eq!(gate.send(navigation("/")).await.status, 200);
    }
    let text = admin.get("/metrics").await;
    for line in [
        "portcullis_would_have_total{verdict=\"challenge\"} 3",
        "portcullis_requests_total{verdict=\"admit\"} 3",
        "portcullis_requests_total{verdict=\"challenge\"} 0",
        "portcullis_dry_run 1",
        "portcullis_mode{mode=\"challenge-all\"} 1",
    ] {
        assert!(text.lines().any(|had| had == line || had == format!("{line}.0")), "{line}\n{text}");
    }
    assert_eq!(origin.arrived().len(), 3);
}
