//! A challenge that is not solved in time, and a visitor who does not want to wait.

use crate::chromium::Launch;
use crate::site::Site;

#[tokio::test]
async fn a_challenge_that_expired_is_replaced_by_itself() {
    let mut site = Site::with(|settings| settings.difficulty(1 << 30).set("challenge.lifetime", "\"5s\"")).await;
    Launch::default()
        .visit(async |browser| {
            browser.open(&site.url("/login")).await;
            browser.reaches("working").await;
            site.restart_with_little_work().await;
            browser.sees_login().await;
            let trace = browser.trace().await;
            assert!(trace.goes_through(&["working", "expired", "working", "site"]), "{trace}");
            assert_eq!((site.log().count("solved"), site.log().count("refused")), (1, 0));
        })
        .await;
}

#[tokio::test]
async fn a_device_too_slow_for_every_challenge_is_told_so() {
    let mut site = Site::with(|settings| settings.difficulty(1 << 30).set("challenge.lifetime", "\"5s\"")).await;
    Launch::default()
        .visit(async |browser| {
            browser.has_cores(1).await;
            browser.open(&site.url("/login")).await;
            browser.reaches("too-slow").await;
            let trace = browser.trace().await;
            assert_eq!((trace.count("expired"), trace.count("challenge page")), (3, 1), "{trace}");
            site.restart_with_little_work().await;
            browser.presses("tryAgain").await;
            browser.sees_login().await;
        })
        .await;
}

#[tokio::test]
async fn a_visitor_can_cancel_and_begin_again() {
    let mut site = Site::with_endless_work().await;
    Launch::default()
        .visit(async |browser| {
            browser.open(&site.url("/login")).await;
            browser.is_mid_solve().await;
            assert_ne!(browser.workers().await, 0);
            browser.presses("cancel").await;
            browser.reaches("cancelled").await;
            let idle = async || (browser.workers().await == 0).then_some(());
            browser.waits_for("no worker goes on", idle).await;
            assert_eq!(site.log().count("solved") + site.log().count("refused"), 0);

            site.restart_with_little_work().await;
            browser.presses("tryAgain").await;
            browser.sees_login().await;
        })
        .await;
}
