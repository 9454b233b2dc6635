//! A visitor who is cleared, of a site too busy to let everybody in at once.

use std::time::Duration;

use serde_json::json;

use crate::browser::Browser;
use crate::chromium::Launch;
use crate::firefox::Firefox;
use crate::relay::{Exchange, Relay};
use crate::rush::Rush;
use crate::site::Site;
use crate::webkit::WebKit;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_chromium_the_page_comes_back_by_itself_and_the_form_arrives_once() {
    let scene = Scene::open().await;
    Launch::default().visit(async |browser| scene.is_sent_away_and_gets_in(browser).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_firefox_the_page_comes_back_by_itself_and_the_form_arrives_once() {
    let scene = Scene::open().await;
    Firefox::default().visit(&scene.relay, async |browser| scene.is_sent_away_and_gets_in(browser).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_wpe_webkit_of_2022_the_page_comes_back_by_itself_and_the_form_arrives_once() {
    let scene = Scene::open().await;
    WebKit::wpe().visit(&scene.relay, async |browser| scene.is_sent_away_and_gets_in(browser).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_keyboard_cancels_and_tries_again() {
    let scene = Scene::open().await;
    Launch::default()
        .visit(async |browser| {
            let rush = scene.is_sent_away(browser, "/login").await;
            // Enough tries that the page waits until the keys are pressed.
            has_tried(browser, 8, 0, RELOAD).await;
            browser.until("it waits for longer", &format!("{WAITS} && {SECONDS_LEFT} > 15")).await;
            browser.press(TAB).await;
            assert_eq!(focus(browser).await, "Cancel");
            browser.press(TAB).await;
            assert_eq!(focus(browser).await, "Try now");
            browser.press(SHIFT_TAB).await;
            browser.press(ENTER).await;
            browser.reaches("paused").await;
            assert_eq!(focus(browser).await, "Try now", "the focus went with the button that had it");
            // Still too busy: it waits again.
            browser.press(ENTER).await;
            browser.reaches("waiting").await;
            assert_eq!(scene.statuses("GET /login").last(), Some(&503));
            drop(rush);
            browser.sees_login().await;
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_two_minutes_of_tries_the_visitor_is_asked() {
    let scene = Scene::open().await;
    Launch::default()
        .visit(async |browser| {
            let rush = scene.is_sent_away(browser, "/login").await;
            // This many seconds are left for what is seen until then: the page loads, waits and tries.
            has_tried(browser, 1, 100, RELOAD).await;
            browser.reaches("paused").await;
            assert!(browser.text("main").await.contains("no longer tries by itself"));
            let trace = browser.trace().await;
            let tries = ["challenge page", "waiting", "challenge page", "waiting", "challenge page", "paused"];
            assert!(trace.goes_through(&tries), "{trace}");
            drop(rush);
            browser.presses("tryNow").await;
            browser.sees_login().await;
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_stays_in_the_page_while_the_verifier_is_away() {
    let mut scene = Scene::open().await;
    let site = scene.site.url("/login");
    Launch::default()
        .visit(async |browser| {
            browser.open(&site).await;
            browser.sees_login().await;
            browser.fills_in("Ada").await;
            let rush = scene.site.rush().await;
            has_tried(browser, 4, 0, "").await;
            browser.sends_form().await;
            browser.reaches("waiting").await;
            scene.site.verifier.process().kill_9();
            drop(rush);
            browser.reaches("reconnecting").await;
            scene.site.verifier.restart().await;
            browser.arrives_as("Ada").await;
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_that_could_not_be_kept_is_not_sent_and_the_visitor_is_told() {
    let scene = Scene::open().await;
    Launch::default()
        .visit(async |browser| {
            browser.open(&scene.relay.url("/login")).await;
            browser.sees_login().await;
            browser.fills_in("Ada").await;
            browser.ask("document.forms[0].enctype = 'multipart/form-data'").await;
            let _rush = scene.site.rush().await;
            browser.sends_form().await;
            browser.reaches("form-lost").await;
            assert!(browser.text("main").await.contains("could not be kept"));
            browser.presses("back").await;
            browser.until("the form is there again", "return document.forms.length === 1").await;
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_without_scripts_has_a_link_and_for_its_form_a_button() {
    let scene = Scene::open().await;
    let cookie = scene.site.cookie().await;
    Launch::default()
        .preference("profile.managed_default_content_settings.javascript", json!(BLOCKED))
        .visit(async |browser| {
            let (name, value) = cookie.split_once('=').expect("a cookie has a name");
            // The driver's own command needs scripts.
            let cookie = json!({ "name": name, "value": value, "url": scene.relay.url("/") });
            browser.devtools("Network.setCookie", cookie).await;
            let rush = scene.site.rush().await;
            browser.open(&scene.relay.url("/login")).await;
            is_told_to_wait(browser).await;
            drop(rush);
            scene.presses_until_answered(browser, "noscript a", "GET /login").await;

            browser.fills_in("Ada").await;
            let rush = scene.site.rush().await;
            browser.sends_form().await;
            is_told_to_wait(browser).await;
            drop(rush);
            scene.presses_until_answered(browser, "noscript button", "POST /login").await;
            browser.arrives_as("Ada").await;
        })
        .await;
}

/// A site that lets visitors in one after another, and a relay that sees what they send. The rush bypasses the relay.
struct Scene {
    site: Site,
    relay: Relay,
}

impl Scene {
    async fn open() -> Self {
        let site = Site::by_turns().await;
        let relay = Relay::start(site.verifier.address()).await;
        Self { site, relay }
    }

    /// A visitor gets in, and is sent away the next time: by a rush that goes on.
    async fn is_sent_away(&self, browser: &Browser, path: &str) -> Rush {
        browser.open(&self.relay.url("/login?first")).await;
        browser.sees_login().await;
        let rush = self.site.rush().await;
        browser.open(&self.relay.url(path)).await;
        browser.reaches("waiting").await;
        rush
    }

    /// A page and a form, each sent away, twice at least, and in when the rush is over.
    async fn is_sent_away_and_gets_in(&self, browser: &Browser) {
        let path = "/login?next=%2Faccount&x=1";
        let rush = self.is_sent_away(browser, &format!("{path}#frag")).await;
        assert!(browser.text("h1").await.contains("very busy"));
        let twice = async |request: &str| {
            let what = format!("{request} is sent away twice");
            let sent_away = || self.statuses(request).iter().filter(|status| **status == 503).count();
            browser.waits_for(&what, async || (sent_away() >= 2).then_some(())).await;
        };
        twice("GET /login").await;
        drop(rush);
        self.lets_in(browser, "GET /login?next").await;
        browser.sees_login().await;
        assert_eq!(browser.address().await, self.relay.url(&format!("{path}#frag")));

        browser.fills_in("Ada").await;
        let rush = self.site.rush().await;
        let waits = async || browser.trace().await.count("waiting");
        let before = waits().await;
        browser.sends_form().await;
        browser.waits_for("the form's page waits", async || (waits().await > before).then_some(())).await;
        let kept = "document.querySelector('main')?.innerText.includes('is kept and will be sent')";
        browser.until("the visitor is told of the form", &format!("{WAITS} && {kept}")).await;
        twice("POST /login").await;
        drop(rush);
        self.lets_in(browser, "POST /login").await;
        browser.until("the form arrives", "return document.querySelector('#user')?.innerText === 'Ada'").await;
        assert_eq!(browser.text("#target").await, path);
        let statuses = self.statuses("POST /login");
        assert_eq!(statuses.iter().filter(|status| **status != 503).collect::<Vec<_>>(), [&200], "{statuses:?}");
    }

    /// Waits until a request is answered by the site, and the page that came has its style. That is seen at the relay: an
    /// old driver that is asked about a page while it goes away may never answer.
    async fn lets_in(&self, browser: &Browser, request: &str) {
        let answered =
            |exchange: &Exchange, request: &str| exchange.request.starts_with(request) && exchange.status == 200;
        let has_come = || {
            let exchanges = self.relay.exchanges();
            let page = exchanges.iter().position(|exchange| answered(exchange, request))?;
            exchanges[page..].iter().any(|exchange| answered(exchange, "GET /style.css")).then_some(())
        };
        browser.waits_for(&format!("{request} is let in"), async || has_come()).await;
        // That it has loaded shows nowhere else. No more than this depends on the time: asking later shows the same page.
        tokio::time::sleep(LOADS).await;
    }

    /// Follows a link, or sends a form, from one page to the next until it is answered by the site: once, and last.
    async fn presses_until_answered(&self, browser: &Browser, selector: &str, request: &str) {
        let is_in = || self.statuses(request).last() == Some(&200);
        for _ in 0..MOST_PRESSES {
            let element = browser.element(selector).await;
            element.click().await.expect("it can be pressed");
            // Not twice on one page: that would send a form twice.
            let gone = async || element.text().await.is_err().then_some(());
            browser.waits_for("the next page comes", gone).await;
            if is_in() {
                break;
            }
            is_told_to_wait(browser).await;
        }
        let statuses = self.statuses(request);
        let admitted = statuses.iter().filter(|status| **status != 503).collect::<Vec<_>>();
        assert!(is_in() && admitted == [&200], "{statuses:?}");
    }

    /// How requests that begin so were answered.
    fn statuses(&self, request: &str) -> Vec<u16> {
        let begins = |exchange: &Exchange| exchange.request.starts_with(request) && exchange.status != 0;
        let exchanges = self.relay.exchanges();
        exchanges.iter().filter(|exchange| begins(exchange)).map(|exchange| exchange.status).collect()
    }
}

/// Has the tab come back this many times in a row, for this many seconds; `then` is done before it can try again.
async fn has_tried(browser: &Browser, times: u32, seconds: u32, then: &str) {
    let script = format!(
        "const row = {{ count: {times}, since: Date.now() - {seconds} * 1000, last: Date.now() }};
         sessionStorage.setItem('portcullis-tries', JSON.stringify(row));
         {then}
         return true"
    );
    browser.until("it is made to have tried before", &script).await;
}

/// What a browser without scripts shows; asked by other means than scripts.
async fn is_told_to_wait(browser: &Browser) {
    let told = async || browser.text("noscript").await.contains("Wait a few seconds").then_some(());
    browser.waits_for("the visitor is told to wait", told).await;
}

async fn focus(browser: &Browser) -> String {
    let focused = browser.ask("return document.activeElement.innerText.trim()").await;
    focused.and_then(|text| text.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Whether the page waits; a script's beginning.
const WAITS: &str = "return document.querySelector('main')?.dataset.state === 'waiting'";
const RELOAD: &str = "location.reload();";
/// The seconds that it shows.
const SECONDS_LEFT: &str = "Number.parseInt(document.querySelector('#time-left span').textContent, 10)";
/// Of a button, by a visitor without scripts who has to be sent away no more.
const MOST_PRESSES: usize = 10;
/// A page that has all it needs has loaded by then.
const LOADS: Duration = Duration::from_secs(2);
/// A content setting's value (1 allows).
const BLOCKED: u8 = 2;
const TAB: &str = "\u{e004}";
const SHIFT_TAB: &str = "\u{e008}\u{e004}\u{e008}";
const ENTER: &str = "\u{e007}";
