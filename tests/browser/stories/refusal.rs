//! The verifier refuses for good, or the browser goes in a circle: the visitor is told, and decides.

use crate::chromium::Launch;
use crate::site::Site;

#[tokio::test]
async fn a_visitor_refused_is_told_and_can_try_again() {
    let mut site = Site::with_some_work().await;
    Launch::default()
        .visit(async |browser| {
            browser.has_cores(1).await;
            browser.open(&site.url("/login")).await;
            browser.is_mid_solve().await;
            // The operator stops serving the host under which the visitor came.
            site.verifier.set("hosts", "[\"elsewhere.example\"]");
            site.verifier.restart().await;
            browser.reaches("refused").await;
            browser.has_said("the verifier refused: denied").await;
            browser.presses("tryAgain").await;
            browser.reaches("refused").await;
            browser.has_said("the verifier refused: denied").await;

            site.verifier.set("hosts", "[]");
            site.restart_with_little_work().await;
            browser.presses("tryAgain").await;
            browser.sees_login().await;
        })
        .await;
}

#[tokio::test]
async fn a_browser_challenged_again_and_again_stops_and_asks() {
    let site = Site::open().await;
    Launch::default()
        .visit(async |browser| {
            for _ in 0..3 {
                browser.open(&site.url("/login")).await;
                browser.sees_login().await;
                browser.client.delete_all_cookies().await.expect("cookies can be deleted");
            }
            browser.open(&site.url("/login")).await;
            browser.reaches("refused").await;
            assert_eq!(site.log().count("solved"), 3);
            browser.presses("tryAgain").await;
            browser.sees_login().await;
            assert_eq!(site.log().count("solved"), 4);
        })
        .await;
}
