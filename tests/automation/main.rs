//! Programs as they come, at a lowered gate whose policy weighs every signal: which signals each of them raises, whether it
//! gets through, and with work of which level. What is seen is a row of the table in `docs/bots.md`.
//!
//! The tools for browsers are npm packages, pinned in `package-lock.json`, and drive the browsers that other tests drive.

mod clients;
mod seen;
mod site;
mod table;

/// Opens the guarded page by a client, and holds what the verifier saw against the manual.
async fn meets(name: &str, client: impl AsyncFnOnce(&site::Site)) {
    let site = site::Site::open().await;
    client(&site).await;
    table::settle(name, &seen::Seen::by(&site).await);
}

#[tokio::test]
async fn curl() {
    meets("curl", clients::curl).await;
}

#[tokio::test]
async fn curl_in_the_clothes_of_chromium() {
    meets("curl with Chromium's headers", clients::curl_in_disguise).await;
}

#[tokio::test]
async fn portcullis_solve() {
    meets("`portcullis solve`, then curl", clients::portcullis_solve).await;
}

#[tokio::test]
async fn the_client_of_the_manual() {
    meets("`docs/client.py`, then curl", clients::the_manuals).await;
}

#[tokio::test]
async fn chromium_that_nobody_drives() {
    meets("Chromium with a window, driven by nobody", clients::chromium_with_a_window).await;
}

#[tokio::test]
async fn chromium_without_a_window_that_nobody_drives() {
    meets("headless Chromium, driven by nobody", clients::chromium_without_a_window).await;
}

#[tokio::test]
async fn chromedriver() {
    meets("ChromeDriver, headless Chromium", clients::chromedriver).await;
}

#[tokio::test]
async fn geckodriver_and_firefox() {
    meets("geckodriver, headless Firefox", clients::geckodriver).await;
}

#[tokio::test]
async fn playwright() {
    meets("Playwright, headless Chromium", async |site| clients::tool("playwright-core", site).await).await;
}

#[tokio::test]
async fn puppeteer() {
    meets("Puppeteer, headless Chromium", async |site| clients::tool("puppeteer-core", site).await).await;
}

#[tokio::test]
async fn puppeteer_with_stealth() {
    let name = "Puppeteer with its stealth plugin, headless Chromium";
    meets(name, async |site| clients::tool("puppeteer-extra-plugin-stealth", site).await).await;
}

#[test]
fn the_manual_has_no_other_rows() {
    assert_eq!(table::names_in_the_manual(), table::NAMES);
}
