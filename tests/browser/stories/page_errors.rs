//! An error in any page fails the story that met it.

use portcullis_tests::processes::{Origin, Settings, Verifier};

use crate::chromium::Launch;

#[tokio::test]
async fn whatever_goes_wrong_in_a_page_is_collected() {
    let origin = Origin::start();
    let verifier = Verifier::start(Settings::in_front_of(origin.url()).difficulty(1 << 30)).await;
    Launch::default()
        .visit(async |browser| {
            browser.open(&verifier.url("/login")).await;
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
                browser.until("the next task has run", "return new Promise((go) => setTimeout(() => go(true)))").await;
                let errors = browser.page_errors().await;
                assert!(errors.len() == 1 && errors[0].message.contains(expected), "{expected}: {errors:?}");
                browser.clear_console().await;
            }
        })
        .await;
}
