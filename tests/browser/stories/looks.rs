//! The page's looks, as pictures in `target/screenshots`, for people to judge.

use std::fs;
use std::path::PathBuf;

use portcullis_tests::processes::target_folder;

use crate::browser::Browser;
use crate::chromium::Launch;
use crate::site::Site;

#[tokio::test]
async fn the_page_is_pictured() {
    let site = Site::with_endless_work().await;
    let folder = target_folder().with_file_name("screenshots");
    fs::create_dir_all(&folder).expect("the target folder can be written to");
    Launch::default()
        .visit(async |browser| {
            for (device, scheme, language) in SETTINGS {
                match device {
                    "phone" => browser.becomes_phone(390, 844).await,
                    _ => browser.becomes_desktop(1280, 800).await,
                }
                browser.prefers(scheme).await;
                browser.reads(language).await;
                browser.open(&site.url("/login")).await;
                browser.presses("cancel").await;
                for (state, progress) in
                    [("working", 0.4), ("cancelled", 0.0), ("cookies-blocked", 0.0), ("refused", 0.0)]
                {
                    browser.shows(state, progress).await;
                    picture(browser, folder.join(format!("{state}-{device}-{scheme}-{language}.png"))).await;
                }
            }
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_of_a_busy_site_is_pictured() {
    let site = Site::by_turns().await;
    let folder = target_folder().with_file_name("screenshots");
    fs::create_dir_all(&folder).expect("the target folder can be written to");
    Launch::default()
        .visit(async |browser| {
            browser.open(&site.url("/login?first")).await;
            browser.sees_login().await;
            let _rush = site.rush().await;
            for (device, scheme, language) in SETTINGS {
                match device {
                    "phone" => browser.becomes_phone(390, 844).await,
                    _ => browser.becomes_desktop(1280, 800).await,
                }
                browser.prefers(scheme).await;
                browser.reads(language).await;
                browser.open(&site.url("/login")).await;
                browser.presses("cancel").await;
                for (state, fraction) in [("waiting", 0.4), ("paused", 0.4), ("form-lost", 0.0)] {
                    browser.shows_busy(state, fraction).await;
                    picture(browser, folder.join(format!("busy-{state}-{device}-{scheme}-{language}.png"))).await;
                }
            }
        })
        .await;
}

/// Takes a picture of the whole screen.
async fn picture(browser: &Browser, file: PathBuf) {
    // What moves has arrived.
    let still = "return document.getAnimations().every(({ playState }) => playState !== 'running')";
    browser.until("nothing moves", still).await;
    let png = browser.client.screenshot().await.expect("the screen can be pictured");
    assert!(png.starts_with(b"\x89PNG"));
    fs::write(file, png).expect("the picture can be written");
}

const SETTINGS: [(&str, &str, &str); 6] = [
    ("phone", "light", "en"),
    ("phone", "dark", "en"),
    ("desktop", "light", "en"),
    ("desktop", "dark", "en"),
    ("phone", "light", "de"),
    ("phone", "light", "ar"),
];
