//! A token is used up: a small challenge, and the form that was being sent arrives.

use crate::chromium::Launch;
use crate::site::Site;

#[tokio::test]
async fn a_form_over_the_budget_is_sent_after_a_small_challenge() {
    let site = Site::with(|settings| settings.difficulty(1 << 20).under(ONE_FORM)).await;
    Launch::default()
        .visit(async |browser| {
            for (visit, name) in ["Ada", "Grace Hopper"].into_iter().enumerate() {
                browser.open(&site.url("/login")).await;
                browser.sees_login().await;
                browser.fills_in(name).await;
                browser.sends_form().await;
                browser.arrives_as(name).await;
                assert_eq!(site.log().count("over-budget"), visit as u64);
            }
            let solved = site.log().of("solved");
            let attempts: Vec<_> = solved.iter().map(|line| line["difficulty"].as_u64()).collect();
            assert_eq!(attempts, [Some(1 << 20), Some(1 << 17)]);
        })
        .await;
}

const ONE_FORM: &str = r#"
    [[rule]]
    name = "forms"
    action = "challenge"
    method = ["POST"]
    budget = { requests = 1, refill = "1h" }
"#;
