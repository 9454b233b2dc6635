//! A clearance token expires while the visitor is on the site.

use portcullis_tests::attacker::tokens::{Token, newest_key};
use serde_json::json;

use crate::chromium::{Browser, Launch};
use crate::site::Site;

#[tokio::test]
async fn an_expired_token_is_renewed_and_a_form_posted_with_it_arrives() {
    let site = Site::open().await;
    Launch::default()
        .visit(async |browser| {
            browser.open(&site.url("/login")).await;
            browser.sees_login().await;

            expire_token(browser, &site).await;
            browser.open(&site.url("/login?again")).await;
            browser.sees_login().await;
            assert_eq!(site.log().count("solved"), 2);
            assert_eq!(times_expired(&site), 1, "{:?}", site.log().of("challenged"));

            browser.fills_in("Ada <&\"'> Łovelace").await;
            expire_token(browser, &site).await;
            browser.sends_form().await;
            browser.arrives_as("Ada <&\"'> Łovelace").await;
            assert_eq!(browser.address().await, site.url("/login?again"));
            assert_eq!(site.log().count("solved"), 3);
            let trace = browser.trace().await;
            assert_eq!((trace.count("challenge page"), trace.count("site")), (3, 3), "{trace}");
        })
        .await;
}

/// Puts the browser's token back as it will be in an hour: the verifier's own, signed by its own key, and expired.
/// (Waiting for it would take the shortest lifetime there is, a minute.)
async fn expire_token(browser: &Browser, site: &Site) {
    let mut cookie = browser.client.get_named_cookie("portcullis").await.expect("the browser holds a token");
    let fresh = Token::parse(cookie.value());
    let an_hour_before = |claim| fresh.claim(claim).as_u64().map(|seconds| seconds - 3600);
    let times = json!({ "iat": an_hour_before("iat"), "nbf": an_hour_before("nbf"), "exp": an_hour_before("exp") });
    let expired = fresh.claims_with(times).signed(&newest_key(&site.verifier.keys()));
    cookie.set_value(expired.to_string());
    browser.client.add_cookie(cookie).await.expect("the cookie can be replaced");
}

/// How often the verifier saw an expired token on a page it asked for.
fn times_expired(site: &Site) -> usize {
    site.log().of("challenged").iter().filter(|line| line["token"] == "expired").count()
}
