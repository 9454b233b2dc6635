//! A browser starts with all the tabs it had yesterday.

use std::collections::BTreeSet;

use serde_json::json;

use crate::chromium::Launch;
use crate::site::Site;

#[tokio::test]
async fn twenty_tabs_at_once_all_end_at_the_login() {
    let site = Site::with(|settings| settings.difficulty(1 << 22)).await;
    Launch::default()
        .visit(async |browser| {
            let asked: BTreeSet<String> = (0..TABS).map(|tab| site.url(&format!("/login?tab={tab}"))).collect();
            for url in &asked {
                browser.devtools("Target.createTarget", json!({ "url": url })).await;
            }
            let blank = browser.client.window().await.expect("there is a tab");
            let mut shown = BTreeSet::new();
            for tab in browser.client.windows().await.expect("there are tabs") {
                if tab != blank {
                    browser.client.switch_to_window(tab).await.expect("the tab is still there");
                    browser.sees_login().await;
                    shown.insert(browser.address().await);
                }
            }
            assert_eq!(shown, asked);
            // Each tab: its page and its icon challenged once, and admitted once, with its style sheet.
            let count = |event| site.log().count(event);
            // A tab that finishes frees those still at work.
            assert!((1..TABS).contains(&count("solved")), "{} solutions", count("solved"));
            assert!(count("challenged") <= 2 * TABS, "{} times challenged", count("challenged"));
            assert!(count("admitted") <= 3 * TABS, "{} times admitted", count("admitted"));
        })
        .await;
}

const TABS: u64 = 20;
