//! A visitor comes while the gate is down.

use crate::chromium::Launch;
use crate::site::Site;

#[tokio::test]
async fn a_visitor_solves_once_and_signs_in_at_the_address_they_asked_for() {
    let site = Site::open().await;
    let url = site.url("/login?next=%2Faccount&x=1#frag");
    Launch::default()
        .visit(async |browser| {
            browser.open(&url).await;
            browser.sees_login().await;
            assert_eq!(browser.address().await, url);
            assert_eq!(browser.text("#target").await, "/login?next=%2Faccount&x=1");
            let trace = browser.trace().await;
            assert!(trace.goes_through(&["challenge page", "working", "site"]), "{trace}");
            assert_eq!(site.log().count("solved"), 1);

            browser.fills_in("Ada").await;
            browser.sends_form().await;
            browser.arrives_as("Ada").await;
            assert_eq!(browser.text("#target").await, "/login?next=%2Faccount&x=1");
            let said = browser.text("#forwarded").await.replace('\n', " ");
            let host = format!("x-forwarded-host {}", site.verifier.address());
            for expected in ["x-forwarded-for 127.0.0.1", "x-forwarded-proto http", &host] {
                assert!(said.contains(expected), "{expected:?} is not in {said:?}");
            }

            browser.new_tab().await;
            browser.open(&site.url("/login")).await;
            browser.sees_login().await;
            let trace = browser.trace().await;
            assert_eq!((trace.count("challenge page"), trace.count("site")), (1, 3), "{trace}");
            assert_eq!(site.log().count("solved"), 1);
        })
        .await;
}

#[tokio::test]
async fn the_back_button_leads_past_the_challenge_page() {
    let site = Site::open().await;
    Launch::default()
        .visit(async |browser| {
            browser.open(&site.elsewhere()).await;
            browser.open(&site.url("/login")).await;
            browser.sees_login().await;
            assert_eq!(browser.trace().await.count("challenge page"), 1);
            browser.client.back().await.expect("there is a page before");
            assert_eq!(browser.address().await, site.elsewhere());
        })
        .await;
}
