//! A form that meets the gate and cannot be carried through it.

use crate::chromium::Launch;
use crate::site::Site;

#[tokio::test]
async fn a_visitor_whose_form_was_lost_goes_back_and_sends_it_again() {
    let site = Site::open().await;
    Launch::default()
        .visit(async |browser| {
            browser.open(&site.url("/login")).await;
            browser.sees_login().await;
            site.expire_token(browser).await;
            browser.fills_in("Ada").await;
            // As forms do that upload files, which the gate does not hold.
            browser.ask("document.forms[0].enctype = 'multipart/form-data'").await;
            browser.sends_form().await;
            browser.reaches("form-lost").await;
            assert_eq!(site.log().count("solved"), 2);

            browser.presses("back").await;
            browser.sees_login().await;
            browser
                .ask("document.forms[0].enctype = 'application/x-www-form-urlencoded'; document.forms[0].reset()")
                .await;
            browser.fills_in("Ada").await;
            browser.sends_form().await;
            browser.arrives_as("Ada").await;
            assert_eq!(site.log().count("solved"), 2);
        })
        .await;
}

#[tokio::test]
async fn a_form_of_another_site_is_never_posted_in_the_visitors_name() {
    let site = Site::open().await;
    Launch::default()
        .visit(async |browser| {
            browser.open(&site.elsewhere()).await;
            browser.fills_in("Mallory").await;
            browser.ask(&format!("document.forms[0].action = '{}'", site.url("/login"))).await;
            browser.sends_form().await;
            browser.reaches("form-lost").await;
            assert!(!browser.client.source().await.expect("the page has a source").contains("Mallory"));
        })
        .await;
}
