//! A visitor who was here before the attack comes back while the gate is half lowered.

use std::time::{SystemTime, UNIX_EPOCH};

use portcullis_challenge::UnixMillis;
use portcullis_tests::attacker::standing::known_since;

use crate::chromium::Launch;
use crate::site::Site;

#[tokio::test]
async fn a_visitor_who_came_in_peace_passes_without_the_challenge_page() {
    let mut site = Site::with(|settings| settings.set("gate.mode", "\"off\"")).await;
    Launch::default()
        .visit(async |browser| {
            browser.open(&site.url("/login")).await;
            browser.sees_login().await;
            let given =
                browser.client.get_named_cookie(COOKIE).await.expect("a visit without an attack brings a token");
            assert_eq!((given.http_only(), given.path()), (Some(true), Some("/")));

            site.verifier.set("gate.mode", "\"challenge-new\"");
            site.verifier.restart().await;
            let mut cookie = given.clone();
            cookie.set_value(known_since(hours_ago(3), 1, "127.0.0.1", &site.verifier.keys()));
            browser.client.add_cookie(cookie).await.expect("the cookie can be replaced");
            browser.open(&site.url("/login?again")).await;
            browser.sees_login().await;
            browser.fills_in("Ada").await;
            browser.sends_form().await;
            browser.arrives_as("Ada").await;
            let trace = browser.trace().await;
            assert_eq!((trace.count("challenge page"), site.log().count("challenged")), (0, 0), "{trace}");

            // The one that it was given is too young, as for a visitor who comes only now.
            browser.client.add_cookie(given).await.expect("the cookie can be replaced");
            browser.open(&site.url("/login?once-more")).await;
            browser.sees_login().await;
            assert_eq!(browser.trace().await.count("challenge page"), 1);
        })
        .await;
}

/// The verifier is a program of its own, and reads the time of day.
#[expect(clippy::disallowed_methods, reason = "the program under test reads the same clock")]
fn hours_ago(hours: u64) -> UnixMillis {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMillis((now.as_secs() - hours * 3600) * 1000)
}

const COOKIE: &str = "portcullis-standing";
