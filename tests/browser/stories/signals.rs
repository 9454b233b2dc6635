//! What browsers show of themselves: nothing is wrong with their headers, and who is driven does more work, and passes.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::response::{Html, IntoResponse};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Uri};
use parking_lot::Mutex;
use portcullis_policy::{Policy, Signal, Signals};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::browser::Browser;
use crate::chromium::Launch;
use crate::firefox::Firefox;
use crate::relay::Relay;
use crate::site::Site;
use crate::webkit::WebKit;

#[tokio::test]
async fn under_the_default_policy_a_driven_browser_without_a_window_does_more_work_and_passes() {
    let site = Site::with(|settings| settings.difficulty(1 << 22).under(Policy::DEFAULT)).await;
    Launch::default()
        .visit(async |browser| {
            browser.open(&site.url("/login")).await;
            browser.sees_login().await;
            let trace = browser.trace().await;
            assert!(trace.goes_through(&["working", "redeeming", "working", "site"]), "{trace}");
            let (refused, solved) = (site.log().of("refused"), site.log().of("solved"));
            assert_eq!((refused.len(), solved.len()), (1, 1));
            assert_eq!(refused[0]["code"], "more-work");
            assert_eq!(solved[0]["difficulty"], 1 << 24);
        })
        .await;
}

#[tokio::test]
async fn where_nothing_is_weighed_a_driven_browser_passes_as_any_other() {
    let site = Site::with(|settings| settings.difficulty(1 << 22)).await;
    Launch::default()
        .visit(async |browser| {
            browser.open(&site.url("/login")).await;
            browser.sees_login().await;
            assert_eq!((site.log().count("solved"), site.log().count("refused")), (1, 0));
        })
        .await;
}

#[tokio::test]
async fn a_solution_that_was_not_found_in_the_page_costs_more_work_and_one_that_was_does_not() {
    for (workers, refused) in [(None, 0), (Some(RELAYING_WORKERS), 1)] {
        let site = Site::with(|settings| settings.difficulty(1 << 22).under(WORK_WEIGHS)).await;
        Launch::default()
            .visit(async |browser| {
                if let Some(script) = workers {
                    browser.runs_first(script).await;
                }
                browser.open(&site.url("/login")).await;
                browser.sees_login().await;
                assert_eq!((site.log().count("solved"), site.log().count("refused")), (1, refused));
            })
            .await;
    }
}

/// Where only how a solution came about weighs.
const WORK_WEIGHS: &str = r#"
    [[level]]
    level = 2
    difficulty = 2.0
    [[threshold]]
    weight = 10
    action = "challenge"
    level = 2
    [[rule]]
    name = "found-elsewhere"
    action = "weigh"
    weight = 10
    signal = ["impossible-solve-time"]
"#;

/// Workers that hand over what something else found: they try nothing themselves but what they report.
const RELAYING_WORKERS: &str = "
    globalThis.Worker = class extends Worker {
      postMessage(request) {
        this.position = request.first;
        super.postMessage(request);
      }
      set onmessage(hear) {
        this.addEventListener('message', ({ data }) => {
          this.position += data.nonces.length;
          hear({ data: { ...data, position: this.position } });
        });
      }
    };
";

#[tokio::test]
async fn nothing_is_wrong_with_what_chromium_sends() {
    let recorder = Recorder::start().await;
    Launch::default().visit(async |browser| recorder.is_visited(browser).await).await;
    // It says that it has no window, and is right.
    recorder.assert_raised(&[Signal::Headless]);
}

#[tokio::test]
async fn nothing_is_wrong_with_what_firefox_sends() {
    let recorder = Recorder::start().await;
    let relay = Relay::start(recorder.address).await;
    Firefox::default().visit(&relay, async |browser| recorder.is_visited(browser).await).await;
    recorder.assert_raised(&[]);
}

#[tokio::test]
async fn nothing_is_wrong_with_what_webkitgtk_sends() {
    let recorder = Recorder::start().await;
    let relay = Relay::start(recorder.address).await;
    WebKit::gtk().visit(&relay, async |browser| recorder.is_visited(browser).await).await;
    recorder.assert_raised(&[]);
}

#[tokio::test]
async fn nothing_is_wrong_with_what_wpe_webkit_sends() {
    let recorder = Recorder::start().await;
    let relay = Relay::start(recorder.address).await;
    WebKit::wpe().visit(&relay, async |browser| recorder.is_visited(browser).await).await;
    recorder.assert_raised(&[]);
}

/// An origin that writes down what arrives. Its page makes every kind of request that the challenge page makes, and some more.
struct Recorder {
    address: SocketAddr,
    arrived: Arc<Mutex<Vec<(String, HeaderMap)>>>,
    task: JoinHandle<()>,
}

impl Recorder {
    async fn start() -> Self {
        let arrived = Arc::<Mutex<Vec<(String, HeaderMap)>>>::default();
        let record = Arc::clone(&arrived);
        let routes = Router::new().fallback(async move |uri: Uri, headers: HeaderMap| {
            record.lock().push((uri.path().to_owned(), headers));
            match uri.path() {
                "/worker" => ([(CONTENT_TYPE, "text/javascript")], "postMessage(true)").into_response(),
                _ => Html(PAGE).into_response(),
            }
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let task = tokio::spawn(async move {
            // It serves until the task is aborted.
            let _ = axum::serve(listener, routes).await;
        });
        Self { address, arrived, task }
    }

    /// Lets a browser open the page, send a form from it, and open what that leads to.
    async fn is_visited(&self, browser: &Browser) {
        let url = format!("http://{}/", self.address);
        browser.open(&url).await;
        browser.until("every request was made", "return globalThis.done === true").await;
        browser.element("button").await.click().await.expect("the form can be sent");
        browser.until("the form was sent", "return location.pathname === '/form' && globalThis.done === true").await;
    }

    fn assert_raised(&self, expected: &[Signal]) {
        let arrived = self.arrived.lock();
        for kind in ["/", "/form", "/frame", "/fetched", "/posted", "/image", "/worker"] {
            assert!(arrived.iter().any(|(path, _)| path == kind), "no request for {kind}");
        }
        let mut odd = String::new();
        for (path, headers) in arrived.iter() {
            let raised: Vec<_> = Signals::in_headers(headers, true).iter().collect();
            if raised != expected {
                // Writing to a string cannot fail.
                let _ = writeln!(odd, "{path} raises {raised:?}: {headers:#?}");
            }
        }
        assert!(odd.is_empty(), "{odd}");
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.task.abort();
    }
}

const PAGE: &str = r#"<!doctype html>
<meta charset="utf-8">
<title>recorded</title>
<link rel="icon" href="data:,">
<form action="/form" method="post"><button>send</button></form>
<script>
  const arrives = (name, properties) => new Promise((settled) => {
    const element = Object.assign(document.createElement(name), properties);
    element.onload = element.onerror = settled;
    document.body.append(element);
  });
  const made = async () => {
    const headers = { "content-type": "application/json" };
    await fetch("/fetched", { cache: "no-store" });
    await fetch("/posted", { method: "POST", cache: "no-store", headers, body: "{}" });
    await arrives("img", { src: "/image" });
    // What the frame holds is this page again, which goes no further.
    if (self === top) await arrives("iframe", { src: "/frame" });
    new Worker("/worker").onmessage = () => (globalThis.done = true);
  };
  addEventListener("DOMContentLoaded", made);
</script>
"#;
