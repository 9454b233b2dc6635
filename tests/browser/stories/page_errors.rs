//! An error in any page fails the story that met it.

use crate::chromium::Launch;
use crate::site::Site;

#[tokio::test]
async fn whatever_goes_wrong_in_a_page_is_collected() {
    let site = Site::with_endless_work().await;
    Launch::default()
        .visit(async |browser| {
            browser.open(&site.url("/login")).await;
            browser.reaches("working").await;
            for (provoke, expected) in [
                ("setTimeout(() => { throw new Error('uncaught') })", "uncaught"),
                ("setTimeout(() => Promise.reject(new Error('unhandled')))", "unhandled"),
                ("console.error('said')", "said"),
                (
                    "document.body.append(Object.assign(document.createElement('script'), { text: '1' }))",
                    "inline script",
                ),
            ] {
                assert_eq!(browser.page_errors().await.len(), 0, "before {expected}");
                browser.ask(provoke).await;
                browser.has_said(expected).await;
            }
        })
        .await;
}
