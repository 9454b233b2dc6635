//! A site that a flood overwhelms: a few workers, and a backlog before them. What comes when the backlog is full is
//! answered 503 at once; who goes away has its work done all the same, as by most servers.
//!
//! Says its address in the first line, and in a line of JSON what happened in each second. Ends by itself after ten minutes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use parking_lot::Mutex;
use portcullis_clearance::clock::{Clock, SystemClock};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::{interval, sleep, timeout};

struct Site {
    clock: SystemClock,
    workers: Semaphore,
    waiting: AtomicUsize,
    second: Mutex<Second>,
}

/// What happened in a second.
#[derive(Default)]
struct Second {
    pages: u32,
    logins: u32,
    refused: u32,
    slowest: u64,
}

/// What a request costs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Work {
    Page,
    Login,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    let site = Arc::new(Site {
        clock: SystemClock::start(),
        workers: Semaphore::new(WORKERS),
        waiting: AtomicUsize::new(0),
        second: Mutex::default(),
    });
    tokio::spawn(tell(Arc::clone(&site)));
    let page = |State(site): State<Arc<Site>>| serve(site, Work::Page);
    let login = |State(site): State<Arc<Site>>| serve(site, Work::Login);
    let router = Router::new().route("/login", get(page).post(login)).fallback(page).with_state(site);
    let served = timeout(LONGEST, axum::serve(listener, router).into_future()).await;
    served.unwrap_or(Ok(()))
}

async fn serve(site: Arc<Site>, work: Work) -> (StatusCode, &'static str) {
    if site.waiting.fetch_add(1, Ordering::SeqCst) >= BACKLOG {
        site.waiting.fetch_sub(1, Ordering::SeqCst);
        site.count(|second| second.refused += 1);
        return (StatusCode::SERVICE_UNAVAILABLE, "too many at once\n");
    }
    // In a task of its own, which goes on when the client has gone.
    let done = tokio::spawn(async move { site.work(work).await }).await;
    done.unwrap_or((StatusCode::INTERNAL_SERVER_ERROR, ""))
}

impl Site {
    async fn work(&self, work: Work) -> (StatusCode, &'static str) {
        let came = self.clock.steady().0;
        {
            // The semaphore is never closed.
            let _worker = self.workers.acquire().await.expect("there are workers");
            sleep(work.takes()).await;
        }
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        let after = self.clock.steady().0 - came;
        self.count(|second| {
            second.slowest = second.slowest.max(after);
            *(if work == Work::Page { &mut second.pages } else { &mut second.logins }) += 1;
        });
        (StatusCode::OK, if work == Work::Page { "<!doctype html><title>Log in</title>\n" } else { "welcome\n" })
    }

    fn count(&self, change: impl FnOnce(&mut Second)) {
        change(&mut self.second.lock());
    }
}

impl Work {
    fn takes(self) -> Duration {
        match self {
            Self::Page => Duration::from_millis(20),
            Self::Login => Duration::from_millis(40),
        }
    }
}

async fn tell(site: Arc<Site>) {
    let mut seconds = interval(Duration::from_secs(1));
    loop {
        seconds.tick().await;
        let Second { pages, logins, refused, slowest } = std::mem::take(&mut *site.second.lock());
        println!("{}", json!({"pages": pages, "logins": logins, "refused": refused, "slowest": slowest}));
    }
}

/// A hundred pages or fifty logins a second.
const WORKERS: usize = 2;
/// Three seconds of pages.
const BACKLOG: usize = 300;
const LONGEST: Duration = Duration::from_secs(600);
