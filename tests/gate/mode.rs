//! `portcullis mode` and `portcullis top`, at the real program: what an operator does at three in the morning.

use std::process::Output;

use portcullis_tests::attacker::wire;
use portcullis_tests::processes::{Origin, PATIENCE, Settings, Verifier, eventually};

use crate::program;

/// A gate that decides for itself, in front of a site that answers.
async fn peace() -> (Origin, Verifier) {
    let origin = Origin::start();
    let verifier = Verifier::start(Settings::in_front_of(origin.url()).set("gate.mode", "\"auto\"")).await;
    (origin, verifier)
}

async fn visit(verifier: &Verifier) -> u16 {
    wire::status(&program::get(verifier.address(), "/login", None).await)
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn refused(output: &Output) -> String {
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test]
async fn an_operator_lowers_the_gate_at_once_and_raises_it_again() {
    let (_origin, mut verifier) = peace().await;
    assert_eq!(visit(&verifier).await, 200);
    let lowered = said(&verifier.command(&["mode", "challenge-all"]).await);
    assert!(lowered.contains("From now on only visitors with a clearance token pass."), "{lowered}");
    assert!(lowered.contains("To go back: portcullis mode auto --config "), "{lowered}");
    assert_eq!(visit(&verifier).await, 403);
    let told = said(&verifier.command(&["mode"]).await);
    assert!(told.starts_with("mode       challenge-all: ") && told.contains("set by an operator, until"), "{told}");

    said(&verifier.command(&["mode", "off"]).await);
    assert_eq!(visit(&verifier).await, 200);
    assert_eq!(verifier.log().of("setting").len(), 2);
    let token = std::fs::read_to_string(portcullis_admin::token_file(&verifier.keys())).unwrap();
    assert!(
        verifier.log().all().iter().all(|line| !line.to_string().contains(token.trim())),
        "the token is in the log"
    );

    // What an operator has set is forgotten at a restart.
    said(&verifier.command(&["mode", "challenge"]).await);
    verifier.restart().await;
    assert_eq!(visit(&verifier).await, 200);
}

#[tokio::test]
async fn for_a_time_ends_by_itself() {
    let (_origin, verifier) = peace().await;
    // Two seconds are long enough to see it lowered, for a minute's sake.
    let lowered = said(&verifier.command(&["mode", "challenge-all", "--for", "2s"]).await);
    assert!(lowered.contains("more, then auto"), "{lowered}");
    verifier.log().wait_for("setting", 2, PATIENCE).await;
    let over = &verifier.log().of("setting")[1];
    assert_eq!((over["setting"].as_str(), over["by"].as_str()), (Some("auto"), Some("configuration")));
    let told = said(&verifier.command(&["mode"]).await);
    assert!(told.contains("set        auto (the pressure decides), set by gate.mode"), "{told}");
    eventually("the gate comes up by itself", 2 * PATIENCE, async || (visit(&verifier).await == 200).then_some(()))
        .await;
}

#[tokio::test]
async fn whoever_cannot_is_told_what_to_do() {
    let (_origin, mut verifier) = peace().await;
    let unknown = refused(&verifier.command(&["mode", "lowered"]).await);
    assert!(unknown.contains("challenge-new"), "{unknown}");
    let never = refused(&verifier.command(&["mode", "off", "--for", "soon"]).await);
    assert!(never.contains("\"2h\""), "{never}");
    let terminal = refused(&verifier.command(&["top"]).await);
    assert!(terminal.contains("--once"), "{terminal}");

    let token = portcullis_admin::token_file(&verifier.keys());
    let other = format!("{}\n", "A".repeat(43));
    std::fs::write(&token, other).unwrap();
    let stranger = refused(&verifier.command(&["mode", "off"]).await);
    assert!(stranger.contains("restart it"), "{stranger}");
    std::fs::remove_file(&token).unwrap();
    let none = refused(&verifier.command(&["mode", "off"]).await);
    assert!(none.contains("admin.token") && none.contains("clearance.keys"), "{none}");

    // So that the port is not somebody else's at once: whoever ends a connection keeps its port for a minute.
    verifier.metrics().await;
    verifier.process().terminate().await;
    let gone = refused(&verifier.command(&["mode"]).await);
    assert!(gone.contains("nobody answers") && gone.contains("systemctl status portcullis"), "{gone}");
}

#[tokio::test]
async fn one_snapshot_is_plain_text_of_eighty_columns() {
    let (_origin, verifier) = peace().await;
    visit(&verifier).await;
    let seen = eventually("the visit is seen", PATIENCE, async || {
        let shown = said(&verifier.command(&["top", "--once"]).await);
        shown.contains("127.0.0.0/24").then_some(shown)
    })
    .await;
    assert!(seen.is_ascii() && seen.lines().count() <= 24, "{seen}");
    assert!(seen.lines().all(|line| line.len() <= 80), "{seen}");
    for beginning in ["Mode       off for ", "Strain     [", "Asked ", "Difficulty ", "Memory "] {
        assert!(seen.lines().any(|line| line.starts_with(beginning)), "{beginning}: {seen}");
    }
}
