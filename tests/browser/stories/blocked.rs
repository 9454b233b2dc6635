//! Browsers that cannot be let in, and are told why.

use serde_json::json;

use crate::browser::LIMIT;
use crate::chromium::Launch;
use crate::site::Site;

#[tokio::test]
async fn a_browser_that_keeps_no_cookies_is_told_so_and_not_sent_round_in_a_circle() {
    let site = Site::open().await;
    Launch::default()
        .preference("profile.default_content_setting_values.cookies", json!(BLOCKED))
        .visit(async |browser| {
            browser.open(&site.url("/login")).await;
            browser.reaches("cookies-blocked").await;
            assert!(browser.text("main").await.contains("allow cookies"));
            assert_eq!(site.log().count("solved"), 1);

            browser.presses("tryAgain").await;
            site.log().wait_for("solved", 2, LIMIT).await;
            browser.reaches("cookies-blocked").await;
            let trace = browser.trace().await;
            assert_eq!((trace.count("challenge page"), trace.count("site")), (1, 0), "{trace}");
            assert_eq!(site.log().count("solved"), 2);
        })
        .await;
}

#[tokio::test]
async fn a_browser_without_scripts_is_told_so() {
    let site = Site::open().await;
    Launch::default()
        .preference("profile.managed_default_content_settings.javascript", json!(BLOCKED))
        .visit(async |browser| {
            browser.open(&site.url("/login")).await;
            assert!(browser.text("noscript").await.contains("needs JavaScript"));
        })
        .await;
}

/// A content setting's value (1 allows).
const BLOCKED: u8 = 2;
