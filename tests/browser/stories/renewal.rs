//! A clearance token expires while the visitor is on the site.

use crate::chromium::Launch;
use crate::site::Site;

#[tokio::test]
async fn an_expired_token_is_renewed_and_a_form_posted_with_it_arrives() {
    let site = Site::open().await;
    Launch::default()
        .visit(async |browser| {
            browser.open(&site.url("/login")).await;
            browser.sees_login().await;

            site.expire_token(browser).await;
            browser.open(&site.url("/login?again")).await;
            browser.sees_login().await;
            assert_eq!(site.log().count("solved"), 2);
            assert_eq!(times_expired(&site), 1, "{:?}", site.log().of("challenged"));

            browser.fills_in("Ada <&\"'> Łovelace").await;
            site.expire_token(browser).await;
            browser.sends_form().await;
            browser.arrives_as("Ada <&\"'> Łovelace").await;
            assert_eq!(browser.address().await, site.url("/login?again"));
            assert_eq!(site.log().count("solved"), 3);
            let trace = browser.trace().await;
            assert_eq!((trace.count("challenge page"), trace.count("site")), (3, 3), "{trace}");
        })
        .await;
}

/// How often the verifier saw an expired token on a page it asked for.
fn times_expired(site: &Site) -> usize {
    site.log().of("challenged").iter().filter(|line| line["token"] == "expired").count()
}
