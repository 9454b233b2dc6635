//! How long real visits take: not a test, but what `cargo xtask bench distribution` measures.

use std::env;
use std::fs;

use serde_json::json;

use crate::browser::Browser;
use crate::chromium::Launch;
use crate::site::Site;

/// Visits as often as `PORTCULLIS_VISITS` says, always as a stranger, and writes the milliseconds that the page worked each
/// time into the file `PORTCULLIS_SOLVE_TIMES`.
#[tokio::test]
#[ignore = "takes minutes and asserts nothing about time; `cargo xtask bench distribution` runs it"]
async fn strangers_come_one_after_another() {
    let visits = env::var("PORTCULLIS_VISITS").expect("the number of visits is given").parse().expect("it is a number");
    let file = env::var("PORTCULLIS_SOLVE_TIMES").expect("the file to write is named");
    let site = Site::with(|settings| settings.difficulty(DIFFICULTY)).await;
    let url = site.url("/login");
    let mut times = Vec::new();
    Launch::default()
        .visit(async |browser| {
            browser.runs_first(STOPWATCH).await;
            // The first visit compiles and warms up what the others find ready.
            for visit in 0..=visits {
                browser.open(&url).await;
                browser.sees_login().await;
                times.push(worked_for(browser).await);
                assert_eq!(times.len(), visit + 1);
                browser.client.delete_all_cookies().await.expect("the token can be thrown away");
                // What the page remembers, to notice that it goes in circles.
                browser.until("the page forgets", "sessionStorage.clear(); return true").await;
            }
        })
        .await;
    assert_eq!(site.log().count("solved"), visits as u64 + 1);
    times.remove(0);
    fs::write(file, json!(times).to_string()).expect("the file can be written");
}

/// The milliseconds between the page's start of work and its solution, of the visit that has just ended.
async fn worked_for(browser: &Browser) -> f64 {
    browser.forget_console().await;
    let kept = browser.ask("return Number(sessionStorage.getItem('worked-for'))").await;
    let time = kept.and_then(|time| time.as_f64()).filter(|time| *time > 0.0);
    time.expect("the page has worked")
}

/// About a third of a second here; the time to start workers is small beside it.
const DIFFICULTY: u32 = 1 << 23;

/// Runs in every document before its own scripts. The page begins when it has been read, and says `redeeming` when it has
/// its solution. The time is kept where the next page of the tab finds it: what is said on the console of a page that
/// leaves may be lost.
const STOPWATCH: &str = r#"
    let began;
    addEventListener("readystatechange", () => {
      if (document.readyState === "interactive") began = performance.now();
    }, true);
    new MutationObserver((records) => {
      for (const { target } of records) {
        if (target.dataset.state === "redeeming") sessionStorage.setItem("worked-for", performance.now() - began);
      }
    }).observe(document, { subtree: true, attributes: true, attributeFilter: ["data-state"] });
"#;
