//! SIGHUP: a changed configuration takes effect, a bad one does not, and no request is dropped either way.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use portcullis_tests::attacker::wire;
use portcullis_tests::processes::{Origin, PATIENCE, Settings, Verifier};

use crate::program;

async fn visit(verifier: &Verifier) -> u16 {
    wire::status(&program::get(verifier.address(), "/login", None).await)
}

#[tokio::test]
async fn a_changed_configuration_takes_hold_and_a_bad_one_does_not() {
    let origin = Origin::start();
    let mut verifier = Verifier::start(Settings::in_front_of(origin.url()).set("gate.mode", "\"off\"")).await;
    assert_eq!(visit(&verifier).await, 200);

    verifier.set("gate.mode", "\"challenge-all\"");
    verifier.set("limits.connections", "5000");
    verifier.reload();
    verifier.log().wait_for("reloaded", 1, PATIENCE).await;
    assert_eq!(visit(&verifier).await, 403);
    verifier.log().wait_for("needs-restart", 1, PATIENCE).await;
    assert_eq!(verifier.log().of("needs-restart")[0]["changed"], "limits");

    verifier.set("gate.mode", "\"of\"");
    verifier.reload();
    verifier.log().wait_for("not-reloaded", 1, PATIENCE).await;
    let error = verifier.log().of("not-reloaded")[0]["error"].to_string();
    assert!(
        error.contains("portcullis.toml:") && error.contains("gate.mode") && error.contains("challenge-new"),
        "{error}"
    );
    assert_eq!(visit(&verifier).await, 403, "as before");

    verifier.set("gate.mode", "\"challenge-all\"");
    verifier.set("gate.dry_run", "true");
    verifier.reload();
    verifier.log().wait_for("reloaded", 2, PATIENCE).await;
    assert_eq!(visit(&verifier).await, 200, "a dry run lets everything pass");
    verifier.log().wait_for("would-have", 1, PATIENCE).await;
}

#[tokio::test]
async fn what_an_operator_has_set_stays() {
    let origin = Origin::start();
    let mut verifier = Verifier::start(Settings::in_front_of(origin.url()).set("gate.mode", "\"auto\"")).await;
    assert!(verifier.command(&["mode", "challenge-all"]).await.status.success());
    verifier.set("gate.mode", "\"off\"");
    verifier.reload();
    verifier.log().wait_for("reloaded", 1, PATIENCE).await;
    assert_eq!(visit(&verifier).await, 403);
    let told = verifier.command(&["mode"]).await.stdout;
    assert!(String::from_utf8_lossy(&told).contains("set by an operator"));
    // What the configuration says is what an operator goes back to.
    assert!(verifier.command(&["mode", "off"]).await.status.success());
    assert_eq!(visit(&verifier).await, 200);
    let told = verifier.command(&["mode"]).await.stdout;
    assert!(String::from_utf8_lossy(&told).contains("set by gate.mode"));
}

#[tokio::test]
async fn no_request_is_dropped_while_configurations_come_and_go() {
    let origin = Origin::start();
    let mut verifier = Verifier::start(Settings::in_front_of(origin.url()).set("gate.mode", "\"off\"")).await;
    let (address, stop) = (verifier.address(), Arc::new(AtomicBool::new(false)));
    let answered = Arc::new(AtomicUsize::new(0));
    let visitors: Vec<_> = (0..8)
        .map(|_| {
            let (stop, answered) = (Arc::clone(&stop), Arc::clone(&answered));
            tokio::spawn(async move {
                while !stop.load(Ordering::SeqCst) {
                    let status = wire::status(&program::get(address, "/login", None).await);
                    assert!(status == 200 || status == 403, "{status}");
                    answered.fetch_add(1, Ordering::SeqCst);
                }
            })
        })
        .collect();
    for (round, mode) in
        ["\"challenge-all\"", "\"nonsense\"", "\"off\"", "\"watch\"", "7", "\"off\""].into_iter().enumerate()
    {
        let before = answered.load(Ordering::SeqCst);
        verifier.set("gate.mode", mode);
        verifier.reload();
        let read =
            |log: &portcullis_tests::processes::LogLines| log.of("reloaded").len() + log.of("not-reloaded").len();
        portcullis_tests::processes::eventually("it is read, under load", PATIENCE, async || {
            let enough = answered.load(Ordering::SeqCst) >= before + 20;
            (read(verifier.log()) > round && enough).then_some(())
        })
        .await;
    }
    stop.store(true, Ordering::SeqCst);
    for visitor in visitors {
        visitor.await.expect("every request was answered");
    }
    assert_eq!(verifier.log().of("not-reloaded").len(), 2);
}
