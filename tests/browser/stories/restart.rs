//! The verifier loses power while a visitor's browser works for it.

use crate::chromium::Launch;
use crate::site::Site;

#[tokio::test]
async fn a_verifier_killed_mid_solve_costs_the_visitor_time_and_nothing_else() {
    let mut site = Site::with_some_work().await;
    let url = site.url("/login?next=%2F");
    Launch::default()
        .visit(async |browser| {
            browser.has_cores(1).await;
            browser.open(&url).await;
            browser.is_mid_solve().await;
            site.restart_with_little_work().await;
            browser.sees_login().await;
            assert_eq!(browser.address().await, url);

            // The old solution was offered once and was worth nothing: the challenge's key died with the process.
            let refused = site.log().of("refused");
            assert_eq!(refused.iter().map(|line| &line["code"]).collect::<Vec<_>>(), ["forged"]);
            let solved = site.log().of("solved");
            assert!(solved.len() == 1 && solved[0]["difficulty"].as_u64() < Some(1 << 20), "{solved:?}");
        })
        .await;
}
