//! The verifier, or the whole network, goes away while the browser works, and comes back.

use crate::chromium::Launch;
use crate::site::Site;

#[tokio::test]
async fn a_verifier_that_is_away_for_a_while_is_waited_for() {
    let mut site = Site::with_some_work().await;
    Launch::default()
        .visit(async |browser| {
            browser.has_cores(1).await;
            browser.open(&site.url("/login")).await;
            browser.is_mid_solve().await;
            site.verifier.process().kill_9();
            browser.reaches("reconnecting").await;
            site.restart_with_little_work().await;
            browser.sees_login().await;
        })
        .await;
}

#[tokio::test]
async fn a_device_that_is_offline_for_a_while_goes_on_when_it_is_back() {
    let site = Site::with_some_work().await;
    Launch::default()
        .visit(async |browser| {
            browser.has_cores(1).await;
            browser.open(&site.url("/login")).await;
            browser.is_mid_solve().await;
            browser.is_online(false).await;
            browser.reaches("offline").await;
            browser.is_online(true).await;
            browser.sees_login().await;
            assert_eq!(site.log().count("solved"), 1);
        })
        .await;
}
