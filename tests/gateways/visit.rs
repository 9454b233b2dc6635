//! A visit with Chromium, through a gateway.

use std::path::Path;

use fantoccini::Client;
use portcullis_tests::processes::{CHROMIUM, Driver, PATIENCE, eventually};
use serde_json::json;

use crate::origin::BODY;
use crate::recipe::Recipe;
use crate::site::Site;

/// The page solves, the site opens at the address asked for; a form that meets the gate is sent after the work.
pub(crate) async fn a_browser_gets_to_the_site_and_so_does_its_form(recipe: &Recipe) {
    let site = Site::with(recipe, |settings| settings.set("gate.insecure_loopback_cookie", "true")).await;
    let url = |target: &str| format!("http://{}{target}", site.address());
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let driver = Driver::of_chromium(folder.path());
    let browser = chromium(&driver, folder.path()).await;

    browser.goto(&url("/login?next=%2Fa")).await.expect("the page opens");
    sees_the_site(&browser, &site, 1).await;
    assert_eq!(browser.current_url().await.expect("a page is open").as_str(), url("/login?next=%2Fa"));
    assert_eq!(navigations(&site), ["GET /login?next=%2Fa"]);

    browser.delete_all_cookies().await.expect("cookies can be deleted");
    let form = "document.body.innerHTML = '<form method=post action=/login><input name=user value=ada></form>'; \
                document.forms[0].submit();";
    browser.execute(form, Vec::new()).await.expect("the form is sent");
    sees_the_site(&browser, &site, 2).await;
    assert_eq!(navigations(&site), ["GET /login?next=%2Fa", "POST /login user=ada"]);
    // One that is gone already is as good.
    let _ = browser.close().await;
}

/// What the origin was asked for, except what browsers look for by themselves.
fn navigations(site: &Site) -> Vec<String> {
    let all = site.origin.so_far();
    let wanted = all.iter().filter(|request| request.target() != "/favicon.ico");
    let told = wanted.map(|request| {
        format!("{} {} {}", request.method(), request.target(), String::from_utf8_lossy(request.body()))
    });
    told.map(|line| line.trim_end().to_owned()).collect()
}

async fn chromium(driver: &Driver, folder: &Path) -> Client {
    let profile = format!("--user-data-dir={}", folder.join("profile").display());
    let arguments: Vec<_> = CHROMIUM.into_iter().chain([profile.as_str()]).collect();
    driver.browser(json!({ "goog:chromeOptions": { "args": arguments } })).await
}

/// Waits until the browser shows what the origin says, after this many checks.
async fn sees_the_site(browser: &Client, site: &Site, checks: u64) {
    site.verifier.log().wait_for("solved", checks, PATIENCE).await;
    eventually("the site opens", PATIENCE, async || {
        let text = browser.execute("return document.body.innerText", Vec::new()).await.ok()?;
        (text.as_str() == Some(BODY)).then_some(())
    })
    .await;
}
